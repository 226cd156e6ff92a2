import type { DeviceEndRecord, NicGuestRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { entriesOf, rangeBehind } from '../vdpa/kernel/translate.ts';
import { wrongMaps } from '../vdpa/promise.ts';

/**
 * A device's maps are what the memory listener promised, or it was told where they are not: by the change or the message that made
 * them so. Looked at between changes, because in the middle of one maps come and go.
 */
export function deviceMaps(world: World): string | null {
	for (const guest of world.r.vdpa.guests) {
		if (guest.jobs.length > 0) continue;
		for (const nic of world.r.vdpa.nics) {
			if (nic.vm !== guest.vm || nic.change !== null) continue;
			for (const end of nic.ends) {
				const found = end === null ? null : untold(guest, end);
				if (found !== null) return `${world.r.vms[guest.vm]?.id}, ${nic.id}: ${found}, and nobody was told`;
			}
		}
	}
	return null;
}

function untold(guest: NicGuestRecord, end: DeviceEndRecord): string | null {
	const wrong = wrongMaps(guest, end).map(({ text }) => text);
	const news = wrong.find((text) => !end.toldWrong.includes(text));
	if (news !== undefined) return news;
	if (wrong.length > 0 || end.svq || !end.kernel.open || !end.listener) return null;
	// Nothing is said to be wrong: then the device reaches each byte of the guest at the guest's own address, and no other way.
	const entries = entriesOf(end, 0);
	const section = guest.sections.find(({ gpa, bytes, hva }) => rangeBehind(entries, gpa, bytes, 2) !== hva[end.instance]);
	return section === undefined ? null : `the device does not reach ${section.id} at the guest’s own addresses`;
}
