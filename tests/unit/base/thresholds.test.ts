/**
 * Goal: a table of thresholds draws what its distribution says.
 * Method: the width of every step is compared with the exact share, and a count of draws with the expectation.
 */
import { describe, expect, it } from 'vitest';
import { drawIndex, exponentialThresholds, zipfThresholds } from '$lib/base/thresholds.ts';

function widths(thresholds: Uint32Array): number[] {
	return Array.from(thresholds, (last, index) => last - (index === 0 ? -1 : (thresholds[index - 1] as number)));
}

describe('zipfThresholds', () => {
	it('gives index i a share of (i+1)^-s, to one word', () => {
		const shares = Array.from({ length: 1000 }, (_, index) => (index + 1) ** -0.99);
		const total = shares.reduce((sum, share) => sum + share, 0);
		widths(zipfThresholds(1000, 99, 100)).forEach((width, index) =>
			expect(Math.abs(width - ((shares[index] as number) / total) * 2 ** 32)).toBeLessThan(1.5)
		);
	});
	it('is uniform with exponent 0', () => {
		expect(widths(zipfThresholds(4, 0, 1))).toEqual([2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30]);
	});
	it('never falls and ends at the largest word', () => {
		const table = zipfThresholds(200_000, 6, 5);
		expect(table.findIndex((last, index) => index > 0 && last < (table[index - 1] as number))).toBe(-1);
		expect(table[table.length - 1]).toBe(2 ** 32 - 1);
		expect([...zipfThresholds(1, 1, 1)]).toEqual([2 ** 32 - 1]);
	});
	it('has the same bits on every machine (a sum over the table)', () => {
		const table = zipfThresholds(4096, 99, 100);
		expect(table.reduce((hash, value) => (Math.imul(hash, 31) + value) >>> 0, 7)).toMatchInlineSnapshot(`1332428050`);
	});
	it('refuses an empty table', () => {
		expect(() => zipfThresholds(0, 1, 1)).toThrow(/table of 0/);
	});
});

describe('exponentialThresholds', () => {
	it('gives index i a share of e^-i/mean', () => {
		const shares = Array.from({ length: 64 }, (_, index) => Math.exp(-index / 7.5));
		const total = shares.reduce((sum, share) => sum + share, 0);
		widths(exponentialThresholds(64, 15, 2)).forEach((width, index) =>
			expect(Math.abs(width - ((shares[index] as number) / total) * 2 ** 32)).toBeLessThan(1.5)
		);
	});
});

describe('drawIndex', () => {
	it('finds the first threshold that is not below the word', () => {
		const table = Uint32Array.from([9, 9, 20, 2 ** 32 - 1]);
		expect([0, 9, 10, 20, 21, 2 ** 32 - 1].map((word) => drawIndex(table, word))).toEqual([0, 0, 2, 2, 3, 3]);
	});
	it('agrees with a walk through the table for every border', () => {
		const table = zipfThresholds(257, 1, 2);
		for (const border of table)
			for (const word of [border - 1, border, border + 1]) {
				if (word < 0 || word >= 2 ** 32) continue;
				expect(drawIndex(table, word)).toBe(table.findIndex((last) => last >= word));
			}
	});
});
