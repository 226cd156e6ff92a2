import { PAGE_BYTES } from '../../../base/units.ts';

/**
 * How large a reference to a guest is (live-migration reference 10): 16 bytes for a page, its number and its place; 24 for a
 * packed range, first page, count, offset in the tag. A range in the super-page takes a line of 64 bytes.
 */
export interface RangeTable {
	readonly records: number;
	readonly bytesPerRecord: number;
	readonly bytes: number;
}

const BYTES = { page: 16, range: 24 } as const;

/** One record for every run of `runPages` pages; a run longer than the guest is all of it. */
export function rangeTable(guestBytes: number, runPages: number, record: keyof typeof BYTES): RangeTable {
	const pages = guestBytes / PAGE_BYTES;
	const records = runPages >= pages ? 1 : Math.ceil(pages / runPages);
	return { records, bytesPerRecord: BYTES[record], bytes: records * BYTES[record] };
}
