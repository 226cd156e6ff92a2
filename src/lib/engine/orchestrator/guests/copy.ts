import { formatBytesBinary } from '../../../base/format.ts';
import { aloneBytesPerSecond } from '../../fabric/traffic/links.ts';
import { emit } from '../../sim/trace.ts';
import type { GuestRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { beginCopy, deviceOfDax, endCopy } from '../copies.ts';
import { findDax, isCut } from '../dax.ts';
import { heldRuns, putRuns } from './contents.ts';
import { busy, daxOf, done, networkBytesPerSecond, no, peerOfGuest, type GuestOutcome } from './program.ts';

/**
 * Prepopulating the target (seed S1, Migration): contents go out of the pool through the source, over the network, and into
 * the pool again through the target, into capacity that the target was given for it under a tag of its own.
 */
export function copyDevice(world: World, guest: GuestRecord, to: string, tag: string, cause: number | null): GuestOutcome {
	const held = busy(guest);
	if (held !== null) return no(held);
	const from = daxOf(world, guest);
	const target = world.r.fabric.peers.find((peer) => peer.id === to);
	const into = target ? findDax(target, tag) : null;
	const peer = peerOfGuest(world, guest);
	if (!peer || !from) return no(`${guest.host} has no DAX device with the data of ${guest.id}`);
	if (!target || target.state !== 'up') return no(`${to} is ${target ? target.state : 'no host'}`);
	if (!into) return no(`ENOENT: ${to} has no DAX device with uuid ${tag}`);
	if (into.state !== 'free') return no(`EBUSY: ${into.id} is ${into.state}`);
	if (into.bytes < from.bytes) return no(`ENOSPC: ${into.id} has ${formatBytesBinary(into.bytes)} of ${formatBytesBinary(from.bytes)}`);
	guest.doing = 'copying';
	guest.to = to;
	guest.wants = tag;
	guest.causeSeq = cause;
	const way = (host: string, device: number, direction: 'read' | 'write'): number => aloneBytesPerSecond(world, host, device, direction);
	const [a, b] = [deviceOfDax(world, from), deviceOfDax(world, into)];
	const rate = Math.max(1, Math.min(way(guest.host, a, 'read'), way(to, b, 'write'), networkBytesPerSecond(world)));
	const soloNs = Math.max(1, Math.floor((from.bytes / rate) * 1e9));
	const { id } = guest;
	beginCopy(world, { of: 'guest', id: `${id} read`, host: guest.host, device: a, direction: 'read', bytes: from.bytes, soloNs });
	beginCopy(world, { of: 'guest', id: `${id} write`, host: to, device: b, direction: 'write', bytes: from.bytes, soloNs });
	return done(`${formatBytesBinary(from.bytes)} of ${guest.id} are copied to ${to}`);
}

export function copied(world: World, guest: GuestRecord): void {
	endCopy(world, 'guest', `${guest.id} read`, true);
	endCopy(world, 'guest', `${guest.id} write`, true);
	guest.doing = 'nothing';
	const peer = peerOfGuest(world, guest);
	const from = daxOf(world, guest);
	const target = world.r.fabric.peers.find((each) => each.id === guest.to);
	const into = target ? findDax(target, guest.wants) : null;
	const broken =
		!peer || !from || isCut(world, peer, from)
			? 'its source is gone'
			: !target || !into || into.state !== 'free' || isCut(world, target, into)
				? 'the capacity at the target is gone'
				: null;
	if (broken === null && peer && from && target && into) {
		putRuns(world, target, into, heldRuns(world, peer, from));
		guest.copiedBytes += from.bytes;
		guest.networkBytes += from.bytes;
		guest.copyTag = into.tag;
	} else guest.reason = `the copy was broken off: ${broken ?? ''}`;
	emit(world, {
		kind: 'app',
		rule: 'guest-prepopulate',
		cause: guest.causeSeq,
		host: guest.to,
		values: { vm: guest.id, tag: guest.wants, bytes: from?.bytes ?? 0 },
		text: broken === null ? `a copy of the data of ${guest.id} lies at ${guest.to}, under ${guest.wants}` : (guest.reason ?? '')
	});
	guest.to = '';
	guest.wants = '';
}
