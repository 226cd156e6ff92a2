import { costNs } from '../../costs/cost-model.ts';
import type { InboxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceIndex } from '../dcd/arguments.ts';
import { FabricTimerKind, scheduleFabricTimer } from '../timers.ts';

/** Where a host stands at the event log of each of its logical devices. */
const SLOTS = 2 ** 16;
const LINES_KEPT = 200;

export const peerById = (world: World, id: string): PeerRecord | null => world.r.fabric.peers.find((peer) => peer.id === id) ?? null;

export function inboxOf(peer: PeerRecord, device: string, ld: number): InboxRecord {
	const known = peer.inboxes.find((inbox) => inbox.device === device && inbox.ld === ld);
	if (known) return known;
	const inbox: InboxRecord = {
		device,
		ld,
		step: 'idle',
		dueNs: -1,
		handles: [],
		records: [],
		chain: [],
		chainSinceNs: -1,
		byHand: [],
		replay: false,
		causeSeq: null
	};
	peer.inboxes.push(inbox);
	return inbox;
}

/** The next step is done after one mailbox command. */
export function next(world: World, peer: PeerRecord, inbox: InboxRecord, step: InboxRecord['step']): void {
	inbox.step = step;
	if (step === 'idle') {
		inbox.dueNs = -1;
		return;
	}
	inbox.dueNs = world.r.nowNs + costNs(world.costs, 'cxlMailboxCommandMs');
	setTimer(world, peer, inbox, inbox.dueNs);
}

export function setTimer(world: World, peer: PeerRecord, inbox: InboxRecord, atNs: number): void {
	scheduleFabricTimer(world, atNs, FabricTimerKind.inbox, peer.index * SLOTS + peer.inboxes.indexOf(inbox));
}

/** Host and inbox of a timer; null when a boot has made them anew. */
export function inboxOfTimer(world: World, index: number): { readonly peer: PeerRecord; readonly inbox: InboxRecord } | null {
	const peer = world.r.fabric.peers[Math.floor(index / SLOTS)];
	const inbox = peer?.inboxes[index % SLOTS];
	return peer && inbox ? { peer, inbox } : null;
}

/** Index of the inbox's device, or −1 when the host does not have that logical device any more. */
export function deviceOf(world: World, peer: PeerRecord, inbox: InboxRecord): number {
	const device = deviceIndex(world, inbox.device);
	return world.r.fabric.devices[device]?.lds[inbox.ld]?.host === peer.id ? device : -1;
}

/** A line of the host's kernel log. */
export function say(world: World, peer: PeerRecord, text: string): void {
	peer.log.push({ atNs: world.r.nowNs, text });
	if (peer.log.length > LINES_KEPT) peer.log.splice(0, peer.log.length - LINES_KEPT);
}
