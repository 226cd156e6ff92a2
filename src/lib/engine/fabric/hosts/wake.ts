import type { PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceAt } from '../dcd/rows.ts';
import { placesOf } from '../dcd/host-words.ts';
import { inboxOf, next } from './inbox.ts';

/** A host that is awake again looks at every log that is not empty: the interrupt came while nobody heard it. */
export function wakeHost(world: World, peer: PeerRecord): void {
	for (const { device, ld } of placesOf(world, peer.id)) {
		const record = deviceAt(world, device);
		const inbox = inboxOf(peer, record.id, ld);
		if (inbox.step === 'idle' && (record.lds[ld]?.log.records.length ?? 0) > 0) next(world, peer, inbox, 'read');
	}
}

/** A device has come: what it already holds for this host is read from its list (Linux DCD series v11, at region creation). */
export function findDevice(world: World, peer: PeerRecord, device: string): void {
	if (peer.state !== 'up') return;
	for (const place of placesOf(world, peer.id)) {
		if (deviceAt(world, place.device).id !== device) continue;
		const inbox = inboxOf(peer, device, place.ld);
		if (inbox.step === 'idle') next(world, peer, inbox, 'replay');
	}
}

/** A way is whole again: whoever is up looks at its logs. */
export function wakeHosts(world: World): void {
	for (const peer of world.r.fabric.peers) if (peer.state === 'up') wakeHost(world, peer);
}

/** After a boot: the list of every logical device first, then its log. Nothing that was read before the boot is known. */
export function bootHost(world: World, peer: PeerRecord): void {
	peer.inboxes = [];
	for (const { device, ld } of placesOf(world, peer.id)) next(world, peer, inboxOf(peer, deviceAt(world, device).id, ld), 'replay');
}
