import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, MEMORY_BLOCK_BYTES, MIB, nanoseconds, transferNs } from '../../../src/lib/base/units.ts';

describe('units', () => {
	it('follow from the page', () => {
		expect([BLOCK_BYTES, MEMORY_BLOCK_BYTES]).toEqual([2 * MIB, 128 * MIB]);
	});

	it('a transfer takes whole nanoseconds, rounded up, never none', () => {
		expect(transferNs(1_000_000_000, 1_000_000_000)).toBe(1_000_000_000);
		expect(transferNs(1, 3_000_000_000)).toBe(1);
		expect(transferNs(0, 5)).toBe(1);
		expect(transferNs(10, 3)).toBe(3_333_333_334);
		expect(() => transferNs(10, 0)).toThrow();
	});

	it('times are whole and not negative', () => {
		expect(nanoseconds(5)).toBe(5);
		for (const wrong of [-1, 0.5, 2 ** 53]) expect(() => nanoseconds(wrong)).toThrow('not a time');
	});
});
