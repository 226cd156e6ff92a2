import { describe, expect, it } from 'vitest';
import { exactly, stepsOf, wilson, type Share } from '../../../../src/lib/engine/contract/explore/interval.ts';

/** From R 4.3: binom::binom.wilson(x, n), six places. */
const PUBLISHED: readonly [number, number, number, number][] = [
	[0, 10, 0, 0.277533],
	[1, 10, 0.017876, 0.40415],
	[5, 10, 0.236593, 0.763407],
	[10, 10, 0.722467, 1],
	[37, 100, 0.281842, 0.467806]
];

describe('Wilson’s interval', () => {
	it.each(PUBLISHED)('of %i in %i', (hits, of, low, high) => {
		const share = wilson(hits, of);
		expect(share.low).toBeCloseTo(low, 4);
		expect(share.high).toBeCloseTo(high, 4);
		expect(share.share).toBe(hits / of);
	});
	it('solves the score equation at both ends', () => {
		for (const [hits, of] of [
			[3, 17],
			[40, 41],
			[500, 2000]
		] as const)
			for (const p of [wilson(hits, of).low, wilson(hits, of).high])
				expect(Math.abs(hits / of - p) / Math.sqrt((p * (1 - p)) / of)).toBeCloseTo(1.959964, 5);
	});
	it('says nothing where nothing was tried', () => {
		expect(wilson(0, 0)).toMatchObject({ low: 0, high: 1, share: 0 });
	});
});

const shares = (...hits: number[]): Share[] => hits.map((one) => wilson(one, 100));

describe('steps along a run', () => {
	it('the cliff is where it becomes certain, the largest step another one', () => {
		expect(stepsOf(shares(2, 3, 40, 41, 100, 100))).toEqual({ cliff: 4, largest: 2 });
	});
	it('no cliff where certainty is not reached, or was there from the start', () => {
		expect(stepsOf(shares(0, 50, 90)).cliff).toBeNull();
		expect(stepsOf(shares(100, 100))).toEqual({ cliff: null, largest: null });
		expect(stepsOf([])).toEqual({ cliff: null, largest: null });
	});
	it('no cliff where the intervals overlap', () => {
		expect(stepsOf([wilson(3, 4), wilson(4, 4)]).cliff).toBeNull();
	});
	it('certainty that is lost again is no cliff', () => {
		expect(stepsOf(shares(0, 100, 10, 100)).cliff).toBe(3);
	});
	it('exact chances are their own intervals', () => {
		expect(stepsOf([0.09, 0.14, 0.37, 1].map(exactly))).toEqual({ cliff: 3, largest: 2 });
	});
});
