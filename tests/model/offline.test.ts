/**
 * Goal: offlining a memory block ends as its contents say, page by page: at once (EBUSY) with kernel memory in it, never with a
 * page that something holds, well otherwise; then its pages are on the nearest other node and nothing else has moved.
 * Method: random areas, holds and zones on a DIMM of three to six blocks; the expectation is read off the frames before.
 */
import { expect, it } from 'vitest';
import { visitRuns } from '../../src/lib/engine/text/world/runs.ts';
import type { AreaRecord } from '../../src/lib/engine/state/machine-records.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { ask, machine, memoryState, THREE_NODES, write } from '../support/machines.ts';
import { expectSound } from '../support/worlds.ts';

const FIRST = 32;
const PAGES_PER_BLOCK_OF_MEMORY = 32_768;

it.each([0, 1, 2, 3].map((offset) => seedOr(5200) + offset))('blocks leave as their contents say, seed %i', { timeout: 30_000 }, (seed) => {
	const chance = new Chance(seed);
	const count = chance.whole(3, 6);
	const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
	const { world } = simulation;
	ask(simulation, {
		name: 'qmp',
		execute: 'object-add',
		arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: count * 2 ** 27 }
	});
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	const blocks = Array.from({ length: count }, (_, at) => FIRST + at);
	let slab: number | null = null;
	for (const block of blocks) {
		const word = chance.pick(['online_kernel', 'online_movable', 'online_movable']);
		expect(write(simulation, memoryState(block), word)).toBe('OK');
		// The first kernel block of the node attracts slab.
		if (word === 'online_kernel') slab ??= block;
	}
	const say = (process: string, words: string) => ask(simulation, { name: 'process', process, words }).value as Record<string, unknown>;
	const processes = ['p', 'q', 'r'];
	for (const process of processes) {
		const mib = chance.whole(1, 90);
		for (const words of [`map a ${mib}M`, chance.pick(['nothp a', 'hugep a']), `bind a ${chance.pick(['bind', 'preferred'])} 2`, 'touch a'])
			expect(say(process, words)['errno']).toBe('OK');
		if (chance.once(3)) say(process, 'mlock a');
		if (chance.once(2)) say(process, `vmsplice a ${chance.whole(1, 64) * 4}K@${chance.whole(0, mib - 1)}M`);
		else if (chance.once(3)) expect(say(process, `pin a ${chance.whole(1, mib)}M`)['errno']).toBe('OK');
	}
	const areaOf = (process: string): AreaRecord =>
		world.r.areas.find((area) => area?.processes[0] === process && area.name === 'a') as AreaRecord;
	/** pfn of every page of an area. */
	const where = (process: string): number[] => {
		const area = areaOf(process);
		const found = new Array<number>(area.pageCount).fill(-1);
		visitRuns(world, area, 0, area.pageCount, (pfn, pages, page) => {
			for (let at = 0; at < pages; at += 1) found[page + at] = pfn + at;
		});
		return found;
	};
	const inBlock = (pfn: number, block: number): boolean => Math.floor(pfn / PAGES_PER_BLOCK_OF_MEMORY) === block;
	const offline = new Set<number>();
	for (let step = 0; step < 2 * count; step += 1) {
		const block = chance.pick(blocks);
		const before = new Map(processes.map((process) => [process, where(process)]));
		/** A huge folio is held as a whole: its head's run counts. */
		const held = world.r.holds.some((hold) => {
			const area = world.r.areas[hold.area] as AreaRecord;
			const pfns = before.get(area.processes[0] ?? '') ?? [];
			return pfns.slice(hold.firstPage, hold.firstPage + hold.pageCount).some((pfn) => inBlock(pfn, block));
		});
		const expected = offline.has(block) ? 'EINVAL' : block === slab ? 'EBUSY' : held ? 'DOES_NOT_RETURN' : 'OK';
		const call = write(simulation, memoryState(block), 'offline', 12);
		expect(call, `memory${block}, step ${step}`).toBe(expected);
		if (expected === 'DOES_NOT_RETURN') {
			const running = world.r.calls.find((each) => each.state === 'running' && each.kind === 'write-file');
			simulation.send({ name: 'signal', machine: 'm', call: running?.id ?? 0 });
			simulation.advance(simulation.nowNs + 1e9);
		}
		if (expected === 'OK') offline.add(block);
		for (const process of processes) {
			const old = before.get(process) as number[];
			const wrong = where(process).findIndex((pfn, page) => {
				const was = old[page] as number;
				if (!inBlock(was, block) || expected === 'EBUSY' || expected === 'EINVAL') return pfn !== was;
				// Boot memory of node 1 is memory4 to memory7.
				return expected === 'OK' && (pfn < 4 * PAGES_PER_BLOCK_OF_MEMORY || pfn >= 8 * PAGES_PER_BLOCK_OF_MEMORY);
			});
			expect(wrong, `a page of ${process}, step ${step}`).toBe(-1);
		}
	}
	for (const process of processes) expect(say(process, 'check a')['ret']).toBe(0);
	expectSound(simulation);
});
