import type { DeviceEndRecord, SectionRecord } from '../../src/lib/engine/state/vdpa-records.ts';

/** What a device reaches, by a walk over all entries of its map: slow, and on its own. */

/** Where the guest's byte has to be for the addresses that go over the rings. */
export function promisedIova(end: DeviceEndRecord, section: SectionRecord, offset: number): number {
	const mapped = end.svq ? end.mapped.find((one) => one.section === section.id) : undefined;
	return (mapped?.iova ?? section.gpa) + offset;
}

/** Address in the process behind a device address, −1 for a fault. */
export function reachedHva(end: DeviceEndRecord, iova: number): number {
	const found = (end.kernel.spaces.find((space) => space.asid === 0)?.entries ?? []).filter(
		(entry) => entry.iova <= iova && iova < entry.iova + entry.bytes
	);
	if (found.length > 1) throw new Error(`two entries at 0x${iova.toString(16)}`);
	const [entry] = found;
	return entry ? entry.uaddr + (iova - entry.iova) : -1;
}
