import { PAGE_BYTES } from '../../base/units.ts';
import { kmemRange } from '../cxl/dax.ts';
import { decoderAt, decoderName, memdevOf, portAt, regionName } from '../cxl/find.ts';
import { blockState, pagesPerBlock } from '../mm/blocks/sections.ts';
import type { CxlDecoderRecord, CxlRecord, CxlRegionRecord } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';

/** Statements about CXL on Linux machines. */

const overlaps = (a: { start: number; bytes: number }, b: { start: number; bytes: number }): boolean =>
	a.start < b.start + b.bytes && b.start < a.start + a.bytes;

/** The first pair of a list that fulfils something. */
function pair<T>(items: readonly T[], wrong: (a: T, b: T) => boolean): [T, T] | null {
	for (const [at, a] of items.entries()) for (const b of items.slice(at + 1)) if (wrong(a, b)) return [a, b];
	return null;
}

export function cxlWindows(world: World): string | null {
	for (const cxl of world.r.cxl) {
		const windows = cxl.windows.map(({ base, bytes }) => ({ start: base, bytes }));
		const both = pair(windows, overlaps);
		if (both !== null) return `two windows share 0x${both[1].start.toString(16)}`;
		const regions = cxl.regions.filter((region) => region.bytes > 0);
		const shared = pair(regions, overlaps);
		if (shared !== null) return `${regionName(shared[0])} and ${regionName(shared[1])} overlap`;
		for (const region of regions) {
			const root = decoderAt(cxl, region.root);
			if (region.start < root.start || region.start + region.bytes > root.start + root.bytes)
				return `${regionName(region)} leaves its window`;
		}
	}
	return null;
}

/** A committed decoder decodes its region's range; on one port committed ranges ascend and do not overlap. */
export function cxlDecoders(world: World): string | null {
	for (const cxl of world.r.cxl) {
		for (const decoder of cxl.decoders.filter((each) => each.enabled)) {
			const region = cxl.regions.find((each) => each.id === decoder.region);
			if (region === undefined) return `${decoderName(cxl, decoder)} is committed for no region`;
			if (decoder.start !== region.start || decoder.bytes !== region.bytes)
				return `${decoderName(cxl, decoder)} decodes another range than ${regionName(region)}`;
			if (decoder.id > portAt(cxl, decoder.port).commitEnd) return `${decoderName(cxl, decoder)} is committed behind the end`;
		}
		const unordered = pair(
			cxl.decoders.filter((each) => each.enabled),
			(a, b) => a.port === b.port && a.start + a.bytes > b.start
		);
		if (unordered !== null) return `${decoderName(cxl, unordered[1])} lies below the decoder before it`;
	}
	return null;
}

/** Device memory belongs to one decoder; each takes from one partition of its device. */
export function cxlDeviceMemory(world: World): string | null {
	for (const cxl of world.r.cxl) {
		const taken = cxl.decoders.filter((decoder) => decoder.dpaBytes > 0);
		const shared = pair(taken, (a, b) => a.port === b.port && overlaps(dpaOf(a), dpaOf(b)));
		if (shared !== null) return `${decoderName(cxl, shared[0])} and ${decoderName(cxl, shared[1])} share device memory`;
		for (const decoder of taken) {
			const { ramBytes, pmemBytes } = memdevOf(cxl, decoder);
			const [from, to] = decoder.mode === 'pmem' ? [ramBytes, ramBytes + pmemBytes] : [0, ramBytes];
			if (decoder.dpaStart < from || decoder.dpaStart + decoder.dpaBytes > to)
				return `${decoderName(cxl, decoder)} takes what is not ${decoder.mode}`;
		}
	}
	return null;
}
const dpaOf = (decoder: CxlDecoderRecord): { start: number; bytes: number } => ({ start: decoder.dpaStart, bytes: decoder.dpaBytes });

/** A committed region has every position once, and its size is what its devices give. */
export function cxlRegions(world: World): string | null {
	for (const cxl of world.r.cxl)
		for (const region of cxl.regions) {
			const wrong = region.state === 'commit' || region.state === 'active' ? wrongRegion(cxl, region) : null;
			if (wrong !== null) return `${regionName(region)} ${wrong}`;
			if (region.enabled && region.state !== 'commit') return `${regionName(region)} has a driver and no decoders`;
		}
	return null;
}

function wrongRegion(cxl: CxlRecord, region: CxlRegionRecord): string | null {
	if (region.targets.length !== region.ways || region.targets.some((index) => index < 0)) return 'has an empty position';
	if (new Set(region.targets.map((index) => decoderAt(cxl, index).port)).size !== region.ways) return 'has a device twice';
	for (const [position, index] of region.targets.entries()) {
		const decoder = decoderAt(cxl, index);
		if (decoder.position !== position || decoder.region !== region.id) return `does not agree with ${decoderName(cxl, decoder)}`;
		if (decoder.dpaBytes * region.ways !== region.bytes) return `is not ${region.ways} times ${decoderName(cxl, decoder)}`;
	}
	return null;
}

/** Memory blocks in a window belong to a device that kmem has, or were lost to one that left. */
export function daxBlocks(world: World): string | null {
	for (const cxl of world.r.cxl) {
		const unit = pagesPerBlock(world, cxl.os) * PAGE_BYTES;
		const owned = cxl.daxes.filter((dax) => dax.driver === 'kmem').map((dax) => kmemRange(world, cxl.os, dax));
		const shared = pair(
			cxl.daxes.filter((dax) => dax.bytes > 0),
			overlaps
		);
		if (shared !== null) return 'two dax devices overlap';
		for (const window of cxl.windows)
			for (let at = window.base; at < window.base + window.bytes; at += unit) {
				if (blockState(world, cxl.os, at / unit) === null) continue;
				const holders = [...owned, ...cxl.leaks].filter((range) => at >= range.start && at + unit <= range.start + range.bytes);
				if (holders.length !== 1) return `memory${at / unit} belongs to ${holders.length} devices`;
			}
	}
	return null;
}
