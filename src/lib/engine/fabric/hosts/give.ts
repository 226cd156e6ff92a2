import { formatAddress } from '../../../base/address.ts';
import { emit } from '../../sim/trace.ts';
import type { DaxRecord, DcEventRecord, InboxRecord, PeerRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import type { Entry } from '../dcd/entries.ts';
import { isAccessible } from '../dcd/lists.ts';
import { readExtent } from '../dcd/rows.ts';
import { extentsOfTag } from '../dcd/tags.ts';
import { overlapping } from '../dcd/tree.ts';
import { say } from './inbox.ts';

/**
 * A release request at a host (DCD series v11, drivers/cxl/core/extent.c): what is in use is deferred and forgotten, the device
 * has to ask again; what is not goes back, for Linux always the whole tag. Null: nothing is sent.
 */
export function toGiveBack(world: World, peer: PeerRecord, inbox: InboxRecord, device: number, asked: DcEventRecord): Entry[] | null {
	const refuse = (text: string): null => {
		say(world, peer, `release of ${asked.tag === '' ? formatAddress(asked.dpa) : `tag ${asked.tag}`}: ${text}`);
		emit(world, {
			kind: 'extent',
			rule: 'host-release',
			cause: inbox.causeSeq,
			host: peer.id,
			values: { device: inbox.device, bytes: asked.bytes, tag: asked.tag },
			text: `${peer.id} gives nothing back: ${text}`
		});
		return null;
	};
	if (peer.ignoresRelease) return refuse('ignored');
	const rows = overlapping(world, device, inbox.ld, asked.dpa, asked.bytes).filter((row) => isAccessible(world, row));
	const first = rows[0];
	if (first === undefined) return refuse('no such extent (EINVAL)');
	const used = daxAt(peer, inbox, asked);
	if (used.some((dax) => dax.state === 'claimed')) return refuse('it is in use, so the request is deferred and forgotten');
	for (const dax of used) dax.state = 'releasing';
	const { tagId } = readExtent(world, first);
	if (peer.profile === 'permissive') return [{ dpa: asked.dpa, bytes: asked.bytes }];
	const extents = tagId === 0 ? rows.map((row) => readExtent(world, row)) : extentsOfTag(world, device, inbox.ld, tagId);
	return extents.map(({ dpa, bytes }) => ({ dpa, bytes }));
}

/** DAX devices of the host that lie on the range. */
function daxAt(peer: PeerRecord, inbox: InboxRecord, { dpa, bytes }: { readonly dpa: number; readonly bytes: number }): DaxRecord[] {
	return peer.dax.filter(
		(dax) =>
			dax.device === inbox.device &&
			dax.ld === inbox.ld &&
			dax.state !== 'gone' &&
			dax.pieces.some((piece) => piece.dpa < dpa + bytes && dpa < piece.dpa + piece.bytes)
	);
}
