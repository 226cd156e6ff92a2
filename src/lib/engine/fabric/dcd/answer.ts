import { formatAddress } from '../../../base/address.ts';
import { ExtentState } from '../../contract/words.ts';
import { formatBytesBinary } from '../../../base/format.ts';
import { emit } from '../../sim/trace.ts';
import type { GroupRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { malformed, type Entry } from './entries.ts';
import { closeGroup, dropRow, firstGroup, rowsOfGroup } from './groups.ts';
import { DcEvent } from './log.ts';
import { releaseMedia } from './media.ts';
import { failed, rulesOf, success, type DcdAnswer } from './profile.ts';
import {
	appendAccepted,
	deviceAt,
	ldAt,
	listOf,
	readExtent,
	regionOf,
	rowsLeft,
	takeExtentRow,
	type Extent,
	setExtentState
} from './rows.ts';
import { countUse, endUnusedTag } from './tags.ts';
import { tellManager } from './manager.ts';
import { findExtent, insertByAddress } from './tree.ts';

/**
 * 4802h Add Dynamic Capacity Response (CXL 4.0 8.2.10.9.9.3): the host's answer to the group that was offered first. Only now
 * are bytes accessible. What it leaves out goes back to the pool.
 */
export interface HostAnswer {
	readonly entries: readonly Entry[];
	/** The answer goes on in another payload. */
	readonly more: boolean;
}
/** crash: the real QEMU ends here; nothing is done. */
export type ResponseAnswer = DcdAnswer & { readonly crash?: true; readonly accepted?: number };

export function addResponse(world: World, device: number, ld: number, answer: HostAnswer, cause: number | null): ResponseAnswer {
	const rules = rulesOf(world, device);
	const group = firstGroup(world, device, ld);
	let entries = answer.entries;
	if (!group) {
		if (entries.length > 0) return failed('invalidPhysicalAddress', 'nothing is offered');
		const refused = failed('invalidInput', 'nothing is offered');
		return rules.emptyAnswerCrashes ? { ...refused, crash: true } : refused;
	}
	if (rules.moreContinues) {
		for (const { dpa, bytes } of entries) group.answered.push(dpa, bytes);
		if (answer.more) return success(`the answer to group ${group.id} goes on`);
		entries = Array.from({ length: group.answered.length / 2 }, (_, index) => ({
			dpa: group.answered[index * 2] as number,
			bytes: group.answered[index * 2 + 1] as number
		}));
		group.answered = [];
	}
	if (group.state === 'dead') {
		drop(world, device, group, cause, 'its offer was taken back before it answered');
		return entries.length === 0 ? success('the dead group is gone') : failed('invalidPhysicalAddress', 'the offer was taken back by force');
	}
	if (entries.length === 0) {
		drop(world, device, group, cause, 'accepts nothing');
		return { ...success('nothing accepted: the capacity is free again'), accepted: 0 };
	}
	const problem = answerProblem(world, device, ld, group, entries);
	return problem ?? accept(world, device, ld, group, entries, cause);
}

function answerProblem(world: World, device: number, ld: number, group: GroupRecord, entries: readonly Entry[]): DcdAnswer | null {
	const list = listOf(world, device, ld);
	const { limits } = deviceAt(world, device);
	const counted = list.extentCount + list.offeredCount - (rulesOf(world, device).answerCountsTwice ? 0 : group.count);
	if (entries.length + counted > limits.extents) return failed('resourcesExhausted', 'the device cannot track so many extents');
	const bad = malformed(world, device, ld, entries);
	if (bad) return bad;
	for (const { dpa, bytes } of entries) {
		const row = bytes > 0 ? findExtent(world, device, ld, dpa) : -1;
		const extent = row < 0 ? null : readExtent(world, row);
		if (extent === null || extent.state !== ExtentState.offered || extent.group !== group.id || dpa + bytes > extent.dpa + extent.bytes)
			return failed(
				'invalidPhysicalAddress',
				`${formatAddress(dpa)} + ${formatAddress(bytes)} lies in no extent of the group that comes next`
			);
	}
	const total = entries.reduce((sum, one) => sum + one.bytes, 0);
	const region = ldAt(world, device, ld).regions[group.region];
	if (region?.sharable && (total !== group.bytes || entries.length !== group.count))
		return failed('invalidExtentList', 'shared capacity is accepted whole or not at all');
	return entries.length > rowsLeft(world) ? failed('resourcesExhausted', 'the world has no room for more extents') : null;
}

/** All of the group goes back to the pool. */
function drop(world: World, device: number, group: GroupRecord, cause: number | null, why: string): void {
	const { host } = ldAt(world, device, group.ld);
	const rows = rowsOfGroup(world, group);
	const tagId = rows.length === 0 ? 0 : world.c.extentTag.get(rows[0] as number);
	for (const row of rows) freeOffered(world, device, group.ld, readExtent(world, row));
	closeGroup(world, device, group);
	countUse(world, device, group.ld, tagId, -rows.length, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-answer',
		cause: cause ?? group.causeSeq,
		host,
		values: { device: group.device, ld: group.ld, group: group.id, extents: 0, bytes: 0, tag: group.tag },
		text: `${host ?? `logical device ${group.ld}`} of ${group.device}: ${why}; ${formatBytesBinary(group.bytes)} are free again`
	});
	endUnusedTag(world, device, tagId, seq);
	tellManager(world, device, group.ld, DcEvent.addResponse, { group: group.id, tag: group.tag, extents: 0, bytes: 0 }, seq);
}

