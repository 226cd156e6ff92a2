import { ExtentState } from '../../contract/words.ts';
import type { DeviceRecord, RegionRecord, TagRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { findMedia, homeOf, largestMedia, releaseMedia, takeMedia } from './media.ts';
import { deviceAt, regionsAt } from './rows.ts';
import { overlapping } from './tree.ts';

/** Selection policies of 5604h (CXL 4.0 7.6.7.6.5): which device addresses and which media an offer gets. */

/** An extent that has its place: its media are taken, or already belong to its tag. */
export interface Placed {
	readonly dpa: number;
	readonly bytes: number;
	readonly media: number;
	readonly sequence: number;
}

/** Free address ranges of a region, lowest first. What a host lost by force is free. */
export function gapsOf(world: World, device: number, ld: number, region: RegionRecord): { dpa: number; bytes: number }[] {
	const gaps: { dpa: number; bytes: number }[] = [];
	let at = region.baseDpa;
	for (const row of overlapping(world, device, ld, region.baseDpa, region.bytes)) {
		if (world.c.extentState.get(row) === ExtentState.forced) continue;
		const dpa = world.c.extentDpa.get(row) * 64;
		if (dpa > at) gaps.push({ dpa: at, bytes: dpa - at });
		at = dpa + world.c.extentUnits.get(row) * 64;
	}
	const end = region.baseDpa + region.bytes;
	if (end > at) gaps.push({ dpa: at, bytes: end - at });
	return gaps;
}

/** Gives back what `placed` took. */
function undo(record: DeviceRecord, placed: readonly Placed[]): null {
	for (const one of placed) releaseMedia(record, one.media, one.bytes);
	return null;
}

/** Free: the lowest free addresses, in as many extents as it takes, at most `most`. Null: not enough. */
export function chooseFree(world: World, device: number, ld: number, region: number, bytes: number, most: number): Placed[] | null {
	const record = deviceAt(world, device);
	const { blockBytes } = regionsAt(world, device, ld)[region] as RegionRecord;
	const placed: Placed[] = [];
	let left = bytes;
	for (const gap of gapsOf(world, device, ld, regionsAt(world, device, ld)[region] as RegionRecord)) {
		let { dpa } = gap;
		let room = gap.bytes;
		while (left > 0 && room > 0) {
			let length = Math.min(left, room);
			let media = findMedia(record, homeOf(world, device, ld, dpa), length);
			if (media < 0) {
				const largest = largestMedia(record);
				length = Math.floor(largest.bytes / blockBytes) * blockBytes;
				media = largest.at;
			}
			if (length === 0 || placed.length === most) return undo(record, placed);
			takeMedia(record, media, length);
			placed.push({ dpa, bytes: length, media, sequence: placed.length });
			dpa += length;
			room -= length;
			left -= length;
		}
		if (left === 0) break;
	}
	return left === 0 ? placed : undo(record, placed);
}

/** Contiguous: one extent. */
export function chooseContiguous(world: World, device: number, ld: number, region: number, bytes: number): Placed[] | null {
	const record = deviceAt(world, device);
	const gap = gapsOf(world, device, ld, regionsAt(world, device, ld)[region] as RegionRecord).find((one) => one.bytes >= bytes);
	if (!gap) return null;
	const media = findMedia(record, homeOf(world, device, ld, gap.dpa), bytes);
	if (media < 0) return null;
	takeMedia(record, media, bytes);
	return [{ dpa: gap.dpa, bytes, media, sequence: 0 }];
}

export interface WantedExtent {
	readonly dpa: number;
	readonly bytes: number;
	readonly sequence: number;
}

/**
 * Prescriptive: these addresses. A shared tag gets one run of media in sequence order where there is one, so that another
 * host can see it in other pieces; else each extent gets a run of its own.
 */
export function choosePrescribed(
	world: World,
	device: number,
	ld: number,
	extents: readonly WantedExtent[],
	linear: boolean
): Placed[] | null {
	const record = deviceAt(world, device);
	const placed: Placed[] = [];
	if (linear && extents.length > 1) {
		const ordered = [...extents].sort((a, b) => a.sequence - b.sequence);
		const total = ordered.reduce((sum, one) => sum + one.bytes, 0);
		const first = ordered[0] as WantedExtent;
		const run = findMedia(record, homeOf(world, device, ld, first.dpa), total);
		if (run >= 0) {
			takeMedia(record, run, total);
			const places = new Map<number, number>();
			let at = run;
			for (const one of ordered) {
				places.set(one.sequence, at);
				at += one.bytes;
			}
			return extents.map((one) => ({ ...one, media: places.get(one.sequence) as number }));
		}
	}
	for (const one of extents) {
		const media = findMedia(record, homeOf(world, device, ld, one.dpa), one.bytes);
		if (media < 0) return undo(record, placed);
		takeMedia(record, media, one.bytes);
		placed.push({ ...one, media });
	}
	return placed;
}

/** Where a stretch of a tag's linear space lies in the media, or −1 when it is not one run there. */
function mediaOf(tag: TagRecord, offset: number, bytes: number): number {
	let at = 0;
	let found = -1;
	let end = -1;
	for (const run of tag.media) {
		const from = Math.max(offset, at);
		const to = Math.min(offset + bytes, at + run.bytes);
		if (from < to) {
			const media = run.at + from - at;
			if (found < 0) found = media;
			else if (media !== end) return -1;
			end = media + to - from;
		}
		at += run.bytes;
	}
	return found >= 0 && end - found === bytes ? found : -1;
}

/**
 * Enable shared access: the media of the tag at other addresses of another logical device. The device keeps the pieces in
 * which the media lie; where addresses are prescribed they decide (our simplification: the standard leaves both to the device).
 */
export function chooseShared(
	world: World,
	device: number,
	ld: number,
	region: RegionRecord,
	tag: TagRecord,
	extents: readonly WantedExtent[]
): Placed[] | null {
	const placed: Placed[] = [];
	if (extents.length > 0) {
		const starts = new Map<number, number>();
		let at = 0;
		for (const one of [...extents].sort((a, b) => a.sequence - b.sequence)) {
			starts.set(one.sequence, at);
			at += one.bytes;
		}
		if (at !== tag.bytes) return null;
		for (const one of extents) {
			const media = mediaOf(tag, starts.get(one.sequence) as number, one.bytes);
			if (media < 0) return null;
			placed.push({ ...one, media });
		}
		return placed;
	}
	const gaps = gapsOf(world, device, ld, region);
	for (const run of tag.media) {
		const gap = gaps.find((one) => one.bytes >= run.bytes);
		if (!gap) return null;
		placed.push({ dpa: gap.dpa, bytes: run.bytes, media: run.at, sequence: placed.length });
		gap.dpa += run.bytes;
		gap.bytes -= run.bytes;
	}
	return placed;
}
