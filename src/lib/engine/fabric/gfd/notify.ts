import { emit } from '../../sim/trace.ts';
import type { DeviceRecord, MessageRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { send } from '../messages.ts';

/**
 * Notifications of a GFD to a requester (CXL 4.0 Tables 8-239, 8-240): they land in the ring of its GAE (GAM buffer). The
 * device keeps no log per host. A full ring loses the new one, never an old one.
 */
export const Notice = { accessError: 2, invalidInput: 5, failure: 7, fatalFailure: 8, health: 9, extentListChange: 0xa } as const;
/** Trigger bits of an access error. */
export const Trigger = { noDecoder: 1, snoopReverse: 2, noGroup: 4, accessDenied: 8 } as const;
export const GAM_ENTRIES = 64;
const WHAT = 'GFD notification';

export function notify(
	world: World,
	device: DeviceRecord,
	pid: number,
	type: number,
	text: string,
	cause: number | null,
	ns: number
): void {
	const peer = world.r.fabric.peers.find((one) => one.pid === pid);
	if (!peer) return;
	send(world, {
		from: device.id,
		to: peer.id,
		opcode: `${type.toString(16).toUpperCase().padStart(2, '0')}h`,
		what: WHAT,
		payload: { type, text },
		cause,
		ns
	});
}

/** The ring gets an entry, or counts one that it could not take. */
export function receiveNotice(world: World, message: MessageRecord): boolean {
	if (message.what !== WHAT) return false;
	const peer = world.r.fabric.peers.find((one) => one.id === message.to);
	if (!peer) return true;
	const text = String(message.payload['text'] ?? '');
	const full = peer.gam.length >= GAM_ENTRIES;
	if (full) peer.gamLost += 1;
	else peer.gam.push({ type: Number(message.payload['type'] ?? 0), text, atNs: world.r.nowNs });
	emit(world, {
		kind: 'fabric',
		rule: 'gfam-notice',
		cause: message.causeSeq,
		host: peer.id,
		vm: null,
		values: { device: message.from, type: Number(message.payload['type'] ?? 0) },
		text: full
			? `the ring of ${peer.id} is full: a notification of ${message.from} is lost`
			: `${message.from} notifies ${peer.id}: ${text}`
	});
	return true;
}
