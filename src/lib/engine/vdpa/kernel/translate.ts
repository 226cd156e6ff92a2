import type { KernelEntryRecord } from '../../state/vdpa-records.ts';
import { endOf, firstEndingAfter } from './entries.ts';

/**
 * Where an access of the device goes: the address in the owner's process and how many bytes of the access lie in the same
 * entry; null where nothing is mapped for it, or where the driver has lost its map.
 */
export function translate(
	entries: readonly KernelEntryRecord[],
	iova: number,
	bytes: number
): { readonly uaddr: number; readonly bytes: number } | null {
	const entry = entries[firstEndingAfter(entries, iova)];
	if (!entry || entry.iova > iova || entry.lost) return null;
	return { uaddr: entry.uaddr + (iova - entry.iova), bytes: Math.min(bytes, endOf(entry) - iova) };
}
