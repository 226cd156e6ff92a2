import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { deviceAt, regionsAt, UNIT_BYTES } from './rows.ts';

/**
 * Media behind the device addresses. Free runs are pairs (start, end) in units of 64 bytes, by address, in chunks so that a
 * change moves little however torn the media are. A range gets its own place where that is free, as if addresses and media
 * were one; else the lowest run that fits. Where logical devices share a pool, their addresses are more than the media (our
 * simplification of a device's block table).
 */
const CHUNK = 256;

interface Spot {
	/** Chunk and place of a run's start; beyond the last chunk when there is none. */
	readonly chunk: number;
	readonly place: number;
}

/** The first run whose end lies above `unit`. */
function runAfter(free: readonly (readonly number[])[], unit: number): Spot {
	let low = 0;
	let high = free.length;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const chunk = free[middle] as readonly number[];
		if ((chunk[chunk.length - 1] as number) > unit) high = middle;
		else low = middle + 1;
	}
	const chunk = free[low];
	if (!chunk) return { chunk: low, place: 0 };
	let from = 0;
	let to = chunk.length / 2;
	while (from < to) {
		const middle = Math.floor((from + to) / 2);
		if ((chunk[middle * 2 + 1] as number) > unit) to = middle;
		else from = middle + 1;
	}
	return { chunk: low, place: from * 2 };
}

/** Replaces `count` numbers of a chunk; a chunk that grows too long is cut in two, an empty one goes. */
function change(free: number[][], { chunk, place }: Spot, count: number, put: readonly number[]): void {
	const own = free[chunk];
	if (!own) {
		if (put.length > 0) free.push([...put]);
		return;
	}
	own.splice(place, count, ...put);
	if (own.length === 0) free.splice(chunk, 1);
	else if (own.length > CHUNK) free.splice(chunk + 1, 0, own.splice(CHUNK / 2));
}

/** Takes a run that is free; false, and nothing is taken, when a part of it is not. */
export function takeMedia(record: DeviceRecord, at: number, bytes: number): boolean {
	const free = record.freeMedia;
	const from = at / UNIT_BYTES;
	const to = from + bytes / UNIT_BYTES;
	const spot = runAfter(free, from);
	const start = free[spot.chunk]?.[spot.place];
	const end = free[spot.chunk]?.[spot.place + 1];
	if (start === undefined || end === undefined || start > from || end < to) return false;
	const rest: number[] = [];
	if (start < from) rest.push(start, from);
	if (to < end) rest.push(to, end);
	change(free, spot, 2, rest);
	return true;
}

/** Gives a run back; neighbours become one. */
export function releaseMedia(record: DeviceRecord, at: number, bytes: number): void {
	const free = record.freeMedia;
	let from = at / UNIT_BYTES;
	let to = from + bytes / UNIT_BYTES;
	const after = runAfter(free, from);
	if (free[after.chunk]?.[after.place] === to) {
		to = free[after.chunk]?.[after.place + 1] as number;
		change(free, after, 2, []);
	}
	const before = from === 0 ? null : runAfter(free, from - 1);
	if (before && free[before.chunk]?.[before.place + 1] === from) {
		from = free[before.chunk]?.[before.place] as number;
		change(free, before, 2, [from, to]);
	} else change(free, runAfter(free, from), 0, [from, to]);
}

/** Where a range of so many bytes may lie: its own place, or the lowest run that holds it; −1: nowhere in one piece. */
export function findMedia(record: DeviceRecord, home: number, bytes: number): number {
	const free = record.freeMedia;
	const units = bytes / UNIT_BYTES;
	if (home >= 0) {
		const spot = runAfter(free, home / UNIT_BYTES);
		const start = free[spot.chunk]?.[spot.place];
		const end = free[spot.chunk]?.[spot.place + 1];
		if (start !== undefined && end !== undefined && start <= home / UNIT_BYTES && end >= home / UNIT_BYTES + units) return home;
	}
	for (const chunk of free)
		for (let place = 0; place < chunk.length; place += 2)
			if ((chunk[place + 1] as number) - (chunk[place] as number) >= units) return (chunk[place] as number) * UNIT_BYTES;
	return -1;
}

/** The largest free run, for what may be cut in pieces. */
export function largestMedia(record: DeviceRecord): { at: number; bytes: number } {
	let best = { at: 0, bytes: 0 };
	for (const run of runsOf(record)) if (run.bytes > best.bytes) best = run;
	return best;
}

const runsOf = (record: DeviceRecord): { at: number; bytes: number }[] =>
	record.freeMedia.flatMap((chunk) =>
		Array.from({ length: chunk.length / 2 }, (_, index) => ({
			at: (chunk[index * 2] as number) * UNIT_BYTES,
			bytes: ((chunk[index * 2 + 1] as number) - (chunk[index * 2] as number)) * UNIT_BYTES
		}))
	);

/** Free runs in bytes. */
export const freeMedia = (world: World, device: number): { at: number; bytes: number }[] => runsOf(deviceAt(world, device));

export function freeMediaBytes(world: World, device: number): number {
	let units = 0;
	for (const chunk of deviceAt(world, device).freeMedia)
		for (let place = 0; place < chunk.length; place += 2) units += (chunk[place + 1] as number) - (chunk[place] as number);
	return units * UNIT_BYTES;
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
