/**
 * Goal: the life of regions and dax devices: modes, memory blocks, what is refused, what a reset leaves.
 * Method: commands as a person types them; expected lines and exit statuses from ndctl's cxl/region.c and daxctl/device.c, memory
 * from Linux 7.2 drivers/dax/kmem.c. After every command all statements about the world hold.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { cxl, cxlMachine, shell, type Said } from '../../../support/cxl.ts';
import { ask, write, memoryState } from '../../../support/machines.ts';

const one = { bridges: [[512]] };
const CREATE = 'cxl create-region -m -t ram -d decoder0.0 -w 1 mem0';

function run(simulation: Simulation, line: string): Said {
	const said = shell(simulation, line);
	for (const { id, check } of INVARIANTS) expect([line, id, check(simulation.world)]).toEqual([line, id, null]);
	return said;
}
const blocks = (simulation: Simulation): string[] =>
	(simulation.status().machines[0]?.memoryBlocks ?? []).filter((block) => block.node === 1).map((block) => `${block.id} ${block.state}`);
const words = (simulation: Simulation, process: string, ...each: string[]): unknown[] =>
	each.map((text) => ask(simulation, { name: 'process', process, words: text }).value);

describe('memory that comes and goes', () => {
	it('auto-online: in ZONE_MOVABLE it goes away again without force', () => {
		const simulation = cxlMachine({ ...one, online: 'online_movable' });
		run(simulation, CREATE);
		expect(blocks(simulation)).toEqual(['34 online', '35 online', '36 online', '37 online']);
		words(simulation, 'p', 'map a 64M', 'bind a bind 1', 'touch a');
		expect(run(simulation, 'cxl disable-region region0')).toMatchObject({
			rc: 0,
			messages: ['cxl region: cmd_disable_region: disabled 1 region']
		});
		expect(blocks(simulation)).toEqual([]);
		expect(words(simulation, 'p', 'check a')).toMatchObject([{ ret: 0 }]);
		expect(run(simulation, 'cxl enable-region region0').rc).toBe(0);
		expect(blocks(simulation)).toHaveLength(4);
		expect(run(simulation, 'cxl destroy-region -f region0').messages.at(-1)).toBe('cxl region: cmd_destroy_region: destroyed 1 region');
		expect(cxl(simulation).decoders.filter((decoder) => decoder.enabled || decoder.dpaBytes > 0)).toEqual([]);
	});

	it('a page that is held keeps the tool until its time is over', () => {
		const simulation = cxlMachine({ ...one, online: 'online_movable' });
		run(simulation, CREATE);
		words(simulation, 'p', 'map a 2M', 'nothp a', 'bind a bind 1', 'touch a', 'vmsplice a 64K');
		const from = simulation.nowNs;
		expect(run(simulation, 'timeout 5 daxctl offline-memory dax0.0').rc).toBe(124);
		expect((simulation.nowNs - from) / 1e9).toBeCloseTo(5, 1);
		expect(blocks(simulation).filter((each) => each.endsWith('online')).length).toBeGreaterThan(0);
		ask(simulation, { name: 'process-end', process: 'p' });
		expect(run(simulation, 'daxctl offline-memory dax0.0').rc).toBe(0);
		expect(blocks(simulation).every((each) => each.endsWith('offline'))).toBe(true);
	});

	it('force leaves behind what is online, and nobody gets it again before the next boot', () => {
		const simulation = cxlMachine({ ...one, online: 'online_kernel' });
		run(simulation, CREATE);
		const said = run(simulation, 'cxl disable-region -f region0');
		expect(said.rc).toBe(0);
		expect(said.messages).toContain('cxl region: disable_region: region0: Physical address space has now been permanently leaked.');
		expect(blocks(simulation)).toContain('34 online');
		run(simulation, 'cxl enable-region region0');
		expect(run(simulation, 'daxctl list').json).toMatchObject([{ chardev: 'dax0.0', mode: 'devdax', state: 'disabled' }]);
	});

	it('a reset empties the decoders; a new region is possible, what devices hold is still there', () => {
		const simulation = cxlMachine({ ...one, online: 'online' });
		run(simulation, CREATE);
		words(simulation, 'p', 'map a 64M', 'bind a bind 1', 'touch a');
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		for (const { id, check } of INVARIANTS) expect([id, check(simulation.world)]).toEqual([id, null]);
		expect(blocks(simulation)).toEqual([]);
		expect(cxl(simulation).regions).toEqual([]);
		write(simulation, '/sys/devices/system/memory/auto_online_blocks', 'offline');
		expect(run(simulation, CREATE).rc).toBe(0);
		run(simulation, 'daxctl reconfigure-device --mode=devdax dax0.0');
		words(simulation, 'w', 'map d 4M /dev/dax0.0', 'touch d');
		ask(simulation, { name: 'qmp', execute: 'system_reset' });
		write(simulation, '/sys/devices/system/memory/auto_online_blocks', 'offline');
		run(simulation, CREATE);
		// kmem takes the device first; what it did there is not followed, so the contents count as gone.
		run(simulation, 'daxctl reconfigure-device --mode=devdax dax0.0');
		expect(words(simulation, 'r', 'map d 4M /dev/dax0.0', 'check d')[1]).toMatchObject({ ret: 1024 });
	});
});

describe('modes of a dax device, memory left offline', () => {
	const start = (): Simulation => {
		const simulation = cxlMachine(one);
		run(simulation, CREATE);
		return simulation;
	};

	it('to devdax and back', () => {
		const simulation = start();
		expect(run(simulation, 'daxctl list').json).toEqual([
			{ chardev: 'dax0.0', size: 536870912, target_node: 1, align: 2097152, mode: 'system-ram', online_memblocks: 0, total_memblocks: 4 }
		]);
		expect(run(simulation, 'daxctl reconfigure-device -m devdax dax0.0')).toMatchObject({ rc: 0, json: [{ mode: 'devdax' }] });
		expect(blocks(simulation)).toEqual([]);
		expect(run(simulation, 'daxctl reconfigure-device -m system-ram -N dax0.0')).toMatchObject({ rc: 0, json: [{ online_memblocks: 0 }] });
		expect(run(simulation, 'daxctl online-memory dax0.0')).toMatchObject({ rc: 0 });
		expect(run(simulation, 'daxctl list').json).toMatchObject([{ online_memblocks: 4, movable: true }]);
		// A node of kmem without figures of its own is five times as far as DRAM: tier 22, and somewhere to demote to.
		expect(simulation.status().machines[0]?.nodes.map(({ tier, demotionTargets }) => [tier, demotionTargets])).toEqual([
			[4, [1]],
			[22, []]
		]);
		const again = run(simulation, 'daxctl online-memory dax0.0');
		expect(again.rc).toBe(1);
		expect(again.messages).toContain('dax0.0: all memory sections (4) already online');
		expect(run(simulation, 'daxctl reconfigure-device -m devdax dax0.0')).toMatchObject({ rc: 240 });
		expect(run(simulation, 'daxctl reconfigure-device -m devdax -f dax0.0')).toMatchObject({ rc: 0, json: [{ mode: 'devdax' }] });
		expect(simulation.world.r.oses[0]?.nodes.some((node) => node.lowTier)).toBe(false);
	});

	it('kernel memory on request, and then it stays', () => {
		const simulation = start();
		run(simulation, 'daxctl online-memory --no-movable dax0.0');
		expect(run(simulation, 'daxctl list').json).toMatchObject([{ online_memblocks: 4, movable: false }]);
		const said = run(simulation, 'daxctl offline-memory dax0.0');
		expect(said.rc).toBe(240);
		expect(said.messages[0]).toMatch(
			/^libdaxctl: offline_one_memblock: dax0\.0: Failed to offline \/sys\/devices\/system\/node\/node1\/memory3\d\/state/
		);
	});

	it('a block that somebody else onlined does not bother the tool', () => {
		const simulation = start();
		expect(write(simulation, memoryState(35), 'online_movable')).toBe('OK');
		const said = run(simulation, 'daxctl online-memory dax0.0');
		expect(said.messages).toContain('dax0.0: 1 memory section already online');
		expect(said.rc).toBe(0);
		expect(run(simulation, 'daxctl offline-memory dax0.0').rc).toBe(0);
		expect(run(simulation, 'daxctl offline-memory dax0.0')).toMatchObject({ rc: 1 });
	});

	it('devices are cut and put together again; device 0 stays', () => {
		const simulation = start();
		run(simulation, 'daxctl reconfigure-device -m devdax dax0.0');
		expect(run(simulation, 'daxctl destroy-device dax0.0')).toMatchObject({ rc: 250 });
		expect(run(simulation, 'daxctl destroy-device -f dax0.0').rc).toBe(0);
		expect(run(simulation, 'daxctl create-device -s 256M').json).toMatchObject([{ chardev: 'dax0.0', size: 268435456 }]);
		expect(run(simulation, 'daxctl create-device -s 128M').json).toMatchObject([{ chardev: 'dax0.1', size: 134217728 }]);
		expect(run(simulation, 'daxctl create-device -s 256M')).toMatchObject({ rc: 228 });
		expect(run(simulation, 'daxctl list -R').json).toMatchObject([{ id: 0, size: 536870912, available_size: 134217728 }]);
		expect(run(simulation, 'daxctl reconfigure-device -m system-ram dax0.1').rc).toBe(0);
		expect(blocks(simulation)).toEqual(['36 online']);
		expect(run(simulation, 'cxl destroy-region -f all').rc).toBe(0);
		expect(blocks(simulation)).toEqual([]);
	});

	it('a device that is not there is passed over, a wrong word is not', () => {
		const simulation = start();
		expect(run(simulation, 'daxctl offline-memory dax7.0')).toMatchObject({ rc: 0, messages: ['offlined memory for 0 devices'] });
		expect(run(simulation, 'daxctl offline-memory').rc).toBe(129);
		expect(run(simulation, 'daxctl fly dax0.0').rc).toBe(1);
		expect(run(simulation, 'cxl list --colour').rc).toBe(129);
	});
});

describe('a mapped device', () => {
	it('takes whole steps of its alignment, and only while it is devdax', () => {
		const simulation = cxlMachine(one);
		run(simulation, CREATE);
		expect(words(simulation, 'p', 'map a 4M /dev/dax0.0')).toMatchObject([{ errno: 'ENODEV' }]);
		run(simulation, 'daxctl reconfigure-device -m devdax dax0.0');
		expect(words(simulation, 'p', 'map a 3M /dev/dax0.0', 'map b 4M /dev/dax0.0', 'map c 1G /dev/dax0.0')).toMatchObject([
			{ errno: 'EINVAL' },
			{ errno: 'OK' },
			{ errno: 'OK' }
		]);
		expect(words(simulation, 'p', 'touch c 512M', 'touch c', 'check b', 'dirty b 4K', 'check b', 'pin b', 'status b')).toMatchObject([
			{ ret: 0 },
			{ errno: 'EFAULT' },
			{ ret: 0 },
			{ ret: 1 },
			{ ret: 1 },
			{ errno: 'EINVAL' },
			{ ret: 0 }
		]);
		run(simulation, 'cxl disable-region region0');
		expect(words(simulation, 'p', 'touch b')).toMatchObject([{ errno: 'EFAULT' }]);
	});

	it('two mappings at different places see the same bytes, and know that they are another pattern', () => {
		const simulation = cxlMachine(one);
		run(simulation, CREATE);
		run(simulation, 'daxctl reconfigure-device -m devdax dax0.0');
		words(simulation, 'p', 'map a 8M /dev/dax0.0', 'touch a');
		expect(words(simulation, 'q', 'map b 4M /dev/dax0.0', 'check b')[1]).toMatchObject({ ret: 0 });
		words(simulation, 'q', 'dirty b 1M@1M');
		expect(words(simulation, 'p', 'check a')).toMatchObject([{ ret: 256 }]);
		words(simulation, 'q', 'touch b');
		expect(words(simulation, 'p', 'check a')).toMatchObject([{ ret: 0 }]);
	});
});
