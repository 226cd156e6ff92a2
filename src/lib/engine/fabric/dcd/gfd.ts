import { formatBytesBinary } from '../../../base/format.ts';
import type { AddPolicy } from '../../contract/fabric-profiles.ts';
import { ExtentState } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { GfdRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { mediaFreed } from '../content.ts';
import { setGroup } from '../gfd/groups.ts';
import { chooseContiguous, chooseFree, choosePrescribed, type Placed, type WantedExtent } from './choose.ts';
import { covers, malformed, type Entry } from './entries.ts';
import { dropRow } from './groups.ts';
import { extentsAvailable, tagsAvailable } from './limits.ts';
import { extentsOf } from './lists.ts';
import { releaseMedia } from './media.ts';
import { failed, success, type DcdAnswer } from './profile.ts';
import { appendAccepted, deviceAt, GFD_SPACE, listOf, regionOf, rowsLeft, takeExtentRow, unlinkAccepted, type Extent } from './rows.ts';
import { countUse, endUnusedTag, extentsOfTag, newTag, tagOf } from './tags.ts';
import { insertByAddress, overlapping } from './tree.ts';

/**
 * Capacity of a G-FAM device, 4907h and 4908h (CXL 4.0 8.2.10.9.10.8, .9): blocks go to a memory group, all of them or none;
 * a second command opens the group to requesters. No host is asked, and there is no forced flag: the manager simply takes.
 */
export interface GfdAddRequest {
	readonly group: number;
	readonly partition: number;
	readonly policy: Exclude<AddPolicy, 'enable-shared-access'>;
	readonly bytes: number;
	readonly tag: string;
	readonly extents: readonly WantedExtent[];
}

export function gfdOf(world: World, device: number): GfdRecord | null {
	return deviceAt(world, device).gfd;
}

export function addToGroup(world: World, device: number, request: GfdAddRequest, cause: number | null): DcdAnswer {
	const record = deviceAt(world, device);
	const gfd = record.gfd;
	if (!gfd) return failed('unsupported', `${record.id} is no G-FAM device`);
	const partition = gfd.partitions[request.partition];
	if (!partition) return failed('invalidInput', `${record.id} has no media partition ${request.partition}`);
	if (request.group < 0 || request.group >= gfd.groupLimit || !Number.isInteger(request.group))
		return failed('invalidInput', `${record.id} has memory groups 0 to ${gfd.groupLimit - 1}`);
	if (partition.sharable && request.tag === '') return failed('invalidInput', 'sharable capacity needs a tag');
	if (tagOf(world, device, request.tag)) return failed('invalidInput', `tag ${request.tag} is in use`);
	if (request.policy === 'prescriptive') {
		const bad = malformed(world, device, GFD_SPACE, request.extents);
		if (bad || request.extents.length === 0) return failed('invalidExtentList', bad?.says ?? 'a prescriptive request names its extents');
		if (request.extents.some((one) => regionOf(gfd.partitions, one.dpa, one.bytes) !== request.partition))
			return failed('invalidExtentList', `an extent lies outside partition ${request.partition}`);
		if (request.extents.some((one) => overlapping(world, device, GFD_SPACE, one.dpa, one.bytes).length > 0))
			return failed('invalidExtentList', 'a range belongs to a group already');
	} else if (request.bytes <= 0 || request.bytes % partition.blockBytes !== 0)
		return failed('invalidInput', `the length must be a multiple of ${formatBytesBinary(partition.blockBytes)}, and not 0`);
	const available = Math.min(extentsAvailable(world, device, GFD_SPACE), rowsLeft(world));
	if (request.tag !== '' && tagsAvailable(world, device) === 0) return failed('resourcesExhausted', `${record.id} can track no more tags`);
	if (request.extents.length > available) return failed('resourcesExhausted', `${record.id} can track ${available} more extents`);
	const placed = choose(world, device, request, available);
	if (placed === null || placed.length > available) {
		for (const one of placed ?? []) releaseMedia(record, one.media, one.bytes);
		return failed('resourcesExhausted', `${record.id} has no room for it`);
	}
	const tag = request.tag === '' ? null : newTag(world, device, request.tag, partition.sharable);
	for (const one of placed) {
		const row = takeExtentRow(world, device, GFD_SPACE, {
			...one,
			tagId: tag?.id ?? 0,
			group: request.group,
			state: ExtentState.accepted
		});
		insertByAddress(world, listOf(world, device, GFD_SPACE), row);
		appendAccepted(world, device, GFD_SPACE, row);
		setGroup(partition, (one.dpa - partition.baseDpa) / partition.blockBytes, one.bytes / partition.blockBytes, request.group);
	}
	const bytes = placed.reduce((sum, one) => sum + one.bytes, 0);
	if (tag) {
		tag.bytes = bytes;
		if (partition.sharable)
			tag.media = [...placed].sort((a, b) => a.sequence - b.sequence).map((one) => ({ at: one.media, bytes: one.bytes }));
		if (partition.sanitize) tag.sanitize = true;
		countUse(world, device, GFD_SPACE, tag.id, 0, placed.length);
	}
	gfd.list.generation += 1;
	emit(world, {
		kind: 'extent',
		rule: 'gfd-capacity',
		cause,
		values: { device: record.id, group: request.group, extents: placed.length, bytes, tag: request.tag },
		text: `${record.id}: ${formatBytesBinary(bytes)} belong to memory group ${request.group}${request.tag === '' ? '' : ` under tag ${request.tag}`}; nobody was asked`
	});
	return success(`${formatBytesBinary(bytes)} in group ${request.group}`);
}

function choose(world: World, device: number, request: GfdAddRequest, most: number): Placed[] | null {
	switch (request.policy) {
		case 'free':
			return chooseFree(world, device, GFD_SPACE, request.partition, request.bytes, most);
		case 'contiguous':
			return chooseContiguous(world, device, GFD_SPACE, request.partition, request.bytes);
		case 'prescriptive':
			return choosePrescribed(world, device, GFD_SPACE, request.extents, true);
	}
}

/** 4908h: by tag, or exactly these extents; whole extents only (our simplification). */
export function takeFromGroup(
	world: World,
	device: number,
	request: { readonly tag: string; readonly extents: readonly Entry[] },
	cause: number | null
): DcdAnswer {
	const record = deviceAt(world, device);
	const gfd = record.gfd;
	if (!gfd) return failed('unsupported', `${record.id} is no G-FAM device`);
	const named = namedExtents(world, device, request);
	if ('code' in named) return named;
	let bytes = 0;
	const seq = emit(world, {
		kind: 'extent',
		rule: 'gfd-capacity',
		cause,
		values: { device: record.id, extents: named.extents.length, tag: request.tag },
		text: `${record.id}: ${named.extents.length} ${named.extents.length === 1 ? 'extent leaves its' : 'extents leave their'} memory group`
	});
	for (const extent of named.extents) {
		const partition = gfd.partitions[regionOf(gfd.partitions, extent.dpa, extent.bytes)];
		if (!partition) continue;
		setGroup(partition, (extent.dpa - partition.baseDpa) / partition.blockBytes, extent.bytes / partition.blockBytes, null);
		unlinkAccepted(world, device, GFD_SPACE, extent.row);
		dropRow(world, device, GFD_SPACE, extent.row);
		bytes += extent.bytes;
		if (!partition.sharable) {
			mediaFreed(world, record.id, extent.media, extent.bytes, partition.sanitize, seq);
			releaseMedia(record, extent.media, extent.bytes);
		}
		countUse(world, device, GFD_SPACE, extent.tagId, 0, -1);
		endUnusedTag(world, device, extent.tagId, seq);
	}
	gfd.list.generation += 1;
	return success(`${formatBytesBinary(bytes)} taken back`);
}

function namedExtents(
	world: World,
	device: number,
	request: { readonly tag: string; readonly extents: readonly Entry[] }
): { readonly extents: readonly Extent[] } | DcdAnswer {
	if (request.tag !== '') {
		const tag = tagOf(world, device, request.tag);
		return tag ? { extents: extentsOfTag(world, device, GFD_SPACE, tag.id) } : failed('invalidInput', `there is no tag "${request.tag}"`);
	}
	if (request.extents.length === 0) return failed('invalidExtentList', 'a tag, or extents');
	const all = extentsOf(world, device, GFD_SPACE);
	const extents: Extent[] = [];
	for (const { dpa, bytes } of request.extents) {
		const inside = all.filter((extent) => extent.dpa >= dpa && extent.dpa + extent.bytes <= dpa + bytes).sort((a, b) => a.dpa - b.dpa);
		if (inside.length === 0 || !covers(inside, dpa, bytes)) return failed('invalidExtentList', 'a range is not made of whole extents');
		extents.push(...inside);
	}
	return { extents };
}
