import { ExtentState } from '../../contract/words.ts';
import { formatBytesBinary } from '../../../base/format.ts';
import type { RemovalPolicy } from '../../contract/fabric-profiles.ts';
import { emit } from '../../sim/trace.ts';
import type { GroupRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { isShared } from './answer.ts';
import { covers, malformed, type Entry } from './entries.ts';
import { cutOut } from './give-back.ts';
import { groupById, rowsOfGroup } from './groups.ts';
import { isAccessible } from './lists.ts';
import { DcEvent, logHasRoom, raiseEvents } from './log.ts';
import { tellManager } from './manager.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import {
	deviceAt,
	ldAt,
	listOf,
	readExtent,
	regionOf,
	rowsLeft,
	SANITIZE_FLAG,
	takeExtentRow,
	type Extent,
	setExtentState
} from './rows.ts';
import { extentsOfTag, tagOf, tagText } from './tags.ts';
import { insertByAddress, overlapping } from './tree.ts';

/**
 * 5605h Initiate Dynamic Capacity Release (CXL 4.0 7.6.7.6.6). Polite: an event, and nothing else changes. Forced: access is
 * cut at once, the event comes afterwards; an offer that is still open becomes dead.
 */
export interface ReleaseRequest {
	readonly policy: RemovalPolicy;
	readonly forced: boolean;
	readonly sanitize: boolean;
	/** Tag-based: how much; 0 = all of it. */
	readonly bytes: number;
	readonly tag: string;
	readonly extents: readonly Entry[];
}

export function recallCapacity(world: World, device: number, ld: number, request: ReleaseRequest, cause: number | null): DcdAnswer {
	const rules = rulesOf(world, device);
	const record = deviceAt(world, device);
	const logical = ldAt(world, device, ld);
	if (!rules.removalPolicies.includes(request.policy))
		return failed('invalidInput', `${record.id} has no removal policy "${request.policy}"`);
	if (rules.checksHost && logical.host === null) return failed('invalidInput', `logical device ${ld} of ${record.id} belongs to no host`);
	const forced = request.forced && rules.forcedCuts;
	const named =
		request.policy === 'tag-based' ? entriesOfTag(world, device, ld, request) : namedEntries(world, device, ld, request, forced);
	if ('code' in named) return named;
	const { entries, groups } = named;
	if (!forced && rules.retryWhenLogIsFull && !logHasRoom(world, device, ld, entries.length))
		return failed('retryRequired', 'the event log of the host would overflow: try again when it has read');
	if (forced && entries.length * 3 > rowsLeft(world)) return failed('resourcesExhausted', 'the world has no room for more extents');
	return forced ? cut(world, device, ld, entries, groups, request, cause) : ask(world, device, ld, entries, request, cause);
}

interface Named {
	readonly entries: readonly Entry[];
	/** Offers that are still open and hold a part of it. */
	readonly groups: readonly GroupRecord[];
}

function entriesOfTag(world: World, device: number, ld: number, request: ReleaseRequest): Named | DcdAnswer {
	const tag = tagOf(world, device, request.tag);
	const use = tag?.uses.find((one) => one.ld === ld);
	if (!tag || !use) return failed('invalidInput', `logical device ${ld} has no tag "${request.tag}"`);
	const groups = ldAt(world, device, ld)
		.pending.map((id) => groupById(world, id))
		.filter((group): group is GroupRecord => group !== null && group.tag === request.tag && group.state === 'pending');
	if (use.accepted === 0 && !request.forced) return failed('invalidPhysicalAddress', `tag ${tag.tag} is not accepted yet`);
	const extents = extentsOfTag(world, device, ld, tag.id);
	const held = extents.reduce((sum, extent) => sum + extent.bytes, 0);
	const wanted = request.bytes === 0 ? held : request.bytes;
	if (wanted > held) return failed('resourcesExhausted', `only ${formatBytesBinary(held)} are assigned under tag ${tag.tag}`);
	if (tag.sharable && wanted < held) return failed('invalidInput', 'a part of a shared tag cannot be asked back');
	const entries: Entry[] = [];
	let left = wanted;
	// The last ones in the order of the tag first: our simplification, the standard leaves the choice to the device.
	for (const extent of [...extents].reverse()) {
		if (left === 0) break;
		const bytes = Math.min(left, extent.bytes);
		const { regions } = ldAt(world, device, ld);
		const block = regions[regionOf(regions, extent.dpa, extent.bytes)]?.blockBytes ?? 1;
		if (bytes % block !== 0) return failed('invalidInput', `the length must be a multiple of ${formatBytesBinary(block)}`);
		entries.unshift({ dpa: extent.dpa + extent.bytes - bytes, bytes });
		left -= bytes;
	}
	return { entries, groups };
}

