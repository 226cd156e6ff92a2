import { emit } from '../sim/trace.ts';
import type { ContentRecord, LossRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/**
 * What media hold, and the oracle beside it: who stored what last to each run, whether it has reached the medium or still
 * lies in a cache. A store that nobody can read any more leaves the oracle with a loss record: nothing is lost in silence.
 */
export interface Held {
	readonly version: number;
	readonly writer: string;
}
/** A medium that nobody wrote to holds zeroes. */
export const ZEROES: Held = { version: 0, writer: '' };
export const LINE_BYTES = 64;
const LOSSES_KEPT = 256;

const inOrder = (a: ContentRecord, b: ContentRecord): number => (a.device === b.device ? a.at - b.at : a.device < b.device ? -1 : 1);

/** The list with one range put anew (or cleared), and the pieces that lay there. Neighbours of one content are one run. */
function withRun(
	list: readonly ContentRecord[],
	device: string,
	at: number,
	bytes: number,
	put: Held | null
): { readonly list: ContentRecord[]; readonly cut: ContentRecord[] } {
	const kept: ContentRecord[] = [];
	const cut: ContentRecord[] = [];
	const end = at + bytes;
	for (const run of list) {
		const runEnd = run.at + run.bytes;
		if (run.device !== device || runEnd <= at || run.at >= end) {
			kept.push(run);
			continue;
		}
		if (run.at < at) kept.push({ ...run, bytes: at - run.at });
		if (runEnd > end) kept.push({ ...run, at: end, bytes: runEnd - end });
		const from = Math.max(run.at, at);
		cut.push({ ...run, at: from, bytes: Math.min(runEnd, end) - from });
	}
	if (put !== null) kept.push({ device, at, bytes, writer: put.writer, version: put.version });
	kept.sort(inOrder);
	const joined: ContentRecord[] = [];
	for (const run of kept) {
		const last = joined.at(-1);
		if (last && last.device === run.device && last.at + last.bytes === run.at && last.version === run.version && last.writer === run.writer)
			last.bytes += run.bytes;
		else joined.push({ ...run });
	}
	return { list: joined, cut };
}

function heldIn(list: readonly ContentRecord[], device: string, at: number): Held {
	return list.find((run) => run.device === device && run.at <= at && at < run.at + run.bytes) ?? ZEROES;
}

/** What the medium holds at an address. */
export const mediaHeld = (world: World, device: string, at: number): Held => heldIn(world.r.fabric.contents, device, at);
/** What was stored there last, by anybody, in the medium or not yet. */
export const lastStored = (world: World, device: string, at: number): Held => heldIn(world.r.fabric.stores, device, at);

/** Runs of the medium that lie in a range, zeroes left out. */
export function contentsIn(world: World, device: string, at: number, bytes: number): ContentRecord[] {
	return withRun(world.r.fabric.contents, device, at, bytes, null).cut;
}
export function storesIn(world: World, device: string, at: number, bytes: number): ContentRecord[] {
	return withRun(world.r.fabric.stores, device, at, bytes, null).cut;
}

/** The medium takes what a cache writes back. What the oracle promised there is checked by the caller (`survives`). */
export function writeMedia(world: World, device: string, at: number, bytes: number, held: Held): void {
	const { fabric } = world.r;
	fabric.contents = withRun(fabric.contents, device, at, bytes, held.version === 0 ? null : held).list;
}

/** A new store of `writer`, noted by the oracle only: the version that it got. */
export function noteStore(world: World, device: string, at: number, bytes: number, writer: string): Held {
	const { fabric } = world.r;
	const held = { version: fabric.nextVersion, writer };
	fabric.nextVersion += 1;
	fabric.stores = withRun(fabric.stores, device, at, bytes, held).list;
	return held;
}

/** A store that goes to the medium at once: an application that loads its data and flushes it (our simplification). */
export function storeThrough(world: World, device: string, at: number, bytes: number, writer: string): Held {
	const held = noteStore(world, device, at, bytes, writer);
	writeMedia(world, device, at, bytes, held);
	return held;
}

/** Contents that are copied or loaded again: the same stores, at another place. */
export function storeCopy(world: World, device: string, at: number, bytes: number, held: Held): void {
	const { fabric } = world.r;
	fabric.stores = withRun(fabric.stores, device, at, bytes, held.version === 0 ? null : held).list;
	writeMedia(world, device, at, bytes, held);
}

/** Takes promises out of the oracle and notes their loss. */
export function loseStores(world: World, lost: readonly ContentRecord[], why: LossRecord['why'], cause: number | null): void {
	const { fabric, nowNs } = world.r;
	for (const run of lost) {
		fabric.stores = withRun(fabric.stores, run.device, run.at, run.bytes, null).list;
		fabric.losses.push({ ...run, why, atNs: nowNs });
		emit(world, {
			kind: 'loss',
			rule: why === 'overwritten' ? 'clean-writeback' : why === 'given up' || why === 'sanitized' ? 'content-kept' : 'line-cache',
			cause,
			values: { device: run.device, at: run.at / LINE_BYTES, bytes: run.bytes, writer: run.writer, version: run.version, why },
			text: `${run.writer}'s store ${run.version} to ${run.device} is gone: ${why}`
		});
	}
	if (fabric.losses.length > LOSSES_KEPT) fabric.losses.splice(0, fabric.losses.length - LOSSES_KEPT);
}

/** Promises in a range that neither the medium nor a changed line keeps are lost, for this reason. */
export function survives(world: World, device: string, at: number, bytes: number, why: LossRecord['why'], cause: number | null): void {
	loseStores(world, unkept(world, storesIn(world, device, at, bytes)), why, cause);
}

/** The parts of promises that can be read nowhere. */
export function unkept(world: World, promises: readonly ContentRecord[]): ContentRecord[] {
	const { fabric } = world.r;
	const lost: ContentRecord[] = [];
	for (const promise of promises) {
		let left = [promise];
		for (const held of withRun(fabric.contents, promise.device, promise.at, promise.bytes, null).cut)
			if (held.version === promise.version) left = withRun(left, held.device, held.at, held.bytes, null).list;
		for (const line of fabric.lines)
			if (line.device === promise.device && line.value === promise.version && (line.state === 'dirty' || line.state === 'modified'))
				left = withRun(left, line.device, line.at, LINE_BYTES, null).list;
		lost.push(...left);
	}
	return lost;
}

/**
 * Media that belong to nobody any more (fabric/dcd calls it when the last host and the last reference are gone). What was
 * promised there is given up; the bytes themselves stay for the next tenant unless the region is sanitized.
 */
export function mediaFreed(world: World, device: string, at: number, bytes: number, sanitize: boolean, cause: number | null): void {
	const { fabric } = world.r;
	if (fabric.lines.length > 0)
		fabric.lines = fabric.lines.filter((line) => line.device !== device || line.at < at || line.at >= at + bytes);
	if (fabric.stores.length > 0) loseStores(world, storesIn(world, device, at, bytes), sanitize ? 'sanitized' : 'given up', cause);
	if (sanitize && fabric.contents.length > 0) fabric.contents = withRun(fabric.contents, device, at, bytes, null).list;
}
