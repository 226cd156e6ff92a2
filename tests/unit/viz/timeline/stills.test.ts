import { expect, it } from 'vitest';
import { catalogueScenario } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { summaryOf } from '../../../../src/lib/engine/queries/summary.ts';
import { stillAt, stills } from '../../../../src/lib/viz/timeline/stills.ts';
import { MS, summary } from './fixtures.ts';

/** Goal: a phone goes through what is worth seeing. Method: a move by reference, and a host that dies. */
it('a move: its phases, start and end, and nothing else', () => {
	const list = stills(summary(900 * MS), null, 1000 * MS);
	expect(list.map(({ label }) => label)[0]).toBe('at the start');
	expect(list.length).toBeLessThanOrEqual(9);
	expect(list.map(({ atNs }) => atNs)).toEqual(list.map(({ atNs }) => atNs).toSorted((a, b) => a - b));
	expect(stillAt(list, 0)).toBe(0);
});

it('a host that dies: its death, the suspicion, the fence, the return, each once', () => {
	const opened = Simulation.open({ scenario: catalogueScenario('host-dies') });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(6000 * MS);
	const list = stills(summaryOf(opened.value.world), null, 6005 * MS);
	const labels = list.map(({ label }) => label).join('\n');
	for (const word of ['A dies', 'B suspects A', 'A is fenced', 'vm0 runs on C', 'vm1 runs on', 'at the end'])
		expect(labels).toContain(word);
	expect(list.at(-1)?.atNs).toBe(6005 * MS);
	expect(new Set(list.map(({ atNs }) => atNs)).size).toBe(list.length);
});
