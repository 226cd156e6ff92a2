/**
 * Goal: the measured experiments come out as they were measured. Method: each scenario of the catalogue runs whole in
 * Node; sizes, zones, errors and counts are compared, never times of the emulated machine.
 */
import { describe, expect, it } from 'vitest';
import { EXPERIMENTS } from '../../src/lib/engine/contract/scenario/catalogue/experiments/index.ts';
import type { MachineStatus } from '../../src/lib/engine/contract/machine-status.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

const MIB = 2 ** 20;
const SECOND = 1_000_000_000;

function open(id: string): Simulation {
	const found = EXPERIMENTS.find((each) => each.id === id);
	if (!found) throw new Error(`no experiment ${id}`);
	const opened = Simulation.open({ scenario: found.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(`${id}: ${opened.detail}`);
	return opened.value;
}
const machine = (simulation: Simulation): MachineStatus => simulation.status().machines[0] as MachineStatus;
const device = (simulation: Simulation) => {
	const found = machine(simulation).virtioMems[0];
	if (!found) throw new Error('no virtio-mem device');
	return found;
};
const sizeMib = (simulation: Simulation): number => device(simulation).pluggedBytes / MIB;
const at = (simulation: Simulation, seconds: number): Simulation => {
	simulation.advance(seconds * SECOND);
	return simulation;
};
const whole = (id: string): Simulation => {
	const simulation = open(id);
	simulation.advance(simulation.world.scenario.untilNs);
	return simulation;
};
const zonesOf = (simulation: Simulation, node: number) =>
	Object.fromEntries(
		(machine(simulation).nodes.find((each) => each.id === node)?.zones ?? [])
			.filter((zone) => zone.presentPages > 0)
			.map((zone) => [zone.name, zone.presentPages / 32768])
	);
const requestsOf = (simulation: Simulation) => simulation.world.r.virtioMems[0]?.requests ?? [];
const calls = (simulation: Simulation, begin: string) => simulation.world.r.calls.filter((call) => call.text.startsWith(begin));
const valueOf = (simulation: Simulation, begin: string): Record<string, unknown> =>
	(calls(simulation, begin).at(-1)?.value ?? {}) as Record<string, unknown>;

describe('virtio-mem', () => {
	it('V-1: grows to what is asked, shrinks block by block, and keeps the sub-block of the kernel', () => {
		const simulation = open('v1-grow-and-shrink');
		expect([sizeMib(at(simulation, 4)), device(simulation).usableBytes / MIB]).toEqual([80, 336]);
		expect(zonesOf(simulation, 1)).toEqual({ NORMAL: 1 });
		expect([sizeMib(at(simulation, 9)), device(simulation).usableBytes / MIB]).toEqual([1024, 1280]);
		expect(sizeMib(at(simulation, 14))).toBe(512);
		expect(sizeMib(at(simulation, 19))).toBe(500);
		const unplugs = requestsOf(simulation).filter((each) => each.type === 'UNPLUG' && each.blocks === 1);
		expect(unplugs.slice(0, 6).map((each) => each.addr)).toEqual([0, 1, 2, 3, 4, 5].map((step) => 0x11fe00000 - step * 2 * MIB));
		expect(sizeMib(at(simulation, 40))).toBe(2);
		expect(device(simulation).retryDelayNs).toBeGreaterThanOrEqual(50 * SECOND);
	});
	it('V-2: nobody onlines: stops at 1 GiB, without a timer', () => {
		const simulation = whole('v2-nobody-onlines');
		expect([
			sizeMib(simulation),
			device(simulation).retryAtNs,
			machine(simulation).memoryBlocks.filter((block) => block.state === 'offline').length
		]).toEqual([1024, null, 8]);
	});
	it('V-3: big-block mode keeps whole blocks', () => {
		const simulation = open('v3-big-blocks');
		expect([4, 9, 18, 60].map((seconds) => sizeMib(at(simulation, seconds)))).toEqual([128, 1024, 384, 128]);
	});
	it('V-4: fifty pins keep 102 MiB; released, the rest goes at the 50 s timer', () => {
		const simulation = open('v4-fifty-pins');
		expect(sizeMib(at(simulation, 28))).toBe(102);
		expect(sizeMib(at(simulation, 45))).toBe(102);
		expect(sizeMib(at(simulation, 80))).toBe(2);
	});
	it('V-5: BUSY while migrating; a reset unplugs and the guest plugs again', () => {
		const simulation = open('v5-busy-while-migrating');
		at(simulation, 7);
		expect([sizeMib(simulation), requestsOf(simulation).at(-1)?.answer]).toEqual([464, 'BUSY']);
		expect(sizeMib(at(simulation, 20))).toBe(464);
		expect(sizeMib(at(simulation, 80))).toBe(900);
		expect([sizeMib(at(simulation, 110)), device(simulation).usableBytes / MIB]).toEqual([900, 1156]);
	});
	it('V-6: sub-blocks of 2 MiB over device blocks of 1 MiB', () => {
		const simulation = open('v6-small-device-block');
		expect([3, 9].map((seconds) => sizeMib(at(simulation, seconds)))).toEqual([2, 4]);
	});
	it('V-7: auto-movable, near, far and blind', () => {
		const near = whole('v7-auto-movable');
		expect(zonesOf(near, 0)['MOVABLE']).toBe(60);
		expect(
			machine(near)
				.memoryBlocks.filter((block) => block.id >= 32 && block.id < 80)
				.every((block) => block.zone === 'MOVABLE')
		).toBe(true);
		expect(
			machine(near)
				.memoryBlocks.filter((block) => block.id >= 80)
				.map((block) => block.zone)
		).toEqual(Array.from({ length: 16 }, (_, index) => (index % 4 === 0 ? 'NORMAL' : 'MOVABLE')));
		expect(zonesOf(whole('v7b-auto-movable-far'), 1)).toEqual({ NORMAL: 64 });
		expect(zonesOf(whole('v7c-auto-movable-blind'), 1)).toEqual({ NORMAL: 4, MOVABLE: 60 });
	});
	it('V-8: memory blocks of 2 GiB swallow small requests', () => {
		const simulation = open('v8-two-gib-blocks');
		expect(machine(simulation).memoryBlockBytes / MIB).toBe(2048);
		expect([2, 4, 6, 9, 12, 20].map((seconds) => sizeMib(at(simulation, seconds)))).toEqual([0, 0, 0, 1792, 2048, 4096]);
	});
	it.each([
		['v9-short-region', 256],
		['v10-misaligned', 896]
	])('%s: fractions are lost', (id, size) => {
		expect(sizeMib(whole(id))).toBe(size);
	});
	it('V-11 and V-12: other units', () => {
		const four = open('v11-four-mib');
		expect([sizeMib(at(four, 4)), sizeMib(at(four, 14))]).toEqual([80, 40]);
		expect(
			requestsOf(four)
				.filter((each) => each.type === 'UNPLUG')
				.every((each) => each.blocks === 1)
		).toBe(true);
		const large = open('v12-sixty-four-mib');
		expect([3, 7, 14].map((seconds) => sizeMib(at(large, seconds)))).toEqual([64, 192, 64]);
	});
	it('V-13: a device block of 128 MiB is a big block', () => {
		expect(device(open('v13-block-of-128')).mode).toBe('bbm');
	});
	it('V-14: present counts a partly plugged block whole, managed what can be used', () => {
		const simulation = whole('v14-online-a-part');
		const zone = machine(simulation).nodes[1]?.zones.find((each) => each.name === 'MOVABLE');
		expect([sizeMib(simulation), zone?.presentPages, zone?.managedPages]).toEqual([464, 32768, 20480]);
	});
	it('V-15: in Normal pins and kernel data stay; in Movable everything comes back', () => {
		const normal = open('v15-normal');
		expect(sizeMib(at(normal, 19))).toBe(512);
		expect(sizeMib(at(normal, 40))).toBeGreaterThanOrEqual(102);
		expect(sizeMib(normal)).toBeLessThan(140);
		const movable = open('v15-movable');
		expect(sizeMib(at(movable, 19))).toBe(512);
		expect(sizeMib(at(movable, 40))).toBe(0);
		expect(
			machine(movable)
				.processes.flatMap((each) => each.areas)
				.filter((area) => area.name === 'a' || area.name === 'b')
				.map((area) => area.policy)
		).toEqual(['bind:0', 'bind:0']);
	});
});

describe('Linux memory', () => {
	it('M-1: one node at boot: no balancing, the first far memory is Normal', () => {
		const simulation = whole('m1-one-node');
		expect([machine(simulation).settings.numaBalancing, machine(simulation).settings.autoOnline, zonesOf(simulation, 1)]).toEqual([
			0,
			'online',
			{ NORMAL: 1 }
		]);
	});
	it('M-2: watermarks of a movable node; its blocks offline; block 0 refuses', () => {
		const simulation = open('m2-movable-node');
		at(simulation, 2);
		const zone = machine(simulation).nodes[1]?.zones.find((each) => each.name === 'MOVABLE');
		expect([zone?.presentPages, zone?.min, zone?.low, zone?.high, zone?.promo]).toEqual([131072, 128, 885, 1642, 2399]);
		at(simulation, 19);
		expect(
			calls(simulation, 'echo offline')
				.slice(0, 4)
				.map((call) => call.errno)
		).toEqual([null, null, null, null]);
		expect(zonesOf(simulation, 1)).toEqual({});
		expect(sizeMib(simulation)).toBe(512);
		at(simulation, 40);
		expect(calls(simulation, 'echo offline > /sys/devices/system/memory/memory0/state').at(-1)?.errno).toBe('EINVAL');
		expect(calls(simulation, 'echo offline > /sys/devices/system/memory/memory1/state').at(-1)?.errno).toBeNull();
	});
	it('M-3: one held page hides the others; after draining all move', () => {
		const simulation = open('m3-move-pages');
		at(simulation, 4.15);
		expect(valueOf(simulation, 'move a 1')).toMatchObject({ ret: 1, status: { untouched: 4 } });
		at(simulation, 8);
		expect(valueOf(simulation, 'move a 1')).toMatchObject({ ret: 0, status: { node1: 4 } });
	});
	it('M-4: fifty pins in Normal', () => {
		const simulation = open('m4-fifty-pins-normal');
		expect([sizeMib(at(simulation, 29)), sizeMib(at(simulation, 75))]).toEqual([102, 2]);
	});
	it('M-5: present 32768, managed 20480; the block with slab is EBUSY at once', () => {
		const simulation = whole('m5-partly-plugged');
		const zone = machine(simulation).nodes[1]?.zones.find((each) => each.name === 'MOVABLE');
		expect([zone?.presentPages, zone?.managedPages]).toEqual([32768, 20480]);
		expect(calls(simulation, 'echo offline > /sys/devices/system/memory/memory32/state').at(-1)?.errno).toBe('EBUSY');
	});
	it('M-6: an offline that waits for one page ends when the reference goes', () => {
		const simulation = open('m6-held-page');
		at(simulation, 8.5);
		const call = calls(simulation, 'echo offline').at(-1);
		expect([call?.state, machine(simulation).memoryBlocks.find((block) => block.id === 32)?.state]).toEqual(['running', 'going-offline']);
		expect(call?.waitingFor).toMatch(/./);
		at(simulation, 15);
		const after = calls(simulation, 'echo offline').at(-1);
		expect([after?.state, after?.errno]).toEqual(['done', null]);
	});
	it('M-7: spill before demotion, demotion under BIND, promotion of what is hot', () => {
		const spill = whole('m7-spill');
		const spilled = machine(spill).processes[0]?.areas[0]?.pagesByNode['1'] ?? 0;
		expect(spilled).toBeGreaterThan(20_000);
		expect(spill.world.r.oses[0]?.counters['pgdemote_kswapd'] ?? 0).toBe(0);
		expect(machine(spill).nodes.map((node) => node.tier)).toEqual([4, 22]);
		const demoted = whole('m7b-demotion');
		expect(machine(demoted).processes[0]?.areas[0]?.pagesByNode['1'] ?? 0).toBeGreaterThan(10_000);
		const hot = whole('m7c-promotion');
		const areas = machine(hot).processes.flatMap((each) => each.areas);
		expect(areas.find((area) => area.name === 'a')?.pagesByNode).toEqual({ '0': 16384 });
		expect(areas.find((area) => area.name === 'b')?.pagesByNode).toEqual({ '1': 16384 });
	});
	it('M-8: no room: ENOMEM, nothing is killed, what fitted has moved', () => {
		const simulation = whole('m8-no-room');
		expect(valueOf(simulation, 'move a 1')).toMatchObject({ ret: -1, errno: 'ENOMEM' });
		const pages = machine(simulation).processes[0]?.areas[0]?.pagesByNode['1'] ?? 0;
		expect(pages).toBeGreaterThan(60_000);
		expect(pages).toBeLessThanOrEqual(65_536);
	});
	it('M-9: one run of frames on a fresh node, more on a used one', () => {
		const simulation = open('m9-contiguous');
		at(simulation, 8.5);
		expect(valueOf(simulation, 'frames a')).toMatchObject({ runs: 1 });
		at(simulation, 20);
		expect(Number(valueOf(simulation, 'frames b')['runs'])).toBeGreaterThanOrEqual(1);
	});
});
