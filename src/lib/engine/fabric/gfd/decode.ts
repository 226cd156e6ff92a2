import type { GdtEntry, GfdRecord } from '../../state/fabric-records.ts';
import { gfdOffset, gfdWindowOffset } from '../address/interleave.ts';

/** A GFD's decoder table, one list of at most eight per requester, compared side by side (CXL 4.0 7.7.2.4). */
export const MOST_GDT_ENTRIES = 8;

export interface GdtHit {
	readonly index: number;
	readonly offset: number;
	readonly inDevice: number;
	readonly dpa: number;
}

export function gdtOf(gfd: GfdRecord, pid: number): readonly GdtEntry[] {
	return gfd.decoders.find((one) => one.pid === pid)?.entries ?? [];
}

/** Every entry that claims the address: exactly one is right, none or several are an access error. */
export function gdtHits(entries: readonly GdtEntry[], hpa: number): GdtHit[] {
	const hits: GdtHit[] = [];
	entries.forEach((entry, index) => {
		const offset = hpa - entry.hpaBase;
		if (!entry.valid || offset < 0) return;
		const inDevice = gfdOffset(offset, entry.granularity, entry.interleave);
		if (inDevice < entry.bytes) hits.push({ index, offset, inDevice, dpa: entry.dpaBase + inDevice });
	});
	return hits;
}

/** The way back, for a back-invalidate snoop: every entry that covers the device address, with the requester's address. */
export function gdtReverse(entries: readonly GdtEntry[], dpa: number): { readonly index: number; readonly hpa: number }[] {
	const hits: { index: number; hpa: number }[] = [];
	entries.forEach((entry, index) => {
		const inDevice = dpa - entry.dpaBase;
		if (!entry.valid || inDevice < 0 || inDevice >= entry.bytes) return;
		hits.push({ index, hpa: entry.hpaBase + gfdWindowOffset(inDevice, entry.way, entry.granularity, entry.interleave) });
	});
	return hits;
}
