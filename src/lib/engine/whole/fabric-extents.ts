import { formatAddress } from '../../base/address.ts';
import { ExtentState } from '../contract/words.ts';
import { groupById, rowsOfGroup } from '../fabric/dcd/groups.ts';
import { extentsOf } from '../fabric/dcd/lists.ts';
import { freeMedia } from '../fabric/dcd/media.ts';
import { GFD_SPACE, listOf, readExtent, regionOf, regionsAt, UNIT_BYTES, type Extent } from '../fabric/dcd/rows.ts';
import { tagById } from '../fabric/dcd/tags.ts';
import { rowsByAddress } from '../fabric/dcd/tree.ts';
import type { World } from '../state/world.ts';

/** Statements about dynamic capacity: lists, trees, media and tags of every device. */

interface Place {
	readonly device: number;
	readonly ld: number;
	readonly name: string;
}

function placesOf(world: World): Place[] {
	return world.r.fabric.devices.flatMap((record, device) => [
		...record.lds.map((_, ld) => ({ device, ld, name: `${record.id} ${ld}` })),
		...(record.gfd ? [{ device, ld: GFD_SPACE, name: record.id }] : [])
	]);
}

const LIVE: ReadonlySet<number> = new Set([ExtentState.accepted, ExtentState.releasing]);
const OPEN: ReadonlySet<number> = new Set([ExtentState.offered, ExtentState.dead]);

/** Extents lie in regions, aligned, apart; lists, groups and trees hold the same ones and count them. */
export function extentLists(world: World): string | null {
	for (const { device, ld, name } of placesOf(world)) {
		const list = listOf(world, device, ld);
		const rows = rowsByAddress(world, device, ld).map((row) => readExtent(world, row));
		const wrong = rows.find((extent, index) => {
			const before = rows[index - 1];
			return extent.device !== device || extent.ld !== ld || (before && before.dpa + before.bytes > extent.dpa);
		});
		if (wrong) return `${name}: extents overlap or belong elsewhere at ${formatAddress(wrong.dpa)}`;
		const regions = regionsAt(world, device, ld);
		for (const extent of rows) {
			const region = regions[regionOf(regions, extent.dpa, extent.bytes)];
			if (!region || extent.bytes === 0 || extent.dpa % region.blockBytes !== 0 || extent.bytes % region.blockBytes !== 0)
				return `${name}: the extent at ${formatAddress(extent.dpa)} is not made of blocks of a region`;
		}
		const accepted = extentsOf(world, device, ld);
		const live = rows.filter((extent) => LIVE.has(extent.state));
		if (accepted.length !== list.extentCount || live.length !== accepted.length || accepted.some((extent) => !LIVE.has(extent.state)))
			return `${name}: ${accepted.length} extents in the list, ${live.length} in the tree, ${list.extentCount} counted`;
		if (accepted.some((extent, index) => index > 0 && extent.arrival <= (accepted[index - 1] as Extent).arrival))
			return `${name}: the list is not in order of arrival`;
		const open = rows.filter((extent) => OPEN.has(extent.state)).length;
		const pending = world.r.fabric.devices[device]?.lds[ld]?.pending ?? [];
		let grouped = 0;
		for (const id of pending) {
			const group = groupById(world, id);
			if (!group) return `${name}: group ${id} waits and is not there`;
			const own = rowsOfGroup(world, group);
			if (own.length !== group.count) return `${name}: group ${id} counts ${group.count} extents and has ${own.length}`;
			grouped += own.length;
		}
		if (open !== grouped || open !== list.offeredCount)
			return `${name}: ${open} open extents, ${grouped} in groups, ${list.offeredCount} counted`;
		const miscounted = [1, 2, 3, 4, 5].find((state) => {
			const own = rows.filter((extent) => extent.state === state);
			const units = own.reduce((sum, extent) => sum + extent.bytes / UNIT_BYTES, 0);
			return list.tally[2 * (state - 1)] !== own.length || list.tally[2 * (state - 1) + 1] !== units;
		});
		if (miscounted !== undefined) return `${name}: extents in state ${miscounted} are counted wrong`;
	}
	return null;
}

/** Every media range has one owner, or is shared under its tag; what nobody owns is free, and nothing else is. */
export function extentMedia(world: World): string | null {
	const { fabric } = world.r;
	for (const [device, record] of fabric.devices.entries()) {
		const owned: { at: number; bytes: number; by: string }[] = [];
		for (const run of freeMedia(world, device)) owned.push({ ...run, by: 'nobody' });
		for (const tag of fabric.tags) if (tag.device === record.id) for (const run of tag.media) owned.push({ ...run, by: `tag ${tag.tag}` });
		for (const place of placesOf(world).filter((each) => each.device === device))
			for (const row of rowsByAddress(world, device, place.ld)) {
				const extent = readExtent(world, row);
				if (extent.state === ExtentState.forced) continue;
				const shared = tagById(world, extent.tagId);
				if (shared?.sharable) {
					if (!liesIn(extent, shared.media)) return `${place.name}: an extent of tag ${shared.tag} lies outside its media`;
				} else owned.push({ at: extent.media, bytes: extent.bytes, by: `extent ${row}` });
			}
		owned.sort((a, b) => a.at - b.at);
		let at = record.staticBytes * record.lds.length;
		for (const run of owned) {
			if (run.at !== at)
				return `${record.id}: media from ${formatAddress(at)} to ${formatAddress(run.at)}: ${run.at < at ? 'two owners' : 'no owner'}`;
			at += run.bytes;
		}
		if (record.lds.length + (record.gfd ? 1 : 0) > 0 && owned.length > 0 && at !== Math.floor(record.mediaBytes / 64) * 64)
			return `${record.id}: media end at ${formatAddress(at)}`;
	}
	return null;
}

/** Runs of a tag may be neighbours in the media: an extent may lie on several of them. */
function liesIn(extent: Extent, media: readonly { at: number; bytes: number }[]): boolean {
	let at = extent.media;
	const end = extent.media + extent.bytes;
	for (const run of [...media].sort((a, b) => a.at - b.at)) if (run.at <= at && at < run.at + run.bytes) at = run.at + run.bytes;
	return at >= end;
}

/** A tag knows who has it; nobody's tags are over. */
export function tagsAreHeld(world: World): string | null {
	const { fabric } = world.r;
	for (const tag of fabric.tags) {
		const device = fabric.devices.findIndex((record) => record.id === tag.device);
		if (device < 0) return `tag ${tag.tag} lies on no device`;
		if (tag.uses.length === 0 && !tag.referenced) return `tag ${tag.tag} lives although nobody has it`;
		for (const place of placesOf(world).filter((each) => each.device === device)) {
			const rows = rowsByAddress(world, device, place.ld)
				.map((row) => readExtent(world, row))
				.filter((extent) => extent.tagId === tag.id);
			const use = tag.uses.find((one) => one.ld === place.ld);
			const live = rows.filter((extent) => LIVE.has(extent.state)).length;
			const open = rows.filter((extent) => OPEN.has(extent.state)).length;
			if ((use?.accepted ?? 0) !== live || (use?.offered ?? 0) !== open)
				return `tag ${tag.tag} at ${place.name}: ${live} accepted and ${open} open extents, counted ${use?.accepted ?? 0} and ${use?.offered ?? 0}`;
		}
	}
	return null;
}
