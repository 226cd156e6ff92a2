import type { FabricGuestStatus } from '../contract/fabric-status.ts';
import { hashOfRuns } from '../orchestrator/guests/contents.ts';
import { appOf, daxOf, seenHash } from '../orchestrator/guests/program.ts';
import type { GuestRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** VMs of a fabric as the page shows them. */
export const guestStatus = (world: World): FabricGuestStatus[] =>
	world.r.fabric.guests.map((guest) => ({
		id: guest.id,
		host: guest.host,
		to: guest.to === '' ? null : guest.to,
		ramBytes: guest.ramBytes,
		state: guest.state,
		doing: guest.doing,
		dueNs: guest.dueNs < 0 ? null : guest.dueNs,
		program: guest.program,
		tag: guest.tag === '' ? null : guest.tag,
		dax: appOf(world, guest) ? (daxOf(world, guest)?.id ?? null) : null,
		finds: findsOf(world, guest),
		copiedBytes: guest.copiedBytes,
		networkBytes: guest.networkBytes,
		moves: guest.moves,
		blackoutNs: guest.blackoutNs < 0 ? null : guest.blackoutNs,
		gapNs: guest.gapNs + (guest.gapSinceNs < 0 ? 0 : world.r.nowNs - guest.gapSinceNs),
		reason: guest.reason
	}));

function findsOf(world: World, guest: GuestRecord): FabricGuestStatus['finds'] {
	if (guest.program !== 'runs') return null;
	const seen = seenHash(world, guest);
	return seen === hashOfRuns(guest.written) ? 'its data' : seen === 0 ? 'zeroes' : 'other data';
}