function namedEntries(world: World, device: number, ld: number, request: ReleaseRequest, forced: boolean): Named | DcdAnswer {
	const { extents } = request;
	const { checksHost } = rulesOf(world, device);
	if (extents.length === 0 && checksHost) return failed('invalidExtentList', 'a prescriptive request names its extents');
	const bad = malformed(world, device, ld, extents);
	if (bad) return bad;
	const groups: GroupRecord[] = [];
	const taken: Entry[] = [];
	const shared = new Map<number, number>();
	for (const entry of extents) {
		const rows = overlapping(world, device, ld, entry.dpa, entry.bytes).map((row) => readExtent(world, row));
		const open = rows.filter((extent) => extent.state === ExtentState.offered || extent.state === ExtentState.dead);
		if (open.length > 0 && !forced) return failed('invalidPhysicalAddress', 'a range is offered and not answered yet');
		const held = rows.filter((extent) => isAccessible(world, extent.row));
		if (
			!covers(
				[...held, ...open].sort((a, b) => a.dpa - b.dpa),
				entry.dpa,
				entry.bytes
			)
		)
			return forced
				? failed('invalidExtentList', 'a range is not assigned to this host')
				: failed('invalidPhysicalAddress', 'a range is not assigned to this host');
		for (const extent of open) {
			const group = groupById(world, extent.group);
			if (group && !groups.includes(group)) groups.push(group);
		}
		for (const extent of held) addPart(world, device, ld, entry, extent, taken, shared);
	}
	for (const [tagId, bytes] of shared)
		if (bytes !== extentsOfTag(world, device, ld, tagId).reduce((sum, extent) => sum + extent.bytes, 0))
			return failed('invalidInput', 'a part of a shared tag cannot be asked back');
	return { entries: forced ? taken : extents, groups };
}

function addPart(
	world: World,
	device: number,
	ld: number,
	entry: Entry,
	extent: Extent,
	taken: Entry[],
	shared: Map<number, number>
): void {
	const from = Math.max(entry.dpa, extent.dpa);
	const to = Math.min(entry.dpa + entry.bytes, extent.dpa + extent.bytes);
	taken.push({ dpa: from, bytes: to - from });
	if (isShared(world, device, ld, extent)) shared.set(extent.tagId, (shared.get(extent.tagId) ?? 0) + to - from);
}

function ask(
	world: World,
	device: number,
	ld: number,
	entries: readonly Entry[],
	request: ReleaseRequest,
	cause: number | null
): DcdAnswer {
	const { host } = ldAt(world, device, ld);
	const { id } = deviceAt(world, device);
	const events = eventsFor(world, device, ld, entries);
	for (const { dpa, bytes } of entries)
		for (const row of overlapping(world, device, ld, dpa, bytes)) {
			if (!isAccessible(world, row)) continue;
			setExtentState(world, row, ExtentState.releasing);
			if (request.sanitize && rulesOf(world, device).forcedCuts) world.c.extentFlags.set(row, SANITIZE_FLAG);
		}
	const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-recall',
		cause,
		host,
		values: { device: id, ld, extents: entries.length, bytes, tag: request.tag },
		text: `${id} asks ${host ?? `logical device ${ld}`} for ${formatBytesBinary(bytes)} back`
	});
	raiseEvents(world, device, ld, DcEvent.release, events, seq);
	return success(`${formatBytesBinary(bytes)} asked back`);
}

