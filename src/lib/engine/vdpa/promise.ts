import { formatAddress } from '../../base/address.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { WrongMapStatus } from '../contract/vdpa/status.ts';
import type { DeviceEndRecord, KernelEntryRecord, NicGuestRecord, NicRecord, SectionRecord } from '../state/vdpa-records.ts';

/**
 * What the memory listener promises, and what the device has. Without shadow queues every section is reached at its own guest
 * address; with them wherever the tree says. A map that is missing, shifted, or left over is told, never hidden.
 */
export function wrongMaps(guest: NicGuestRecord, end: DeviceEndRecord): WrongMapStatus[] {
	const { kernel } = end;
	if (!kernel.open || !end.listener) return [];
	const entries = kernel.spaces.find((space) => space.asid === 0)?.entries ?? [];
	const wrong: WrongMapStatus[] = [];
	for (const section of guest.sections) {
		const promisedIova = promisedAt(end, section);
		if (!covers(entries, promisedIova, section, end.instance)) wrong.push(wrongMap(entries, section, promisedIova, end.instance));
	}
	for (const entry of entries) {
		const left = leftOver(guest, end, entry);
		if (left !== null) wrong.push(left);
	}
	return wrong;
}

/** After whatever may change maps: what is wrong now is known. What comes to be wrong without that, nobody was told of (whole/device-maps.ts). */
export function tellWrongMaps(guest: NicGuestRecord, nic: NicRecord): void {
	for (const end of nic.ends) if (end) end.toldWrong = wrongMaps(guest, end).map(({ text }) => text);
}

/** Where a section has to be for the addresses that go over the rings. */
function promisedAt(end: DeviceEndRecord, section: SectionRecord): number {
	if (!end.svq) return section.gpa;
	return end.mapped.find((mapped) => mapped.section === section.id)?.iova ?? section.gpa;
}

/** Every byte of the section is mapped there, to its own byte. Entries are in order and never overlap. */
function covers(entries: readonly KernelEntryRecord[], iova: number, section: SectionRecord, instance: 0 | 1): boolean {
	let at = iova;
	const last = iova + section.bytes;
	for (const entry of entries) {
		if (entry.iova + entry.bytes <= at) continue;
		// A map that the parent driver dropped at a reset reaches nothing.
		if (entry.iova > at || entry.lost) return false;
		if (entry.uaddr + (at - entry.iova) !== section.hva[instance] + (at - iova)) return false;
		at = entry.iova + entry.bytes;
		if (at >= last) return true;
	}
	return at >= last;
}

function wrongMap(entries: readonly KernelEntryRecord[], section: SectionRecord, promisedIova: number, instance: 0 | 1): WrongMapStatus {
	const from = section.hva[instance];
	const found = entries.find((entry) => entry.uaddr < from + section.bytes && from < entry.uaddr + entry.bytes);
	const mappedIova = found ? found.iova + (from - found.uaddr) : null;
	return {
		asid: 0,
		gpa: section.gpa,
		bytes: section.bytes,
		promisedIova,
		mappedIova,
		text:
			mappedIova === null
				? `${section.id} is not mapped`
				: mappedIova === promisedIova
					? `${section.id} is mapped in part`
					: `${section.id} belongs at ${formatAddress(promisedIova)} and is mapped at ${formatAddress(mappedIova)}`
	};
}

/** An entry that reaches guest memory from an address that no section promises. */
function leftOver(guest: NicGuestRecord, end: DeviceEndRecord, entry: KernelEntryRecord): WrongMapStatus | null {
	if (end.rings.some((ring) => ring.asid === 0 && ring.iova <= entry.iova && entry.iova < ring.iova + ring.bytes)) return null;
	// What the guest's IOMMU driver asked for beside its memory.
	if (guest.giova.some((one) => entry.iova >= one.giova && entry.iova + entry.bytes <= one.giova + one.pages * PAGE_BYTES)) return null;
	const promised = guest.sections.some((section) => {
		const at = promisedAt(end, section);
		return (
			entry.iova >= at && entry.iova + entry.bytes <= at + section.bytes && entry.uaddr - section.hva[end.instance] === entry.iova - at
		);
	});
	if (promised) return null;
	const behind = guest.sections.find(
		(section) => entry.uaddr >= section.hva[end.instance] && entry.uaddr < section.hva[end.instance] + section.bytes
	);
	// A section that is mapped elsewhere than promised was told of above.
	if (behind && promisedAt(end, behind) !== entry.iova - (entry.uaddr - behind.hva[end.instance])) return null;
	return {
		asid: 0,
		gpa: behind ? behind.gpa : 0,
		bytes: entry.bytes,
		promisedIova: entry.iova,
		mappedIova: entry.iova,
		text: `${formatAddress(entry.iova)} is mapped, and nobody promised it`
	};
}
