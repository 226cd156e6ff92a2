/**
 * Goal: a machine that fits its world can be filled with base pages to the last one; one that does not fit says ENOMEM and
 * stays whole.
 * Method: nearly all of a small machine's memory touched in 4 KiB pages; a large one whose world has little left to
 * describe single pages with.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '$lib/engine/index.ts';
import { checkAll } from '$lib/engine/sim/invariants.ts';
import { INVARIANTS } from '$lib/engine/whole/index.ts';
import { ask, machine } from '../../../../support/machines.ts';

const say = (simulation: ReturnType<typeof machine>, words: string) =>
	ask(simulation, { name: 'process', process: 'p', words }, 600).value as Record<string, unknown>;

it('fills a small machine page by page', () => {
	const simulation = machine('-machine q35 -m 512M -object memory-backend-ram,id=b0,size=512M -numa node,nodeid=0,memdev=b0');
	for (const words of ['map a 260M', 'nothp a', 'touch a 4K']) expect(say(simulation, words)).toMatchObject({ errno: 'OK' });
	expect(say(simulation, 'touch a')).toMatchObject({ errno: 'OK' });
	expect(say(simulation, 'check a')).toMatchObject({ ret: 0 });
});

it('says ENOMEM where a world has no room for so many single pages', () => {
	const simulation = machine('-machine q35 -m 28G -object memory-backend-ram,id=b0,size=28G -numa node,nodeid=0,memdev=b0');
	const { detail } = simulation.world.r.pools;
	for (const words of ['map a 64M', 'nothp a']) say(simulation, words);
	// As if most of the memory lay in single pages already; filling it for real takes long.
	const { used } = detail;
	detail.used = simulation.world.capacities.detail - 80;
	expect(say(simulation, 'touch a 6M')).toMatchObject({ ret: 0, errno: 'OK' });
	expect(say(simulation, 'touch a')).toMatchObject({
		ret: -1,
		errno: 'ENOMEM',
		text: expect.stringMatching(/^this world can describe \d+ blocks/)
	});
	detail.used = used + detail.used - (simulation.world.capacities.detail - 80);
	const broken = checkAll(simulation.world, INVARIANTS).filter((statement) => !statement.holds);
	expect(broken).toEqual([]);
	expect(say(simulation, 'touch a')).toMatchObject({ ret: 0, errno: 'OK' });
});

describe('a machine of thousands of memory blocks', () => {
	const LARGE =
		'-machine q35 -m 4G,maxmem=1024G,slots=4 -object memory-backend-ram,id=b0,size=4G -numa node,nodeid=0,memdev=b0 -object memory-backend-ram,id=m0,size=256G -device virtio-mem-pci,id=vm0,memdev=m0,node=0';
	const open = (qemuArgs: string, limitBytes?: number) =>
		Simulation.open({
			scenario: { switchyard: 1, id: 'l', title: 'l', machines: [{ id: 'm', qemuArgs: qemuArgs.split(' ') }] },
			limitBytes
		});

	it('fits the memory of a page, and plugs, forks, unmaps and splits', () => {
		const opened = open(LARGE);
		if (!opened.ok) throw new Error(opened.detail);
		const simulation = opened.value;
		ask(simulation, {
			name: 'qmp',
			execute: 'qom-set',
			arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: 64 * 2 ** 30 }
		});
		simulation.advance(simulation.nowNs + 60e9);
		expect(simulation.status().machines[0]?.memoryBlocks.length).toBe(32 + 512);
		for (const words of ['map a 20G', 'touch a', 'unmap a 4K@1M', 'fork', 'touch a 4M@2M'])
			expect(say(simulation, words).errno ?? 'OK').toBe('OK');
		// As if nearly everything lay in single pages: what needs more descriptions is refused, and nothing breaks.
		const { mapDetail } = simulation.world.r.pools;
		const { used } = mapDetail;
		mapDetail.used = simulation.world.capacities.mapDetail - 66;
		for (const words of ['fork', 'unmap a 4K@8M']) expect(say(simulation, words)).toMatchObject({ errno: 'ENOMEM' });
		mapDetail.used = used;
		for (const words of ['fork', 'unmap a 4K@8M']) expect(say(simulation, words).errno ?? 'OK').toBe('OK');
		expect(checkAll(simulation.world, INVARIANTS).filter((statement) => !statement.holds)).toEqual([]);
	});

	it('that does not fit is refused with what would', () => {
		const refused = open(LARGE.replace('1024G', '8192G'));
		if (refused.ok) throw new Error('it fits');
		expect(refused.detail).toMatch(
			/^it needs \d+\sMiB, the limit is 256\sMiB \(.+\); m has addresses for \d+ memory blocks of 128\sMiB, and \d+ would fit$/
		);
		const most = Number(/and (\d+) would/.exec(refused.detail)?.[1]);
		// The slots' alignment takes addresses too: a machine of just so many blocks opens, one of some more does not.
		const ofBlocks = (blocks: number) => open(LARGE.replace('1024G', `${blocks / 8 - 8}G`));
		expect(ofBlocks(Math.floor(most / 8) * 8 - 64).ok).toBe(true);
		expect(ofBlocks(Math.floor(most / 8) * 8 + 128).ok).toBe(false);
	});
});