/** An offered row that nobody took: its media are free unless they belong to a shared tag. */
function freeOffered(world: World, device: number, ld: number, extent: Extent): void {
	if (!isShared(world, device, ld, extent)) releaseMedia(deviceAt(world, device), extent.media, extent.bytes);
	dropRow(world, device, ld, extent.row);
}

export function isShared(world: World, device: number, ld: number, extent: Extent): boolean {
	const { regions } = ldAt(world, device, ld);
	return regions[regionOf(regions, extent.dpa, extent.bytes)]?.sharable ?? false;
}

function accept(
	world: World,
	device: number,
	ld: number,
	group: GroupRecord,
	entries: readonly Entry[],
	cause: number | null
): ResponseAnswer {
	const { c } = world;
	const logical = ldAt(world, device, ld);
	const { keepsTags, countsGenerations } = rulesOf(world, device);
	const offered = new Set(rowsOfGroup(world, group));
	const count = offered.size;
	const tagId = c.extentTag.get([...offered][0] as number);
	const media = deviceAt(world, device);
	closeGroup(world, device, group);
	const cuts = new Map<number, Entry[]>();
	const accepted: { row: number; entry: Entry; of: Extent }[] = [];
	for (const entry of entries) {
		const of = readExtent(world, findExtent(world, device, ld, entry.dpa));
		const whole = of.dpa === entry.dpa && of.bytes === entry.bytes;
		accepted.push({ row: whole ? of.row : -1, entry, of });
		if (whole) offered.delete(of.row);
		else cuts.set(of.row, [...(cuts.get(of.row) ?? []), entry]);
	}
	// What is left of each offered extent goes back; the extent's own row goes with it.
	for (const row of offered) {
		const extent = readExtent(world, row);
		let at = extent.dpa;
		for (const entry of [...(cuts.get(row) ?? [])].sort((a, b) => a.dpa - b.dpa)) {
			if (entry.dpa > at) releaseMedia(media, extent.media + at - extent.dpa, entry.dpa - at);
			at = entry.dpa + entry.bytes;
		}
		if (at < extent.dpa + extent.bytes) releaseMedia(media, extent.media + at - extent.dpa, extent.dpa + extent.bytes - at);
		dropRow(world, device, ld, row);
	}
	for (const one of accepted) {
		let { row } = one;
		if (row < 0) {
			row = takeExtentRow(world, device, ld, {
				...one.entry,
				media: one.of.media + one.entry.dpa - one.of.dpa,
				tagId: one.of.tagId,
				sequence: one.of.sequence,
				group: group.id,
				state: ExtentState.accepted
			});
			insertByAddress(world, logical, row);
		}
		setExtentState(world, row, ExtentState.accepted);
		if (!keepsTags) {
			c.extentTag.set(row, 0);
			c.extentSequence.set(row, 0);
		}
		appendAccepted(world, device, ld, row);
	}
	if (countsGenerations) logical.generation += 1;
	const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
	countUse(world, device, ld, tagId, -count, entries.length);
	const tag = world.r.fabric.tags.find((record) => record.id === tagId);
	if (tag && !tag.sharable) tag.bytes -= group.bytes - bytes;
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-answer',
		cause: cause ?? group.causeSeq,
		host: logical.host,
		values: { device: group.device, ld, group: group.id, extents: entries.length, bytes, tag: group.tag },
		text: `${logical.host ?? `logical device ${ld}`} accepts ${bytes === group.bytes ? 'all' : formatBytesBinary(bytes)} of ${formatBytesBinary(group.bytes)} from ${group.device}`
	});
	tellManager(world, device, ld, DcEvent.addResponse, { group: group.id, tag: group.tag, extents: entries.length, bytes }, seq);
	return { ...success(`${formatBytesBinary(bytes)} accepted`), accepted: bytes };
}

/** Rows that a host still has in its tree without a right to them are forgotten: it knows now. */
export function forgetForced(world: World, device: number, ld: number, rows: readonly number[]): void {
	for (const row of rows) if (world.c.extentState.get(row) === ExtentState.forced) dropRow(world, device, ld, row);
}
