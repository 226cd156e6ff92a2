import { formatAddress } from '../../../base/address.ts';
import { formatBytesBinary } from '../../../base/format.ts';
import { emit } from '../../sim/trace.ts';
import type { World } from '../../state/world.ts';
import { mediaFreed } from '../content.ts';
import { isShared } from './answer.ts';
import { covers, malformed, type Entry } from './entries.ts';
import { dropRow } from './groups.ts';
import { isAccessible } from './lists.ts';
import { DcEvent } from './log.ts';
import { tellManager } from './manager.ts';
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
	SANITIZE_FLAG,
	takeExtentRow,
	unlinkAccepted,
	type Extent
} from './rows.ts';
import { countUse, endUnusedTag, extentsOfTag, tagById, tagText } from './tags.ts';
import { insertByAddress, overlapping } from './tree.ts';

/** 4803h Release Dynamic Capacity (CXL 4.0 8.2.10.9.9.4): at any time, any part of what is not shared, a whole tag of what is. */
export function giveBack(world: World, device: number, ld: number, entries: readonly Entry[], cause: number | null): DcdAnswer {
	if (entries.length === 0) return failed('invalidInput', 'a release names at least one range');
	const problem = malformed(world, device, ld, entries) ?? releaseProblem(world, device, ld, entries);
	if (problem) return problem;
	const { host } = ldAt(world, device, ld);
	const { id } = deviceAt(world, device);
	const tags = new Set<number>();
	for (const { dpa, bytes } of entries) for (const row of overlapping(world, device, ld, dpa, bytes)) tags.add(world.c.extentTag.get(row));
	const names = [...tags].map((tagId) => tagText(world, tagId)).filter((name) => name !== '');
	const bytes = entries.reduce((sum, one) => sum + one.bytes, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: 'dcd-give-back',
		cause,
		host,
		values: { device: id, ld, extents: entries.length, bytes, tag: names[0] ?? '' },
		text: `${host ?? `logical device ${ld}`} gives ${formatBytesBinary(bytes)} back to ${id}`
	});
	for (const { dpa, bytes: length } of entries) cutOut(world, device, ld, dpa, length, seq);
	if (rulesOf(world, device).countsGenerations) listOf(world, device, ld).generation += 1;
	tellManager(world, device, ld, DcEvent.released, { group: 0, tag: names[0] ?? '', extents: entries.length, bytes }, seq);
	return success(`${formatBytesBinary(bytes)} given back`);
}

function accessible(world: World, device: number, ld: number, { dpa, bytes }: Entry): Extent[] {
	return overlapping(world, device, ld, dpa, bytes)
		.filter((row) => isAccessible(world, row))
		.map((row) => readExtent(world, row));
}

function releaseProblem(world: World, device: number, ld: number, entries: readonly Entry[]): DcdAnswer | null {
	const list = listOf(world, device, ld);
	const shared = new Map<number, number>();
	let change = 0;
	let rows = 0;
	for (const entry of entries) {
		const extents = accessible(world, device, ld, entry);
		if (!covers(extents, entry.dpa, entry.bytes))
			return failed('invalidPhysicalAddress', `${formatAddress(entry.dpa)} + ${formatAddress(entry.bytes)} is not all in the list`);
		for (const extent of extents) {
			const before = Math.max(0, entry.dpa - extent.dpa);
			const after = Math.max(0, extent.dpa + extent.bytes - entry.dpa - entry.bytes);
			change += (before > 0 ? 1 : 0) + (after > 0 ? 1 : 0) - 1;
			rows += (before > 0 ? 1 : 0) + (after > 0 ? 1 : 0);
			if (isShared(world, device, ld, extent)) shared.set(extent.tagId, (shared.get(extent.tagId) ?? 0) + extent.bytes - before - after);
			if (change + list.extentCount + list.offeredCount > deviceAt(world, device).limits.extents)
				return failed('resourcesExhausted', 'splitting would exceed the extents that the device can track');
		}
	}
	for (const [tagId, bytes] of shared)
		if (bytes !== extentsOfTag(world, device, ld, tagId).reduce((sum, extent) => sum + extent.bytes, 0))
			return failed('invalidExtentList', 'shared capacity is given back as a whole tag');
	return rows > rowsLeft(world) ? failed('resourcesExhausted', 'the world has no room for more extents') : null;
}

/**
 * Takes a range out of what a host has: whole extents go, of others the rest stays as extents at the end of the list (QEMU
 * 10.2.2 cxl_dc_extent_release_dry_run; the standard leaves the order open). Media are free again unless they are shared.
 */
export function cutOut(world: World, device: number, ld: number, dpa: number, bytes: number, cause: number | null): void {
	const { keepsTags } = rulesOf(world, device);
	for (const extent of accessible(world, device, ld, { dpa, bytes })) {
		const from = Math.max(dpa, extent.dpa);
		const to = Math.min(dpa + bytes, extent.dpa + extent.bytes);
		const sanitize = (world.c.extentFlags.get(extent.row) & SANITIZE_FLAG) !== 0;
		const shared = isShared(world, device, ld, extent);
		unlinkAccepted(world, device, ld, extent.row);
		dropRow(world, device, ld, extent.row);
		let pieces = 0;
		for (const [start, end] of [
			[extent.dpa, from],
			[to, extent.dpa + extent.bytes]
		] as const) {
			if (start >= end) continue;
			pieces += 1;
			const row = takeExtentRow(world, device, ld, {
				dpa: start,
				bytes: end - start,
				media: extent.media + start - extent.dpa,
				tagId: keepsTags ? extent.tagId : 0,
				sequence: keepsTags ? extent.sequence : 0,
				group: extent.group,
				state: extent.state
			});
			world.c.extentFlags.set(row, sanitize ? SANITIZE_FLAG : 0);
			insertByAddress(world, listOf(world, device, ld), row);
			appendAccepted(world, device, ld, row);
		}
		if (!shared) freePrivate(world, device, ld, extent, from, to, sanitize, cause);
		countUse(world, device, ld, extent.tagId, 0, pieces - 1);
		const tag = extent.tagId === 0 ? null : tagById(world, extent.tagId);
		if (tag && !tag.sharable) tag.bytes -= to - from;
		if (tag && shared && sanitize) tag.sanitize = true;
		endUnusedTag(world, device, extent.tagId, cause);
	}
}

function freePrivate(
	world: World,
	device: number,
	ld: number,
	extent: Extent,
	from: number,
	to: number,
	asked: boolean,
	cause: number | null
): void {
	const record = deviceAt(world, device);
	const { regions } = ldAt(world, device, ld);
	const media = extent.media + from - extent.dpa;
	const sanitize = asked || (regions[regionOf(regions, extent.dpa, extent.bytes)]?.sanitize ?? false);
	mediaFreed(world, record.id, media, to - from, sanitize, cause);
	releaseMedia(record, media, to - from);
}
