import { formatBytesBinary } from '../../base/format.ts';
import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import { costBytesPerSecond, costNs } from '../costs/cost-model.ts';
import { emit } from '../sim/trace.ts';
import type { DaxRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { beginCopy, daxKey, daxOfTimer, deviceOfDax, endCopy, setVacateTimer } from './copies.ts';
import { note } from './dax.ts';

/**
 * Capacity that is system RAM on its way back: every memory block of 128 MiB is emptied and offlined. Free blocks cost their
 * bookkeeping, full ones the move of their folios to other memory of the host, and what cannot move keeps its block and so the
 * whole device (Linux 7.3.4 drivers/dax/kmem.c removes all or nothing). The host is taken to have room elsewhere.
 */
export type Emptying =
	{ readonly ok: true; readonly says: string; readonly untilNs: number } | { readonly ok: false; readonly says: string };

export const isSystemRam = (dax: DaxRecord): boolean => dax.use === 'system-ram' || dax.use === 'system-ram-normal';

/** How long it takes to empty it, if everything in it can move. */
export function emptyingNs(world: World, dax: DaxRecord): number {
	const blocks = Math.ceil(dax.bytes / MEMORY_BLOCK_BYTES);
	const rate = costBytesPerSecond(world.costs, dax.smallFolios ? 'migratePages4kGBps' : 'migratePages2mGBps');
	return blocks * costNs(world.costs, 'blockOfflineFreeMs') + Math.floor((dax.occupiedBytes / rate) * 1e9);
}

export function empty(world: World, peer: PeerRecord, dax: DaxRecord, cause: number | null): Emptying {
	if (!isSystemRam(dax)) return { ok: false, says: `${dax.id} is no system RAM` };
	if (peer.state !== 'up') return { ok: false, says: `${peer.id} is ${peer.state}` };
	if (dax.emptyNs >= 0) return { ok: true, says: `${dax.id} is being emptied already`, untilNs: dax.emptyNs };
	dax.stays = null;
	setVacateTimer(world, peer, dax, world.r.nowNs + emptyingNs(world, dax));
	if (dax.occupiedBytes > 0)
		beginCopy(world, {
			of: 'dax',
			id: daxKey(peer, dax),
			host: peer.id,
			device: deviceOfDax(world, dax),
			direction: 'read',
			bytes: dax.occupiedBytes,
			soloNs: emptyingNs(world, dax)
		});
	emit(world, {
		kind: 'offline',
		rule: 'system-ram',
		cause,
		host: peer.id,
		values: { dax: dax.id, bytes: dax.bytes, occupied: dax.occupiedBytes, stuck: dax.stuckBytes, untilMs: Math.floor(dax.emptyNs / 1e6) },
		text: `${peer.id} empties ${dax.id}: ${formatBytesBinary(dax.occupiedBytes)} of ${formatBytesBinary(dax.bytes)} are occupied`
	});
	return { ok: true, says: `${dax.id} is being emptied`, untilNs: dax.emptyNs };
}

/** The last block has been tried. */
export function runVacateTimer(world: World, index: number): void {
	const found = daxOfTimer(world, index);
	if (!found) return;
	const { peer, dax } = found;
	dax.emptyNs = -1;
	endCopy(world, 'dax', daxKey(peer, dax), true);
	// Wrong belief "the pool can always take it back": nothing in it can hold it.
	const held = dax.stuckBytes > 0 && world.r.belief !== 'pool-takes-back';
	if (held) {
		dax.stays =
			dax.use === 'system-ram-normal'
				? 'EBUSY: pages of the kernel lie in ZONE_NORMAL and cannot move'
				: 'a long-term pin holds a page: offline tries for ever';
	} else {
		// Whoever lived in it has moved to other memory of the host.
		for (const app of world.r.fabric.apps) if (app.host === peer.id && app.dax === dax.id) app.dax = '';
		dax.state = 'free';
		dax.use = 'devdax';
		dax.occupiedBytes = 0;
		dax.stuckBytes = 0;
	}
	emit(world, {
		kind: 'offline',
		rule: 'system-ram',
		cause: null,
		host: peer.id,
		values: { dax: dax.id, bytes: dax.bytes, stuck: dax.stuckBytes },
		text: held ? `${peer.id}: ${dax.id} stays: ${dax.stays ?? ''}` : `${peer.id}: ${dax.id} is empty and offline`
	});
	note(world, peer, held ? `${dax.id}: ${dax.stays ?? ''}` : `${dax.id}: offline`);
}
