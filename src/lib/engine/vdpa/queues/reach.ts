import { PAGE_BYTES } from '../../../base/units.ts';
import type { KernelEntryRecord, NicGuestRecord, SectionRecord } from '../../state/vdpa-records.ts';
import { FAULT, hvaBehind } from '../kernel/translate.ts';

/** Pages of the guest behind addresses of the process, of the guest and of the device. */

/** Memory of QEMU itself: no page of the guest. */
export const OWN_MEMORY = -2;

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
