/**
 * Goal: the block under the brush shows what the engine has. Method: the three futures of lesson 4's block, read page by page
 * and held against the status of the same machines.
 */
import { describe, expect, it } from 'vitest';
import { attach } from '../../../../src/lib/engine/contract/views.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { labById } from '../../../../src/lib/lessons/lab/load.ts';
import { startOf } from '../../../../src/lib/lessons/lab/run-lab.ts';
import { describePages, PageFate, readBlockPages } from '../../../../src/lib/viz/brush/pages.ts';

const PAGES = 32_768;
const lab = labById('blocks-and-sub-blocks');
if (!lab?.steps.brush) throw new Error('no lab with a brush');
const { brush } = lab.steps;

function at(ns: number) {
	if (!lab) throw new Error('no lab');
	const opened = Simulation.open({ scenario: startOf(lab) });
	if (!opened.ok) throw new Error(opened.detail);
	const simulation = opened.value;
	simulation.advance(ns);
	const status = simulation.status();
	return Object.fromEntries(
		brush.options.map((option) => {
			const machine = status.machines.find((each) => each.id === option.machine);
			if (!machine) throw new Error(`no machine ${option.machine}`);
			const first = status.memories.find((each) => each.index === machine.memory)?.firstBlock ?? 0;
			const pages = readBlockPages(attach(simulation.world.buffer), machine, first, brush.memoryBlock, option.giver ?? null);
			return [option.id, { pages, machine }];
		})
	);
}

describe('before the brush', () => {
	it('all three are the same block, page for page', () => {
		const now = at(4_500_000_000);
		const [one, ...others] = Object.values(now);
		for (const other of others) expect([...other.pages.fates]).toEqual([...(one?.pages.fates ?? [])]);
		expect(one?.pages.counts.reduce((sum, each) => sum + each, 0)).toBe(PAGES);
		expect(one?.pages.counts[PageFate.held]).toBe(3);
		const app = one?.machine.processes.find((each) => each.id === 'app')?.areas.find((each) => each.name === 'a');
		expect((one?.pages.counts[PageFate.used] ?? 0) + 3).toBe(app?.pagesByNode['1']);
	});
});

describe('after it', () => {
	const now = at(12_000_000_000);
	it('sub-blocks are gone but those with a held page', () => {
		expect(now['sub']?.pages.counts[PageFate.gone]).toBe(
			(now['sub']?.machine.virtioMems[0]?.pluggedBytes ?? 0) === 6 * 2 ** 20 ? 61 * 512 : -1
		);
	});
	it('the block still tries, with nothing taken', () => {
		expect(now['block']?.pages.state).toBe('going-offline');
		expect(now['block']?.pages.counts[PageFate.gone]).toBe(0);
		expect(describePages(now['block']?.pages ?? { number: 0, state: 'absent', fates: new Uint8Array(), counts: [] })).toMatch(
			/^memory32, going offline: 12\u2009KiB in use, 3 pages of it held/
		);
	});
	it('what the balloon took is away, nothing else', () => {
		const balloon = now['page']?.machine.processes.find((each) => each.id === 'driver')?.areas[0];
		expect(now['page']?.pages.counts[PageFate.gone]).toBe(balloon?.pagesByNode['1']);
		expect(now['page']?.pages.counts[PageFate.held]).toBe(3);
	});
});
