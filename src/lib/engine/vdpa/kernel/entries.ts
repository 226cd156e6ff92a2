import type { KernelEntryRecord } from '../../state/vdpa-records.ts';

/** The interval tree of one address space (Linux 7.1.8 drivers/vhost/iotlb.c) as a list in order: entries never overlap. */

export const endOf = (entry: { readonly iova: number; readonly bytes: number }): number => entry.iova + entry.bytes;

/** Place of the first entry that ends behind an address. */
export function firstEndingAfter(entries: readonly KernelEntryRecord[], iova: number): number {
	let low = 0;
	let high = entries.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (endOf(entries[middle] as KernelEntryRecord) > iova) high = middle;
		else low = middle + 1;
	}
	return low;
}

/** Places [from, to) of the entries that have a byte in [first, last]. */
export function touching(
	entries: readonly KernelEntryRecord[],
	first: number,
	last: number
): { readonly from: number; readonly to: number } {
	const from = firstEndingAfter(entries, first);
	let to = from;
	let high = entries.length;
	while (to < high) {
		const middle = (to + high) >>> 1;
		if ((entries[middle] as KernelEntryRecord).iova > last) high = middle;
		else to = middle + 1;
	}
	return { from, to };
}
