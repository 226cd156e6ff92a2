/**
 * Goal: the statements about pages of processes notice what they are for.
 * Method: a sound machine is broken by hand in one place at a time; exactly the statement in question names it.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Simulation } from '$lib/engine/index.ts';
import { writeStamp } from '$lib/engine/mm/frames.ts';
import { frameOf, mapPage, unmapPages } from '$lib/engine/mm/space/mapping.ts';
import { countWrite } from '$lib/engine/mm/space/written.ts';
import type { AreaRecord } from '$lib/engine/state/machine-records.ts';
import { areaContent, areaFrames, framesMapped } from '$lib/engine/whole/machine-areas.ts';
import { ask, machine } from '../../../support/machines.ts';

let simulation: Simulation;
const area = (name: string): AreaRecord => simulation.world.r.areas.find((found) => found?.name === name) as AreaRecord;
const found = (): (string | null)[] => [areaFrames, framesMapped, areaContent].map((check) => check(simulation.world));

beforeEach(() => {
	simulation = machine();
	for (const words of ['map a 64K', 'nothp a', 'touch a', 'map h 4M', 'touch h', 'fork', 'touch a 4K'])
		ask(simulation, { name: 'process', process: 'p', words });
	expect(found()).toEqual([null, null, null]);
});

describe('statements', () => {
	it('notice a page that is lost', () => {
		unmapPages(simulation.world, area('a'), 0, 0, 1);
		expect(found()).toEqual([null, expect.stringContaining('maps it nowhere'), null]);
	});

	it('notice a page that is mapped where another lies', () => {
		const { world } = simulation;
		const frame = frameOf(world, area('a'), 0, 3);
		mapPage(world, area('h'), 0, 700, frame);
		expect(found()[0]).toContain('page 700');
	});

	it('notice a lost write, in single pages and in huge folios', () => {
		countWrite(simulation.world, area('a'), 0);
		expect(found()[2]).toContain('a page 0');
		for (const name of ['a', 'h']) {
			const { world } = simulation;
			const frame = frameOf(world, area(name), 0, 5);
			writeStamp(world, Math.floor(frame / 512), frame % 512, 77);
		}
		expect(found()[2]).not.toBeNull();
	});

	it('notice a stale copy in a huge folio alone', () => {
		const { world } = simulation;
		const frame = frameOf(world, area('h'), 0, 600);
		writeStamp(world, Math.floor(frame / 512), frame % 512, 77);
		expect(found()).toEqual([null, null, expect.stringContaining('h page 600')]);
	});
});
