import { GIB, PAGE_BYTES } from '../../../base/units.ts';
import { deviceMemoryBytes, FOUR_GIB, ramHalves } from '../../hypervisor/ram-halves.ts';
import type { NicGuestRecord, SectionRecord } from '../../state/vdpa-records.ts';

/** Guest memory as QEMU's memory listener sees it: sections of RAM and DIMMs, lowest address first (QEMU q35). */

/** Where the processes of instance 0 and 1 have guest memory, and memory of their own. Our choice; only differences matter. */
const RAM_HVA: readonly [number, number] = [0x7000_0000_0000, 0x6000_0000_0000];
const DIMM_GAP = 0x0200_0000_0000;
export const OWN_HVA: readonly [number, number] = [0x5000_0000_0000, 0x4000_0000_0000];

function hvaOf(firstGfn: number, dimm: boolean): [number, number] {
	const at = firstGfn * PAGE_BYTES + (dimm ? DIMM_GAP : 0);
	return [RAM_HVA[0] + at, RAM_HVA[1] + at];
}

export interface GuestLayout {
	readonly sections: SectionRecord[];
	readonly deviceBase: number;
	readonly deviceEnd: number;
	/** First address behind all that could ever be memory. */
	readonly maxAddress: number;
}

export function layoutOf(ramBytes: number, maxBytes: number, slots: number): GuestLayout {
	const { lowBytes, highBytes, deviceBase } = ramHalves('q35', ramBytes);
	const sections: SectionRecord[] = [{ id: 'ram-low', kind: 'ram', gpa: 0, bytes: lowBytes, firstGfn: 0, hva: hvaOf(0, false) }];
	if (highBytes > 0) {
		const firstGfn = lowBytes / PAGE_BYTES;
		sections.push({ id: 'ram-high', kind: 'ram', gpa: FOUR_GIB, bytes: highBytes, firstGfn, hva: hvaOf(firstGfn, false) });
	}
	const deviceBytes = deviceMemoryBytes(Math.max(0, maxBytes - ramBytes), slots);
	const ramEnd = highBytes > 0 ? FOUR_GIB + highBytes : lowBytes;
	const deviceEnd = deviceBytes > 0 ? deviceBase + deviceBytes : ramEnd;
	return { sections, deviceBase, deviceEnd, maxAddress: deviceEnd };
}

/** The section of a DIMM that is plugged now: the lowest free address of device memory, on 1 GiB or its own size if smaller. */
export function dimmSection(guest: NicGuestRecord, bytes: number, firstGfn: number): SectionRecord | null {
	// hw/mem/memory-device.c: alignment of the backend, at most 1 GiB is reserved per slot.
	const align = Math.min(GIB, bytes);
	let gpa = guest.deviceBase;
	for (const section of guest.sections) {
		if (section.kind !== 'dimm') continue;
		if (section.gpa >= gpa + bytes) break;
		gpa = Math.ceil((section.gpa + section.bytes) / align) * align;
	}
	if (gpa + bytes > guest.deviceEnd) return null;
	return {
		id: `dimm${guest.sections.filter((section) => section.kind === 'dimm').length}`,
		kind: 'dimm',
		gpa,
		bytes,
		firstGfn,
		hva: hvaOf(firstGfn, true)
	};
}

/** End of guest memory that is there now. */
export const endOfRam = (guest: NicGuestRecord): number =>
	guest.sections.reduce((end, section) => Math.max(end, section.gpa + section.bytes), 0);

/** Section that holds a guest address, or undefined. */
export const sectionAt = (guest: NicGuestRecord, gpa: number): SectionRecord | undefined =>
	guest.sections.find((section) => gpa >= section.gpa && gpa < section.gpa + section.bytes);

/** Section that a process address of an instance lies in, or undefined. */
export const sectionOfHva = (guest: NicGuestRecord, instance: 0 | 1, hva: number): SectionRecord | undefined =>
	guest.sections.find((section) => hva >= section.hva[instance] && hva < section.hva[instance] + section.bytes);
