import type { DeviceEndRecord, KernelEntryRecord } from '../../state/vdpa-records.ts';
import { firstEndingAfter } from './entries.ts';

/** Where an access of the device goes, by its own map and nothing else (Linux 7.1.8 drivers/vhost/vdpa.c, iotlb.c). */

/** Nothing is mapped there for this access, or the driver has lost its map. */
export const FAULT = -1;

const NO_ENTRIES: readonly KernelEntryRecord[] = [];

export function entriesOf(end: DeviceEndRecord, asid: number): readonly KernelEntryRecord[] {
	for (const space of end.kernel.spaces) if (space.asid === asid) return space.entries;
	return NO_ENTRIES;
}

/** Address in the owner's process behind a device address, or FAULT. `permission`: 1 to read, 2 to write. */
export function hvaBehind(entries: readonly KernelEntryRecord[], iova: number, permission: 1 | 2): number {
	const entry = entries[firstEndingAfter(entries, iova)];
	if (entry === undefined || entry.iova > iova || entry.lost || (entry.permission & permission) === 0) return FAULT;
	return entry.uaddr + (iova - entry.iova);
}

/** The whole range lies in the map and is one range of the process: its first address, or FAULT. */
export function rangeBehind(entries: readonly KernelEntryRecord[], iova: number, bytes: number, permission: 1 | 2): number {
	const first = hvaBehind(entries, iova, permission);
	if (first === FAULT) return FAULT;
	for (let at = iova; at < iova + bytes;) {
		if (hvaBehind(entries, at, permission) !== first + (at - iova)) return FAULT;
		const entry = entries[firstEndingAfter(entries, at)] as KernelEntryRecord;
		at = entry.iova + entry.bytes;
	}
	return first;
}
