import { ExtentState } from '../../contract/words.ts';
import type { DeviceRecord, ExtentListRecord, LogicalDeviceRecord, RegionRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';

/**
 * Rows of the extent columns (decision D1): addresses and lengths in units of 64 bytes, the smallest block of the standard
 * (CXL 4.0 8.2.10.9.9.1). Rows that came back are chained through `extentNext`.
 */
export const UNIT_BYTES = 64;
/** Place that stands for the one space of a G-FAM device, beside the at most 63 logical devices (fabric/build.ts). */
export const GFD_SPACE = 63;
const PLACES = 64;

export const SANITIZE_FLAG = 1;

export interface Extent {
	readonly row: number;
	readonly state: number;
	readonly dpa: number;
	readonly bytes: number;
	readonly media: number;
	readonly tagId: number;
	readonly sequence: number;
	readonly arrival: number;
	readonly group: number;
	readonly device: number;
	readonly ld: number;
}

export interface NewExtent {
	readonly dpa: number;
	readonly bytes: number;
	readonly media: number;
	readonly tagId: number;
	readonly sequence: number;
	readonly group: number;
	readonly state: number;
}

/** Rows that may still be taken. */
export const rowsLeft = (world: World): number => world.capacities.extent - world.r.fabric.freshExtents + world.r.fabric.freeExtents;

/** A row outside every list; the caller has asked `rowsLeft`. */
export function takeExtentRow(world: World, device: number, ld: number, extent: NewExtent): number {
	const { fabric } = world.r;
	let row: number;
	if (fabric.freeExtent !== 0) {
		row = fabric.freeExtent - 1;
		fabric.freeExtent = world.c.extentNext.get(row);
		fabric.freeExtents -= 1;
	} else {
		row = fabric.freshExtents;
		fabric.freshExtents += 1;
	}
	const { c } = world;
	c.extentState.set(row, extent.state);
	c.extentDpa.set(row, extent.dpa / UNIT_BYTES);
	c.extentUnits.set(row, extent.bytes / UNIT_BYTES);
	c.extentMedia.set(row, extent.media / UNIT_BYTES);
	c.extentTag.set(row, extent.tagId);
	c.extentSequence.set(row, extent.sequence);
	c.extentArrival.set(row, 0);
	c.extentGroup.set(row, extent.group);
	c.extentLd.set(row, device * PLACES + ld);
	c.extentNext.set(row, 0);
	c.extentPrev.set(row, 0);
	c.extentLeft.set(row, 0);
	c.extentRight.set(row, 0);
	c.extentFlags.set(row, 0);
	count(world, row, 1);
	return row;
}

/** Extents and units of a list by state, as they come and go: nobody has to walk it to know. */
function count(world: World, row: number, by: 1 | -1): void {
	const { c } = world;
	const state = c.extentState.get(row);
	if (state === ExtentState.none) return;
	const place = c.extentLd.get(row);
	const { tally } = listOf(world, Math.floor(place / PLACES), place % PLACES);
	const at = 2 * (state - 1);
	tally[at] = (tally[at] as number) + by;
	tally[at + 1] = (tally[at + 1] as number) + by * c.extentUnits.get(row);
}

export function setExtentState(world: World, row: number, state: number): void {
	count(world, row, -1);
	world.c.extentState.set(row, state);
	count(world, row, 1);
}

/** The row must be in no list and no tree any more. */
export function releaseExtentRow(world: World, row: number): void {
	const { c } = world;
	count(world, row, -1);
	c.extentState.set(row, ExtentState.none);
	c.extentDpa.set(row, 0);
	c.extentUnits.set(row, 0);
	c.extentMedia.set(row, 0);
	c.extentTag.set(row, 0);
	c.extentSequence.set(row, 0);
	c.extentArrival.set(row, 0);
	c.extentGroup.set(row, 0);
	c.extentLd.set(row, 0);
	c.extentPrev.set(row, 0);
	c.extentFlags.set(row, 0);
	c.extentNext.set(row, world.r.fabric.freeExtent);
	world.r.fabric.freeExtent = row + 1;
	world.r.fabric.freeExtents += 1;
}

export function readExtent(world: World, row: number): Extent {
	const { c } = world;
	const place = c.extentLd.get(row);
	return {
		row,
		state: c.extentState.get(row),
		dpa: c.extentDpa.get(row) * UNIT_BYTES,
		bytes: c.extentUnits.get(row) * UNIT_BYTES,
		media: c.extentMedia.get(row) * UNIT_BYTES,
		tagId: c.extentTag.get(row),
		sequence: c.extentSequence.get(row),
		arrival: c.extentArrival.get(row),
		group: c.extentGroup.get(row),
		device: Math.floor(place / PLACES),
		ld: place % PLACES
	};
}

export function deviceAt(world: World, device: number): DeviceRecord {
	const record = world.r.fabric.devices[device];
	if (!record) throw new RangeError(`there is no device ${device}`);
	return record;
}

export function ldAt(world: World, device: number, ld: number): LogicalDeviceRecord {
	const record = deviceAt(world, device).lds[ld];
	if (!record) throw new RangeError(`${deviceAt(world, device).id} has no logical device ${ld}`);
	return record;
}

/** List and tree of a logical device, or of a G-FAM device's one space. */
export function listOf(world: World, device: number, ld: number): ExtentListRecord {
	const { gfd } = deviceAt(world, device);
	return ld === GFD_SPACE && gfd ? gfd.list : ldAt(world, device, ld);
}

export function regionsAt(world: World, device: number, ld: number): readonly RegionRecord[] {
	const { gfd } = deviceAt(world, device);
	return ld === GFD_SPACE && gfd ? gfd.partitions : ldAt(world, device, ld).regions;
}

/** Index of the region that holds all of the range, or −1: an extent never crosses regions (CXL 4.0 9.13.3). */
export function regionOf(regions: readonly RegionRecord[], dpa: number, bytes: number): number {
	for (let index = regions.length - 1; index >= 0; index -= 1) {
		const { baseDpa, bytes: length } = regions[index] as RegionRecord;
		if (dpa >= baseDpa) return dpa + bytes > baseDpa + length ? -1 : index;
	}
	return -1;
}

/** Appends to the list in order of arrival. */
export function appendAccepted(world: World, device: number, ld: number, row: number): void {
	const { c } = world;
	const list = listOf(world, device, ld);
	c.extentNext.set(row, 0);
	c.extentPrev.set(row, list.lastExtent);
	if (list.lastExtent === 0) list.firstExtent = row + 1;
	else c.extentNext.set(list.lastExtent - 1, row + 1);
	list.lastExtent = row + 1;
	list.extentCount += 1;
	c.extentArrival.set(row, list.nextArrival);
	list.nextArrival += 1;
}

export function unlinkAccepted(world: World, device: number, ld: number, row: number): void {
	const { c } = world;
	const list = listOf(world, device, ld);
	const next = c.extentNext.get(row);
	const previous = c.extentPrev.get(row);
	if (previous === 0) list.firstExtent = next;
	else c.extentNext.set(previous - 1, next);
	if (next === 0) list.lastExtent = previous;
	else c.extentPrev.set(next - 1, previous);
	c.extentNext.set(row, 0);
	c.extentPrev.set(row, 0);
	list.extentCount -= 1;
}
