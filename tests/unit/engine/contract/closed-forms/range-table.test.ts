import { describe, expect, it } from 'vitest';
import { GIB, KIB, MIB } from '$lib/base/units.ts';
import { rangeTable } from '$lib/engine/contract/closed-forms/range-table.ts';

describe('the table of a guest’s pages', () => {
	it.each([
		[8, 32 * MIB, 96 * KIB],
		[64, 256 * MIB, 768 * KIB],
		[128, 512 * MIB, 1.5 * MIB],
		[256, 1 * GIB, 3 * MIB]
	])('of %i GiB: per page, in ranges of 2 MiB, in one run', (gib, perPage, inRanges) => {
		expect(rangeTable(gib * GIB, 1, 'page').bytes).toBe(perPage);
		expect(rangeTable(gib * GIB, 512, 'range').bytes).toBe(inRanges);
		expect(rangeTable(gib * GIB, Infinity, 'range')).toEqual({ records: 1, bytesPerRecord: 24, bytes: 24 });
	});

	it('of 8 GiB in huge pages just fits the super-page', () => {
		expect(rangeTable(8 * GIB, 512, 'range').records).toBe(4096);
	});
});
