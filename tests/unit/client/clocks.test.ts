import { describe, expect, test } from 'vitest';
import { landmarks, momentLike, type Known } from '../../../src/lib/client/clocks.ts';
import type { RunSummary } from '../../../src/lib/engine/contract/queries.ts';

/** Two moves held against each other by what every move has: order, stop, guest running again, end. */
const MS = 1_000_000;
type Move = RunSummary['operations'][number];

function run(startNs: number, stop: readonly [number, number] | null, endNs: number | null, nowNs: number): RunSummary {
	const part = (from: number, to: number) => ({ id: 'save', label: 'save', startNs: from, endNs: to }) as const;
	const move: Move = {
		id: 0,
		strategy: 'precopy',
		vm: 'vm0',
		phases: [],
		downtime: stop ? [part(stop[0], (stop[0] + stop[1]) / 2), part((stop[0] + stop[1]) / 2, stop[1])] : [],
		downtimeNs: stop ? stop[1] - stop[0] : null,
		startNs,
		endNs,
		networkBytes: 0,
		cxlBytes: 0,
		rounds: []
	};
	return { nowNs, operations: [move], vms: [] };
}
const known = (summary: RunSummary): Known => ({ course: { ...summary, nowNs: 0, operations: [] }, forecast: summary });
const early = known(run(0, [100 * MS, 110 * MS], 200 * MS, 300 * MS));
const late = known(run(300 * MS, [1_300 * MS, 1_500 * MS], 1_500 * MS, 2_000 * MS));

describe('places of a move', () => {
	test('order, stop, running again, end', () => {
		expect(landmarks(early)).toEqual([0, 0, 100 * MS, 110 * MS, 200 * MS]);
		expect(landmarks(late)).toEqual([0, 300 * MS, 1_300 * MS, 1_500 * MS, 1_500 * MS]);
	});
	test('a move that stops nobody has its stop at its end; one that never ends, at the end of what is known', () => {
		expect(landmarks(known(run(5, null, 50, 90)))).toEqual([0, 5, 50, 50, 50]);
		expect(landmarks(known(run(5, null, null, 90)))).toEqual([0, 5, 90, 90, 90]);
	});
	test('nothing is said of a move that goes on without a forecast', () => {
		expect(landmarks({ course: run(5, null, null, 90), forecast: null })).toBeNull();
		expect(landmarks({ course: { nowNs: 0, operations: [], vms: [] }, forecast: null })).toBeNull();
		expect(landmarks({ course: run(5, null, 50, 90), forecast: null })).toEqual([0, 5, 50, 50, 50]);
	});
});

describe('the moment like another', () => {
	test('the same share of the same stretch', () => {
		expect(momentLike(early, late, 0)).toBe(300 * MS);
		expect(momentLike(early, late, 50 * MS)).toBe(800 * MS);
		expect(momentLike(early, late, 102 * MS)).toBe(1_340 * MS);
		expect(momentLike(late, early, 150 * MS)).toBe(0);
		expect(momentLike(late, early, 1_340 * MS)).toBe(102 * MS);
	});
	test('stretches that the other does not have are stood through, and what comes after the end keeps its length', () => {
		expect(momentLike(early, late, 150 * MS)).toBe(1_500 * MS);
		expect(momentLike(early, late, 260 * MS)).toBe(1_560 * MS);
	});
	test('never back while the leader goes on', () => {
		for (const [a, b] of [
			[early, late],
			[late, early]
		] as const) {
			let last = -1;
			for (let ns = 0; ns <= 2_000 * MS; ns += 3 * MS) {
				const at = momentLike(a, b, ns);
				expect(at).toBeGreaterThanOrEqual(last);
				last = at;
			}
		}
	});
	test('the same time where nothing is known', () => {
		expect(momentLike(early, { course: { nowNs: 0, operations: [], vms: [] }, forecast: null }, 7)).toBe(7);
	});
});
