import { PAGE_BYTES } from '../../../base/units.ts';
import { firstEndingAfter } from '../kernel/entries.ts';
import type { DeviceEndRecord, KernelEntryRecord, NicGuestRecord, SectionRecord } from '../../state/vdpa-records.ts';

/** What an access of the device reaches, by its own map and nothing else (Linux 7.1.8 drivers/vhost/vdpa.c, iotlb.c). */

/** Nothing is mapped there for this access. */
export const FAULT = -1;
/** Memory of QEMU itself: no page of the guest. */
export const OWN_MEMORY = -2;

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

/** Page of the guest that an address of the process of one instance belongs to, or OWN_MEMORY. */
export function gfnOfHva(sections: readonly SectionRecord[], instance: 0 | 1, hva: number): number {
	for (let index = 0; index < sections.length; index += 1) {
		const section = sections[index] as SectionRecord;
		const offset = hva - section.hva[instance];
		if (offset >= 0 && offset < section.bytes) return section.firstGfn + Math.floor(offset / PAGE_BYTES);
	}
	return OWN_MEMORY;
}

/** Page of the guest behind a guest address; FAULT where the guest has no memory. */
export function gfnOfGpa(guest: NicGuestRecord, gpa: number): number {
	for (const section of guest.sections)
		if (gpa >= section.gpa && gpa < section.gpa + section.bytes) return section.firstGfn + Math.floor((gpa - section.gpa) / PAGE_BYTES);
	return FAULT;
}

/** Guest address of a page, or FAULT. */
export function gpaOfGfn(sections: readonly SectionRecord[], gfn: number): number {
	for (const section of sections) {
		const offset = (gfn - section.firstGfn) * PAGE_BYTES;
		if (offset >= 0 && offset < section.bytes) return section.gpa + offset;
	}
	return FAULT;
}

/** Page that the device reaches with this address, FAULT, or OWN_MEMORY. */
export function reached(
	entries: readonly KernelEntryRecord[],
	sections: readonly SectionRecord[],
	instance: 0 | 1,
	iova: number,
	permission: 1 | 2
): number {
	const hva = hvaBehind(entries, iova, permission);
	return hva === FAULT ? FAULT : gfnOfHva(sections, instance, hva);
}