function eventsFor(world: World, device: number, ld: number, entries: readonly Entry[]): Parameters<typeof raiseEvents>[4] {
	const { regions } = ldAt(world, device, ld);
	const { keepsTags } = rulesOf(world, device);
	return entries.map(({ dpa, bytes }) => {
		const row = overlapping(world, device, ld, dpa, bytes).find((one) => isAccessible(world, one)) ?? -1;
		const extent = row < 0 ? null : readExtent(world, row);
		return {
			dpa,
			bytes,
			tag: extent && keepsTags ? tagText(world, extent.tagId) : '',
			sequence: extent && keepsTags ? extent.sequence : 0,
			region: regionOf(regions, dpa, bytes),
			group: extent?.group ?? 0
		};
	});
}

function cut(
	world: World,
	device: number,
	ld: number,
	entries: readonly Entry[],
	groups: readonly GroupRecord[],
	request: ReleaseRequest,
	cause: number | null
): DcdAnswer {
	const { host } = ldAt(world, device, ld);
	const { id } = deviceAt(world, device);
	for (const group of groups) kill(world, group, host, cause);
	if (entries.length === 0) return success(groups.length === 0 ? 'nothing was there to take' : 'the offer is dead');
	const events = eventsFor(world, device, ld, entries);
	const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-forced',
		cause,
		host,
		values: { device: id, ld, extents: entries.length, bytes, tag: request.tag },
		text: `${id} takes ${formatBytesBinary(bytes)} from ${host ?? `logical device ${ld}`} by force: loads give all ones now, stores vanish`
	});
	for (const entry of entries) forceOut(world, device, ld, entry, request.sanitize, seq, true);
	if (rulesOf(world, device).countsGenerations) listOf(world, device, ld).generation += 1;
	raiseEvents(world, device, ld, DcEvent.forced, events, seq);
	tellManager(
		world,
		device,
		ld,
		DcEvent.released,
		{ group: 0, tag: events[0]?.tag ?? '', extents: entries.length, bytes, forced: true },
		seq
	);
	return success(`${formatBytesBinary(bytes)} taken by force`);
}

/** The offer is dead: it takes room until the host answers it. No event; the old records stay in the log. */
function kill(world: World, group: GroupRecord, host: string | null, cause: number | null): void {
	group.state = 'dead';
	for (const row of rowsOfGroup(world, group)) setExtentState(world, row, ExtentState.dead);
	emit(world, {
		kind: 'extent',
		rule: 'dcd-dead-group',
		cause: cause ?? group.causeSeq,
		host,
		values: { device: group.device, ld: group.ld, group: group.id, bytes: group.bytes, tag: group.tag },
		text: `${group.device}: the offer of ${formatBytesBinary(group.bytes)} is dead until ${host ?? 'the host'} answers it`
	});
}

/** Access ends now. `remembered`: the host still believes in it, so a row goes on saying what it lost. */
export function forceOut(
	world: World,
	device: number,
	ld: number,
	entry: Entry,
	sanitize: boolean,
	cause: number | null,
	remembered: boolean
): void {
	const lost = overlapping(world, device, ld, entry.dpa, entry.bytes)
		.filter((row) => isAccessible(world, row))
		.map((row) => readExtent(world, row));
	for (const extent of lost) if (sanitize) world.c.extentFlags.set(extent.row, SANITIZE_FLAG);
	cutOut(world, device, ld, entry.dpa, entry.bytes, cause);
	if (!remembered) return;
	for (const extent of lost) {
		const from = Math.max(entry.dpa, extent.dpa);
		const to = Math.min(entry.dpa + entry.bytes, extent.dpa + extent.bytes);
		const row = takeExtentRow(world, device, ld, {
			dpa: from,
			bytes: to - from,
			media: extent.media + from - extent.dpa,
			tagId: extent.tagId,
			sequence: extent.sequence,
			group: extent.group,
			state: ExtentState.forced
		});
		insertByAddress(world, listOf(world, device, ld), row);
	}
}
