import { formatBytesBinary } from '../../base/format.ts';
import { peerOf, placeAt } from '../fabric/coherence/place.ts';
import { extentsOf } from '../fabric/dcd/lists.ts';
import { GFD_SPACE, type Extent } from '../fabric/dcd/rows.ts';
import { tagById } from '../fabric/dcd/tags.ts';
import { regionIsOff } from '../fabric/address/region-off.ts';
import { emit } from '../sim/trace.ts';
import type { DaxRecord, DaxUse, DeviceRecord, GfdRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { fillRange } from '../fabric/coherence/lines.ts';
import { breach } from './breaches.ts';
import { daxKey, endCopy } from './copies.ts';
import { gfamNumbers } from './ways.ts';

/**
 * What a host makes of accepted capacity: one DAX device per tagged allocation, its ranges in sequence order; one per extent
 * without a tag (Linux DCD series v11, drivers/cxl/core/extent.c, drivers/dax). Called after everything that may have changed
 * a list; lists that did not change cost a comparison.
 */
const MOST_EXTENTS = 2 ** 20;
const MOST_PEERS = 64;

/** Changes with everything that comes or goes: arrivals only grow, and between two of them the count only falls. */
const signatureOf = (list: { readonly nextArrival: number; readonly extentCount: number }): number =>
	list.nextArrival * MOST_EXTENTS + list.extentCount;

/** True when something changed. */
export function presentAll(world: World, cause: number | null): boolean {
	let changed = false;
	for (const [device, record] of world.r.fabric.devices.entries()) {
		for (const [ld, logical] of record.lds.entries()) {
			const peer = logical.host === null ? null : peerOf(world, logical.host);
			if (!peer) logical.presented = -1;
			if (!peer || peer.state === 'crashed') continue;
			const signature = signatureOf(logical) * MOST_PEERS + peer.index;
			if (logical.presented === signature) continue;
			logical.presented = signature;
			changed = true;
			present(world, peer, device, ld, cause);
		}
		if (record.gfd) changed = presentGfam(world, device, record, record.gfd, cause) || changed;
	}
	return changed;
}

/** A G-FAM device shows each host what it may reach; hosts whose part did not change are not asked. */
function presentGfam(world: World, device: number, record: DeviceRecord, gfd: GfdRecord, cause: number | null): boolean {
	let changed = false;
	const numbers = gfamNumbers(world, record, gfd);
	for (const peer of world.r.fabric.peers) {
		if (peer.state === 'crashed') {
			gfd.presented[peer.index] = 0;
			continue;
		}
		const number = numbers[peer.index] as number;
		if ((gfd.presented[peer.index] ?? -1) === number) continue;
		gfd.presented[peer.index] = number;
		changed = present(world, peer, device, GFD_SPACE, cause) || changed;
	}
	return changed;
}

function present(world: World, peer: PeerRecord, device: number, ld: number, cause: number | null): boolean {
	let changed = false;
	const id = (world.r.fabric.devices[device] as { id: string }).id;
	const groups = new Map<string, Extent[]>();
	for (const extent of extentsOf(world, device, ld)) {
		if (ld === GFD_SPACE ? !reaches(world, peer, device, ld, extent.dpa) : regionIsOff(world, peer, device, ld, extent.dpa)) continue;
		const key = extent.tagId === 0 ? `at ${extent.dpa}` : `tag ${extent.tagId}`;
		const group = groups.get(key);
		if (group) group.push(extent);
		else groups.set(key, [extent]);
	}
	for (const dax of peer.dax.filter((each) => each.device === id && each.ld === ld && each.state !== 'gone')) {
		const key = dax.tag === '' ? `at ${dax.pieces[0]?.dpa ?? -1}` : `tag ${tagIdOf(world, id, dax.tag)}`;
		const group = groups.get(key);
		groups.delete(key);
		if (group) update(dax, group);
		else if (dax.state === 'claimed' && dax.extents.length === 0) continue;
		// Cut by force while somebody has it mapped: the mapping stays, and reads all ones (Linux ignores forced releases).
		else if (dax.state === 'claimed') dax.extents = [];
		else remove(world, peer, dax, cause);
		changed ||= !group;
	}
	for (const group of groups.values()) create(world, peer, device, ld, group, cause);
	return changed || groups.size > 0;
}

function reaches(world: World, peer: PeerRecord, device: number, ld: number, dpa: number): boolean {
	const place = placeAt(world, peer.id, device, ld, dpa);
	return place.ok && place.value.meets === 'live';
}

const tagIdOf = (world: World, device: string, tag: string): number =>
	world.r.fabric.tags.find((record) => record.tag === tag && record.device === device)?.id ?? -1;

function inSequence(group: readonly Extent[]): Extent[] {
	return [...group].sort((a, b) => a.sequence - b.sequence || a.arrival - b.arrival);
}

function update(dax: DaxRecord, group: readonly Extent[]): void {
	const sorted = inSequence(group);
	dax.extents = sorted.map((extent) => extent.row);
	dax.pieces = sorted.map(({ dpa, bytes, sequence }) => ({ dpa, bytes, sequence }));
	dax.bytes = sorted.reduce((sum, extent) => sum + extent.bytes, 0);
}

function create(world: World, peer: PeerRecord, device: number, ld: number, group: readonly Extent[], cause: number | null): void {
	const tag = tagById(world, group[0]?.tagId ?? 0)?.tag ?? '';
	const use = policyFor(world, peer, tag);
	const dax: DaxRecord = {
		id: `dax${device}.${peer.nextDax}`,
		number: peer.nextDax,
		device: (world.r.fabric.devices[device] as { id: string }).id,
		ld,
		tag,
		extents: [],
		pieces: [],
		bytes: 0,
		use,
		state: 'free',
		occupiedBytes: 0,
		stuckBytes: 0,
		smallFolios: false,
		emptyNs: -1,
		stays: null,
		destroyed: false,
		disabled: false
	};
	update(dax, group);
	peer.nextDax += 1;
	peer.dax.push(dax);
	const seq = emit(world, {
		kind: 'fabric',
		rule: 'dax-presentation',
		cause,
		host: peer.id,
		values: { dax: dax.id, bytes: dax.bytes, extents: group.length, tag, use },
		text: `${peer.id}: ${dax.id} of ${formatBytesBinary(dax.bytes)}${tag === '' ? '' : ` with uuid ${tag}`}, ${group.length} ${group.length === 1 ? 'range' : 'ranges'}${use === 'system-ram' || use === 'system-ram-normal' ? ', taken as system RAM' : ''}`
	});
	note(world, peer, `${dax.id}: ${formatBytesBinary(dax.bytes)}${tag === '' ? '' : `, uuid ${tag}`}`);
	if (use === 'system-ram' || use === 'system-ram-normal') onlineAsRam(world, peer, dax, use, seq);
	else if (use === 'none') dax.state = 'free';
}

/** Tagged capacity waits for whoever knows the tag; without a tag the host's own policy decides (reference 6.2, 6.7). */
function policyFor(world: World, peer: PeerRecord, tag: string): DaxUse {
	// Wrong belief "accepted capacity is RAM": the kernel takes all of it.
	if (world.r.belief === 'accepted-is-ram') return 'system-ram';
	if (tag === '') return peer.use;
	return peer.use === 'famfs' ? 'famfs' : 'devdax';
}

/** Kernel pages that each range of ZONE_NORMAL has soon after it came online (our simplification: 2 MiB of slab). */
const KERNEL_BYTES_PER_RANGE = 2 * 1024 * 1024;

/**
 * The kernel takes it as ordinary memory. What is shared is destroyed by that: it zeroes and reuses pages, whoever else has
 * them (famfs README).
 */
export function onlineAsRam(
	world: World,
	peer: PeerRecord,
	dax: DaxRecord,
	use: 'system-ram' | 'system-ram-normal',
	cause: number | null
): void {
	dax.use = use;
	dax.state = 'claimed';
	dax.stays = null;
	if (use === 'system-ram-normal') dax.stuckBytes = Math.min(dax.bytes, KERNEL_BYTES_PER_RANGE * dax.pieces.length);
	const shared = world.r.fabric.tags.find((record) => record.tag === dax.tag && record.device === dax.device)?.sharable ?? false;
	emit(world, {
		kind: 'online',
		rule: shared ? 'shared-system-ram' : 'system-ram',
		cause,
		host: peer.id,
		values: { dax: dax.id, bytes: dax.bytes, zone: use === 'system-ram' ? 'MOVABLE' : 'NORMAL' },
		text: `${peer.id}: ${dax.id} is system RAM in ZONE_${use === 'system-ram' ? 'MOVABLE' : 'NORMAL'}${shared ? ', which destroys what others share in it' : ''}`
	});
	note(world, peer, `${dax.id}: system-ram, ZONE_${use === 'system-ram' ? 'MOVABLE' : 'NORMAL'}`);
	if (dax.tag !== '') breach(world, dax.tag, peer.id, `${dax.tag} became system RAM on ${peer.id}`);
	if (shared) fillAll(world, peer, dax, `${peer.id} kernel`);
}

/** Runs of media that a DAX device stands for, where its host can still reach them. */
export function mediaOf(world: World, peer: PeerRecord, dax: DaxRecord): { readonly at: number; readonly bytes: number }[] {
	const device = world.r.fabric.devices.findIndex((record) => record.id === dax.device);
	return dax.pieces.flatMap((piece) => {
		const place = placeAt(world, peer.id, device, dax.ld, piece.dpa);
		return place.ok && place.value.meets === 'live' ? [{ at: place.value.media, bytes: piece.bytes }] : [];
	});
}

/** Everything that a DAX device stands for gets new contents; the version that it has then, 0 when nothing could be reached. */
export function fillAll(world: World, peer: PeerRecord, dax: DaxRecord, writer: string): number {
	const device = world.r.fabric.devices.findIndex((record) => record.id === dax.device);
	let version = 0;
	for (const piece of dax.pieces) {
		const place = placeAt(world, peer.id, device, dax.ld, piece.dpa);
		if (!place.ok || place.value.meets !== 'live') continue;
		const { media, region } = place.value;
		version = fillRange(world, peer.id, dax.device, media, piece.bytes, writer, region.hardwareCoherent).version;
	}
	return version;
}

export function remove(world: World, peer: PeerRecord, dax: DaxRecord, cause: number | null): void {
	dax.state = 'gone';
	endCopy(world, 'dax', daxKey(peer, dax));
	peer.dax.splice(peer.dax.indexOf(dax), 1);
	emit(world, {
		kind: 'fabric',
		rule: 'dax-presentation',
		cause,
		host: peer.id,
		values: { dax: dax.id, bytes: dax.bytes, tag: dax.tag },
		text: `${peer.id}: ${dax.id} is gone`
	});
	note(world, peer, `${dax.id} is gone`);
}

/** Can its host still load from and store to all of it? */
export function isCut(world: World, peer: PeerRecord, dax: DaxRecord): boolean {
	const device = world.r.fabric.devices.findIndex((record) => record.id === dax.device);
	return dax.pieces.some((piece) => !reaches(world, peer, device, dax.ld, piece.dpa));
}

/** The DAX device that has this tag or this name. */
export function findDax(peer: PeerRecord, name: string): DaxRecord | null {
	return peer.dax.find((dax) => !dax.destroyed && (dax.id === name || (dax.tag !== '' && dax.tag === name))) ?? null;
}

const LOG_KEPT = 200;
export function note(world: World, peer: PeerRecord, text: string): void {
	peer.log.push({ atNs: world.r.nowNs, text });
	if (peer.log.length > LOG_KEPT) peer.log.splice(0, peer.log.length - LOG_KEPT);
}
