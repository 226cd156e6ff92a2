import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceAt, regionsAt, UNIT_BYTES } from './rows.ts';

/**
 * Media behind the device addresses. Free runs are pairs (start, end) in units of 64 bytes, by address. A range gets its own
 * place where that is free, as if addresses and media were one; else the lowest run that fits. Where logical devices share
 * a pool, their addresses are more than the media (our simplification of a device's block table).
 */

/** Place of the first run whose end lies above `unit`. */
function runAfter(free: readonly number[], unit: number): number {
	let low = 0;
	let high = free.length / 2;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if ((free[middle * 2 + 1] as number) > unit) high = middle;
		else low = middle + 1;
	}
	return low * 2;
}

/** Takes a run that is free; false, and nothing is taken, when a part of it is not. */
export function takeMedia(record: DeviceRecord, at: number, bytes: number): boolean {
	const free = record.freeMedia;
	const from = at / UNIT_BYTES;
	const to = from + bytes / UNIT_BYTES;
	const place = runAfter(free, from);
	const start = free[place];
	const end = free[place + 1];
	if (start === undefined || end === undefined || start > from || end < to) return false;
	const rest = [...(start < from ? [start, from] : []), ...(to < end ? [to, end] : [])];
	free.splice(place, 2, ...rest);
	return true;
}

/** Gives a run back. */
export function releaseMedia(record: DeviceRecord, at: number, bytes: number): void {
	const free = record.freeMedia;
	let from = at / UNIT_BYTES;
	let to = from + bytes / UNIT_BYTES;
	let place = runAfter(free, from);
	let drop = 0;
	if (place > 0 && free[place - 1] === from) {
		place -= 2;
		from = free[place] as number;
		drop += 2;
	}
	if (free[place + drop] === to) {
		to = free[place + drop + 1] as number;
		drop += 2;
	}
	free.splice(place, drop, from, to);
}

/** Where a range of so many bytes may lie: its own place, or the lowest run that holds it; −1: nowhere in one piece. */
export function findMedia(record: DeviceRecord, home: number, bytes: number): number {
	const free = record.freeMedia;
	if (home >= 0) {
		const place = runAfter(free, home / UNIT_BYTES);
		const start = free[place];
		const end = free[place + 1];
		if (start !== undefined && end !== undefined && start <= home / UNIT_BYTES && end >= (home + bytes) / UNIT_BYTES) return home;
	}
	for (let place = 0; place < free.length; place += 2)
		if ((free[place + 1] as number) - (free[place] as number) >= bytes / UNIT_BYTES) return (free[place] as number) * UNIT_BYTES;
	return -1;
}

/** The largest free run, for what may be cut in pieces. */
export function largestMedia(record: DeviceRecord): { at: number; bytes: number } {
	let best = { at: 0, bytes: 0 };
	for (let place = 0; place < record.freeMedia.length; place += 2) {
		const at = record.freeMedia[place] as number;
		const bytes = ((record.freeMedia[place + 1] as number) - at) * UNIT_BYTES;
		if (bytes > best.bytes) best = { at: at * UNIT_BYTES, bytes };
	}
	return best;
}

/** Free runs in bytes. */
export function freeMedia(world: World, device: number): { at: number; bytes: number }[] {
	const { freeMedia: free } = deviceAt(world, device);
	return Array.from({ length: free.length / 2 }, (_, index) => ({
		at: (free[index * 2] as number) * UNIT_BYTES,
		bytes: ((free[index * 2 + 1] as number) - (free[index * 2] as number)) * UNIT_BYTES
	}));
}

export function freeMediaBytes(world: World, device: number): number {
	return freeMedia(world, device).reduce((sum, run) => sum + run.bytes, 0);
}

/** The place that an address has in the media when nothing else lies there; −1: the media are too small for it. */
export function homeOf(world: World, device: number, ld: number, dpa: number): number {
	const record = deviceAt(world, device);
	const regions = regionsAt(world, device, ld);
	const shared = regions.some((region) => region.sharable);
	const own = regions.reduce((sum, region) => sum + region.bytes, 0);
	let at = record.staticBytes * record.lds.length + (shared || record.gfd !== null ? 0 : own * ld);
	for (const region of regions) {
		if (dpa >= region.baseDpa && dpa < region.baseDpa + region.bytes) {
			const home = at + dpa - region.baseDpa;
			return home < record.mediaBytes ? home : -1;
		}
		at += region.bytes;
	}
	return -1;
}
