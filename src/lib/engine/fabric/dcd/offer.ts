import { ExtentState } from '../../contract/words.ts';
import type { AddPolicy } from '../../contract/fabric-profiles.ts';
import { formatBytesBinary } from '../../../base/format.ts';
import { emit } from '../../sim/trace.ts';
import type { RegionRecord, TagRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { chooseContiguous, chooseFree, choosePrescribed, chooseShared, type Placed, type WantedExtent } from './choose.ts';
import { malformed } from './entries.ts';
import { dropRow, newGroup } from './groups.ts';
import { extentsAvailable, tagsAvailable } from './limits.ts';
import { DcEvent, logHasRoom, raiseEvents } from './log.ts';
import { releaseMedia } from './media.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import { deviceAt, ldAt, regionOf, rowsLeft } from './rows.ts';
import { countUse, newTag, tagOf } from './tags.ts';
import { overlapping } from './tree.ts';

/**
 * 5604h Initiate Dynamic Capacity Add (CXL 4.0 7.6.7.6.5): checks, chooses, and offers a group to one host. Done at once;
 * what the host makes of it comes later as an event to the fabric manager.
 */
export interface AddRequest {
	readonly policy: AddPolicy;
	readonly region: number;
	/** Ignored where addresses are prescribed. */
	readonly bytes: number;
	/** '' for none. */
	readonly tag: string;
	/** Prescribed addresses in the order of their events; null sequence: their order. */
	readonly extents: readonly { readonly dpa: number; readonly bytes: number; readonly sequence: number | null }[];
}
export type AddAnswer = DcdAnswer & { readonly group?: number };

export function addCapacity(world: World, device: number, ld: number, request: AddRequest, cause: number | null): AddAnswer {
	const rules = rulesOf(world, device);
	const record = deviceAt(world, device);
	const logical = ldAt(world, device, ld);
	if (!rules.addPolicies.includes(request.policy))
		return failed('invalidInput', `${record.id} has no selection policy "${request.policy}"`);
	const region = logical.regions[request.region];
	if (!region) return failed('invalidInput', `${record.id} has no region ${request.region}`);
	if (rules.checksHost && logical.host === null) return failed('invalidInput', `logical device ${ld} of ${record.id} belongs to no host`);
	const tag = tagOf(world, device, request.tag);
	const wanted = request.extents.map((one, index) => ({ ...one, sequence: one.sequence ?? (region.sharable ? index : 0) }));
	const problem =
		tagProblem(world, device, ld, request, region, tag) ??
		(wanted.length > 0 || request.policy === 'prescriptive'
			? extentProblem(world, device, ld, request.region, region, wanted)
			: lengthProblem(request, region, tag));
	if (problem) return problem;
	const available = extentsAvailable(world, device, ld);
	if (wanted.length > available) return failed('resourcesExhausted', `${record.id} can track ${available} more extents`);
	if (tag === null && request.tag !== '' && rules.keepsTags && tagsAvailable(world, device) === 0)
		return failed('resourcesExhausted', `${record.id} can track no more tags`);
	const placed = choose(world, device, ld, request, region, tag, wanted, Math.min(available, rowsLeft(world)));
	if (placed === null) return failed('resourcesExhausted', `${record.id} has no room for it`);
	const refused = roomProblem(world, device, ld, placed.length, available);
	if (refused) {
		if (request.policy !== 'enable-shared-access') for (const one of placed) releaseMedia(record, one.media, one.bytes);
		return refused;
	}
	return offer(world, device, ld, request, placed, tag, cause);
}

function tagProblem(
	world: World,
	device: number,
	ld: number,
	request: AddRequest,
	region: RegionRecord,
	tag: TagRecord | null
): DcdAnswer | null {
	if (!rulesOf(world, device).keepsTags) return null;
	if (request.policy === 'enable-shared-access') {
		if (!region.sharable) return failed('invalidInput', `region ${request.region} is not sharable`);
		if (!tag) return failed('invalidInput', `nobody has tag "${request.tag}"`);
		if (!tag.sharable) return failed('invalidInput', `tag ${tag.tag} lies in a region that is not sharable`);
		if (tag.uses.some((use) => use.ld === ld))
			return failed('invalidInput', `logical device ${ld} has tag ${tag.tag} already, or it is offered to it`);
		return null;
	}
	if (region.sharable && request.tag === '') return failed('invalidInput', 'sharable capacity needs a tag');
	if (tag && (tag.sharable || region.sharable))
		return failed('invalidInput', `tag ${tag.tag} is in use: more hosts get it by the policy "enable-shared-access"`);
	return null;
}

function lengthProblem(request: AddRequest, region: RegionRecord, tag: TagRecord | null): DcdAnswer | null {
	const bytes = request.policy === 'enable-shared-access' && tag ? tag.bytes : request.bytes;
	if (bytes <= 0 || bytes % region.blockBytes !== 0)
		return failed('invalidInput', `the length must be a multiple of ${formatBytesBinary(region.blockBytes)}, and not 0`);
	return bytes > region.bytes ? failed('resourcesExhausted', 'the region is smaller than that') : null;
}

function extentProblem(
	world: World,
	device: number,
	ld: number,
	index: number,
	region: RegionRecord,
	wanted: readonly WantedExtent[]
): DcdAnswer | null {
	const rules = rulesOf(world, device);
	if (wanted.length === 0) return failed('invalidExtentList', 'a prescriptive request names its extents');
	if (!rules.checksHost) {
		// QEMU 10.2.2 cmd_fm_initiate_dc_add looks for overlaps before it tells of a malformed list.
		const bad = malformed(world, device, ld, wanted);
		return wanted.some((one) => isTaken(world, device, ld, one))
			? failed('invalidExtentList', 'a range is offered or accepted already')
			: bad;
	}
	for (const { dpa, bytes } of wanted) {
		if (bytes <= 0 || dpa % region.blockBytes !== 0 || bytes % region.blockBytes !== 0)
			return failed('invalidExtentList', `an extent is not made of whole blocks of ${formatBytesBinary(region.blockBytes)}`);
		if (regionOf(ldAt(world, device, ld).regions, dpa, bytes) !== index)
			return failed('resourcesExhausted', `an extent lies outside region ${index}`);
	}
	const bad = malformed(world, device, ld, wanted);
	if (bad) return failed('invalidExtentList', bad.says);
	if (wanted.some((one) => isTaken(world, device, ld, one)))
		return failed('invalidExtentList', 'a range is offered or accessible to this logical device already');
	return region.sharable && !isSequence(wanted.map((one) => one.sequence))
		? failed('invalidExtentList', 'shared sequence numbers are 0 to n − 1, each once')
		: null;
}

/** 0 … n − 1, each once. */
export function isSequence(numbers: readonly number[]): boolean {
	const seen = new Set(numbers);
	return seen.size === numbers.length && numbers.every((number) => number >= 0 && number < numbers.length);
}

function isTaken(world: World, device: number, ld: number, { dpa, bytes }: { dpa: number; bytes: number }): boolean {
	return overlapping(world, device, ld, dpa, bytes).some((row) => world.c.extentState.get(row) !== ExtentState.forced);
}

function choose(
	world: World,
	device: number,
	ld: number,
	request: AddRequest,
	region: RegionRecord,
	tag: TagRecord | null,
	wanted: readonly WantedExtent[],
	most: number
): Placed[] | null {
	switch (request.policy) {
		case 'free':
			return chooseFree(world, device, ld, request.region, request.bytes, most);
		case 'contiguous':
			return chooseContiguous(world, device, ld, request.region, request.bytes);
		case 'prescriptive':
			return choosePrescribed(world, device, ld, wanted, region.sharable);
		case 'enable-shared-access':
			return tag ? chooseShared(world, device, ld, region, tag, wanted) : null;
	}
}

function roomProblem(world: World, device: number, ld: number, count: number, available: number): DcdAnswer | null {
	const { id } = deviceAt(world, device);
	if (count > available) return failed('resourcesExhausted', `${id} can track ${available} more extents`);
	if (count > rowsLeft(world)) return failed('resourcesExhausted', 'the world has no room for more extents');
	return rulesOf(world, device).retryWhenLogIsFull && !logHasRoom(world, device, ld, count)
		? failed('retryRequired', 'the event log of the host would overflow: try again when it has read')
		: null;
}

function offer(
	world: World,
	device: number,
	ld: number,
	request: AddRequest,
	placed: readonly Placed[],
	known: TagRecord | null,
	cause: number | null
): AddAnswer {
	const record = deviceAt(world, device);
	const { host, regions } = ldAt(world, device, ld);
	const region = regions[request.region] as RegionRecord;
	for (const { dpa, bytes } of placed) for (const row of overlapping(world, device, ld, dpa, bytes)) dropRow(world, device, ld, row);
	const tag =
		request.tag === '' || !rulesOf(world, device).keepsTags ? null : (known ?? newTag(world, device, request.tag, region.sharable));
	if (tag && !known && tag.sharable)
		tag.media = [...placed].sort((a, b) => a.sequence - b.sequence).map(({ media, bytes }) => ({ at: media, bytes }));
	if (tag && region.sanitize) tag.sanitize = true;
	const group = newGroup(world, device, ld, { tag: request.tag, tagId: tag?.id ?? 0, region: request.region, placed, cause });
	if (tag && request.policy !== 'enable-shared-access') tag.bytes += group.bytes;
	if (tag) countUse(world, device, ld, tag.id, placed.length, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-offer',
		cause,
		host,
		values: {
			device: record.id,
			ld,
			group: group.id,
			extents: placed.length,
			bytes: group.bytes,
			tag: request.tag,
			policy: request.policy
		},
		text: `${record.id} offers ${formatBytesBinary(group.bytes)} in ${placed.length === 1 ? 'one extent' : `${placed.length} extents`} to ${host ?? `logical device ${ld}`}${request.tag === '' ? '' : ` under tag ${request.tag}`}`
	});
	group.causeSeq = seq;
	raiseEvents(
		world,
		device,
		ld,
		DcEvent.add,
		placed.map(({ dpa, bytes, sequence }) => ({ dpa, bytes, tag: request.tag, sequence, region: request.region, group: group.id })),
		seq
	);
	return { ...success(`offered as group ${group.id}`), group: group.id };
}
