import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { extentsOf, isAccessible } from '../dcd/lists.ts';
import { GFD_SPACE, readExtent, regionOf, regionsAt } from '../dcd/rows.ts';
import { findExtent } from '../dcd/tree.ts';
import { gdtOf } from '../gfd/decode.ts';
import { groupOfBlock, mayAccess, partitionAt } from '../gfd/groups.ts';
import { downAmong } from '../switch/links.ts';
import type { PeerRecord, RegionRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';

/**
 * Where a byte of a tag lies for one host: the offset in the linear space of the tag, through the host's own mapping, to a
 * device address (reference 5.4), and what a load or a store meets there (CXL 4.0 Table 8-117).
 */
export interface Place {
	readonly device: number;
	readonly ld: number;
	readonly dpa: number;
	readonly region: RegionRecord;
	/** Address in the media; −1 when nothing of it is assigned to this host. */
	readonly media: number;
	/** live, or why not: not assigned to this host, or no way to the device. */
	readonly meets: 'live' | 'not assigned' | 'link down';
}

export interface Piece {
	readonly device: number;
	readonly ld: number;
	readonly dpa: number;
	readonly bytes: number;
	readonly sequence: number;
}

export function peerOf(world: World, host: string): PeerRecord | null {
	return world.r.fabric.peers.find((peer) => peer.id === host) ?? null;
}
export const deviceIndexOf = (world: World, device: string): number => world.r.fabric.devices.findIndex((one) => one.id === device);

/** Lists of extents that a host may find its capacity in: its own logical devices, and every G-FAM device. */
export function listsOfHost(world: World, host: string): { readonly device: number; readonly ld: number }[] {
	const lists: { device: number; ld: number }[] = [];
	world.r.fabric.devices.forEach((record, device) => {
		record.lds.forEach((logical, ld) => {
			if (logical.host === host) lists.push({ device, ld });
		});
		if (record.gfd) lists.push({ device, ld: GFD_SPACE });
	});
	return lists;
}

/** The linear space of a tag at a host: as it has it mapped, or else as its device lists it. */
export function piecesOf(world: World, host: string, tag: string): Piece[] {
	const dax = peerOf(world, host)?.dax.find((one) => one.tag === tag && one.state !== 'gone');
	if (dax) {
		const device = deviceIndexOf(world, dax.device);
		return dax.pieces.map((piece) => ({ ...piece, device, ld: dax.ld }));
	}
	const id = world.r.fabric.tags.find((one) => one.tag === tag)?.id ?? 0;
	if (id === 0) return [];
	return listsOfHost(world, host)
		.flatMap(({ device, ld }) => extentsOf(world, device, ld).filter((extent) => extent.tagId === id))
		.map(({ device, ld, dpa, bytes, sequence }) => ({ device, ld, dpa, bytes, sequence }))
		.sort((a, b) => a.sequence - b.sequence || a.dpa - b.dpa);
}

/** Byte `offset` of the linear space of the tag. */
export function placeInTag(world: World, host: string, tag: string, offset: number): Outcome<Place, 'fabric-refuses'> {
	let left = offset;
	for (const piece of piecesOf(world, host, tag)) {
		if (left < piece.bytes) return placeAt(world, host, piece.device, piece.ld, piece.dpa + left);
		left -= piece.bytes;
	}
	return refused('fabric-refuses', `${host} has nothing of tag ${tag} at byte ${offset}`);
}

/** What this host meets at a device address. */
export function placeAt(world: World, host: string, device: number, ld: number, dpa: number): Outcome<Place, 'fabric-refuses'> {
	const record = world.r.fabric.devices[device];
	const peer = peerOf(world, host);
	if (!record || !peer) return refused('fabric-refuses', `there is no such device or host`);
	if (ld === GFD_SPACE ? record.gfd === null : record.lds[ld]?.host !== host)
		return refused('fabric-refuses', `${record.id} has no logical device ${ld} for ${host}`);
	const regions = regionsAt(world, device, ld);
	const region = regions[regionOf(regions, dpa, 1)];
	if (!region) return refused('fabric-refuses', `${record.id}: address ${dpa} lies in no region of dynamic capacity`);
	const place = { device, ld, dpa, region };
	if (wayIsCut(world, host, device, ld)) return ok({ ...place, media: -1, meets: 'link down' });
	const row = findExtent(world, device, ld, dpa);
	const assigned = row >= 0 && isAccessible(world, row) && (ld !== GFD_SPACE || gfdAllows(world, peer, device, dpa));
	if (!assigned) return ok({ ...place, media: -1, meets: 'not assigned' });
	const extent = readExtent(world, row);
	return ok({ ...place, media: extent.media + (dpa - extent.dpa), meets: 'live' });
}

/** SAT and GDT of a G-FAM device: both must know this requester (CXL 4.0 7.7.2.4, 7.7.2.5). */
function gfdAllows(world: World, peer: PeerRecord, device: number, dpa: number): boolean {
	const gfd = world.r.fabric.devices[device]?.gfd;
	const at = gfd ? partitionAt(gfd, dpa) : null;
	if (!gfd || !at) return false;
	const group = groupOfBlock(at.partition, at.block);
	if (group === null || !mayAccess(gfd, peer.pid, group)) return false;
	return gdtOf(gfd, peer.pid).some((entry) => entry.valid && dpa >= entry.dpaBase && dpa < entry.dpaBase + entry.bytes);
}

/** Is any link between a host and a device down, or the device gone? */
export function wayIsCut(world: World, host: string, device: number, ld: number): boolean {
	const record = world.r.fabric.devices[device];
	if (!record?.present) return true;
	if (world.r.fabric.down.length === 0) return false;
	const names = [host, record.id, `${record.id}:${ld}`];
	for (const one of world.r.fabric.switches)
		one.ports.forEach((port, index) => {
			if (port.partner?.id === record.id || port.partner?.id === host) names.push(one.id, `${one.id}:${index}`);
		});
	return downAmong(world, names) !== null;
}

/** Has this host anything that these media stand behind? Whether a link is down does not matter. */
export function reachesMedia(world: World, host: string, device: string, at: number): boolean {
	const peer = peerOf(world, host);
	const index = deviceIndexOf(world, device);
	if (!peer) return false;
	return listsOfHost(world, host).some(
		({ device: own, ld }) =>
			own === index &&
			extentsOf(world, own, ld).some(
				(extent) =>
					at >= extent.media &&
					at < extent.media + extent.bytes &&
					(ld !== GFD_SPACE || gfdAllows(world, peer, own, extent.dpa + at - extent.media))
			)
	);
}
