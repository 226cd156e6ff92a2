import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
	areaPath,
	brownouts,
	futureOf,
	indexAt,
	linePath,
	pastOf,
	thinned,
	valueAt,
	within,
	withStops
} from '../../../../src/lib/viz/timeline/course.ts';
import { MS, summary } from './fixtures.ts';

const until = 1100 * MS;

describe('series', () => {
	test('the entry that holds is the last one at or before the moment', () => {
		expect(indexAt([0, 10, 20], -1)).toBe(-1);
		expect(indexAt([0, 10, 20], 10)).toBe(1);
		expect(indexAt([0, 10, 20], 19)).toBe(1);
		expect(valueAt({ atNs: [5], values: [7] }, 4)).toBeNull();
	});
	test('past and future meet at now with one value', () => {
		const now = 300 * MS;
		const past = pastOf(summary(now).vms[0], 'speedPpm', now);
		const future = futureOf(summary(until).vms[0], 'speedPpm', now, until);
		expect([past.atNs.at(-1), past.values.at(-1)]).toEqual([now, 800_000]);
		expect([future.atNs[0], future.values[0]]).toEqual([now, 800_000]);
		expect(future.atNs.at(-1)).toBe(until);
	});
	test('a world without the VM draws nothing', () => {
		expect(pastOf(undefined, 'speedPpm', 5).atNs).toEqual([]);
		expect(linePath({ atNs: [], values: [] }, { window: { startNs: 0, endNs: 1 }, widthPx: 10, heightPx: 10, top: 1 })).toBe('');
	});
	test('thinning keeps the lowest and the highest value', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 4000 }), (values) => {
				const thin = thinned({ atNs: values.map((_, index) => index), values }, 200);
				expect(Math.min(...thin.values)).toBe(Math.min(...values));
				expect(Math.max(...thin.values)).toBe(Math.max(...values));
				expect(thin.atNs).toEqual([...thin.atNs].sort((a, b) => a - b));
				expect(thin.atNs.length).toBeLessThanOrEqual(Math.max(200, 4));
			})
		);
	});
	test('a window takes one entry more on either side', () => {
		const series = { atNs: [0, 10, 20, 30, 40], values: [1, 2, 3, 4, 5] };
		expect(within(series, { startNs: 12, endNs: 28 }).atNs).toEqual([10, 20, 30]);
	});
});

describe('paths', () => {
	const box = { window: { startNs: 0, endNs: 100 }, widthPx: 100, heightPx: 10, top: 1_000_000 };
	test('a value holds until the next: steps, not slopes', () => {
		expect(linePath({ atNs: [0, 50, 100], values: [1_000_000, 0, 0] }, box)).toBe('M0,0L50,0L50,10L100,10L100,10');
	});
	test('an area stands on the lower edge', () => {
		expect(areaPath({ atNs: [0, 100], values: [500_000, 500_000] }, box)).toBe('M0,5L100,5L100,5L100,10L100,10L0,10Z');
	});
});

test('a brownout is slow running; a stop ends it', () => {
	const series = pastOf(summary(until).vms[0], 'speedPpm', until);
	expect(brownouts(series)).toEqual([
		{ startNs: 100 * MS, endNs: 458 * MS, worstPpm: 680_000 },
		{ startNs: 463.15 * MS, endNs: 859 * MS, worstPpm: 700_000 }
	]);
});

describe('stops between samples', () => {
	const samples = { atNs: [0, 10, 20, 30, 40], values: [100, 80, 0, 0, 90] };
	test('a stop begins and ends where it did, not at the next sample', () => {
		expect(withStops(samples, [{ startNs: 13, endNs: 27 }])).toEqual({
			atNs: [0, 10, 13, 27, 40],
			values: [100, 80, 0, 90, 90]
		});
	});
	test('a stop that no sample saw is drawn all the same', () => {
		expect(withStops({ atNs: [0, 10, 20], values: [100, 80, 70] }, [{ startNs: 12, endNs: 14 }])).toEqual({
			atNs: [0, 10, 12, 14, 20],
			values: [100, 80, 0, 70, 70]
		});
	});
	test('a stop that lasts ends with the series', () => {
		expect(withStops({ atNs: [0, 10, 20], values: [100, 80, 0] }, [{ startNs: 12, endNs: 25 }])).toEqual({
			atNs: [0, 10, 12, 25],
			values: [100, 80, 0, 0]
		});
	});
	test('samples on the borders are kept once', () => {
		expect(withStops({ atNs: [0, 10, 20], values: [100, 0, 70] }, [{ startNs: 10, endNs: 20 }])).toEqual({
			atNs: [0, 10, 20],
			values: [100, 0, 70]
		});
	});
	test('time never runs backwards', () => {
		fc.assert(
			fc.property(
				fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 30 }),
				fc.integer({ min: 0, max: 200 }),
				fc.integer({ min: 1, max: 60 }),
				(times, startNs, length) => {
					const atNs = times.sort((a, b) => a - b);
					const series = withStops({ atNs, values: atNs.map((ns) => (ns % 3 === 0 ? 0 : ns)) }, [{ startNs, endNs: startNs + length }]);
					expect(series.atNs).toEqual([...series.atNs].sort((a, b) => a - b));
					expect(series.values.length).toBe(series.atNs.length);
				}
			)
		);
	});
});
