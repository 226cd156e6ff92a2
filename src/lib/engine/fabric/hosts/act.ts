import { formatAddress } from '../../../base/address.ts';
import { emit } from '../../sim/trace.ts';
import type { DcEventRecord, InboxRecord, PeerRecord, RegionRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { forgetForced } from '../dcd/answer.ts';
import type { Entry } from '../dcd/entries.ts';
import { DcEvent } from '../dcd/log.ts';
import { ldAt } from '../dcd/rows.ts';
import { overlapping } from '../dcd/tree.ts';
import { send } from '../messages.ts';
import { judge } from './gates.ts';
import { toGiveBack } from './give.ts';
import { say, setTimer } from './inbox.ts';

/** What one record of the log makes a host do: at most one mailbox command. */

/** Linux DCD series v11: extents of a chain that is not closed yet, and how long it may stay so. */
export const MOST_STAGED = 100;
export const CHAIN_NS = 20_000_000_000;

/** True when a command was sent. */
export function actOn(world: World, peer: PeerRecord, inbox: InboxRecord, device: number, record: DcEventRecord): boolean {
	switch (record.type) {
		case DcEvent.add:
			return stage(world, peer, inbox, device, record);
		case DcEvent.release: {
			const entries = toGiveBack(world, peer, inbox, device, record);
			if (entries !== null) sendRelease(world, peer, inbox, entries, record.tag);
			return entries !== null;
		}
		case DcEvent.forced:
			learnForced(world, peer, inbox, device, record);
			return false;
		default:
			say(world, peer, `${inbox.device}: region ${record.region} is configured anew`);
			return false;
	}
}

function stage(world: World, peer: PeerRecord, inbox: InboxRecord, device: number, record: DcEventRecord): boolean {
	const linux = peer.profile === 'linuxDcd';
	if (inbox.chain.length === 0) inbox.chainSinceNs = world.r.nowNs;
	inbox.chain.push(record);
	if (linux && inbox.chain.length > MOST_STAGED) {
		say(world, peer, `${inbox.device}: more than ${MOST_STAGED} extents in one chain (ENOSPC), all of them are forgotten`);
		tell(world, peer, inbox, 'forgets a chain of more than 100 extents: the device goes on waiting');
		inbox.chain = [];
		return false;
	}
	if (record.more) {
		if (linux && inbox.chain.length === 1) setTimer(world, peer, inbox, world.r.nowNs + CHAIN_NS);
		return false;
	}
	const { chain } = inbox;
	inbox.chain = [];
	if (peer.answer === 'by-hand') {
		inbox.byHand.push(chain);
		say(world, peer, `${inbox.device}: ${chain.length} extents wait for somebody to answer`);
		return false;
	}
	sendAnswer(world, peer, inbox, decide(world, peer, inbox, device, chain), chain);
	return true;
}

function tell(world: World, peer: PeerRecord, inbox: InboxRecord, text: string): void {
	emit(world, {
		kind: 'extent',
		rule: 'host-gates',
		cause: inbox.causeSeq,
		host: peer.id,
		values: { device: inbox.device, ld: inbox.ld },
		text: `${peer.id} ${text}`
	});
}

/** What the host answers by itself. */
function decide(world: World, peer: PeerRecord, inbox: InboxRecord, device: number, chain: readonly DcEventRecord[]): readonly Entry[] {
	if (peer.answer === 'none') return [];
	if (peer.profile === 'permissive') {
		const all = chain.map(({ dpa, bytes }) => ({ dpa, bytes }));
		const region = ldAt(world, device, inbox.ld).regions[chain[0]?.region ?? 0];
		return peer.answer === 'part' && region && !region.sharable ? lowerHalf(all, region) : all;
	}
	const { entries, dropped } = judge(world, peer, device, inbox.ld, chain);
	for (const text of dropped) say(world, peer, `${inbox.device}: ${text}`);
	if (dropped.length > 0) tell(world, peer, inbox, `drops a part of the offer: ${dropped.join('; ')}`);
	return entries;
}

/** The first half of the offer in whole blocks, at least one. */
function lowerHalf(all: readonly Entry[], { blockBytes }: RegionRecord): Entry[] {
	const total = all.reduce((sum, one) => sum + one.bytes, 0);
	let left = Math.max(blockBytes, Math.floor(total / 2 / blockBytes) * blockBytes);
	const entries: Entry[] = [];
	for (const { dpa, bytes } of all) {
		if (left === 0) break;
		entries.push({ dpa, bytes: Math.min(bytes, left) });
		left -= Math.min(bytes, left);
	}
	return entries;
}

export function sendAnswer(
	world: World,
	peer: PeerRecord,
	inbox: InboxRecord,
	entries: readonly Entry[],
	chain: readonly DcEventRecord[]
): void {
	const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
	send(world, {
		from: peer.id,
		to: inbox.device,
		opcode: '4802h',
		what: 'Add Dynamic Capacity Response',
		// The answer itself carries no tag: this one is for people.
		tag: chain[0]?.tag ?? '',
		payload: { ld: inbox.ld, entries: entries.flatMap((one) => [one.dpa, one.bytes]), bytes, more: false },
		cause: inbox.causeSeq
	});
}

function sendRelease(world: World, peer: PeerRecord, inbox: InboxRecord, entries: readonly Entry[], tag: string): void {
	send(world, {
		from: peer.id,
		to: inbox.device,
		opcode: '4803h',
		what: 'Release Dynamic Capacity',
		tag,
		payload: { ld: inbox.ld, entries: entries.flatMap((one) => [one.dpa, one.bytes]), more: false },
		cause: inbox.causeSeq
	});
}

/** Linux logs the event and goes on; a permissive host knows what it lost. */
function learnForced(world: World, peer: PeerRecord, inbox: InboxRecord, device: number, record: DcEventRecord): void {
	const what = record.tag === '' ? formatAddress(record.dpa) : `tag ${record.tag}`;
	if (peer.profile === 'linuxDcd') say(world, peer, `${inbox.device}: forced release of ${what}: ignored`);
	else {
		say(world, peer, `${inbox.device}: ${what} was taken by force`);
		forgetForced(world, device, inbox.ld, overlapping(world, device, inbox.ld, record.dpa, record.bytes));
	}
	emit(world, {
		kind: 'extent',
		rule: 'host-forced',
		cause: inbox.causeSeq,
		host: peer.id,
		values: { device: inbox.device, bytes: record.bytes, tag: record.tag },
		text: `${peer.id} reads that ${what} is gone${peer.profile === 'linuxDcd' ? ', and does nothing' : ''}`
	});
}
