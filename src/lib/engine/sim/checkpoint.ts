import { HEADER } from '../contract/layout.ts';
import type { TraceRecord } from '../contract/records.ts';
import type { Records } from '../state/records.ts';
import type { SeriesRow, World } from '../state/world.ts';
import { forgetNewest, keep, newPieces, pass, putBack, usedBytes, type Pieces } from './pieces.ts';

/**
 * Checkpoints on a budget (decision D7): each keeps the 4 KiB pieces of the buffer that changed since the one before it,
 * and the record tree as text. Going to a moment = the nearest checkpoint, then running again. Going back keeps the later
 * checkpoints: the same journal leads to the same states, so the way forward is as short as the way back. Only another
 * journal makes them wrong (`forgetLater`).
 */
export interface Checkpoint {
	readonly id: number;
	readonly nowNs: number;
	readonly eventCount: number;
	/** What the run had cost up to here, estimated by `workNs`. */
	readonly workNs: number;
	readonly records: string;
	readonly seriesCount: number;
	/** Pieces changed since the checkpoint before. */
	pieces: number[];
}

export interface History {
	checkpoints: Checkpoint[];
	nextId: number;
	readonly budgetBytes: number;
	/** Bytes that the checkpoints take. */
	bytes: number;
	readonly pieces: Pieces;
	recordBytes: number;
	/** What the newest checkpoint cost, estimated; the next one will cost about as much. */
	captureNs: number;
	/** Where the world stands: it is the checkpoint with this index plus what is marked. */
	base: number;
	/** The course beyond the present, as far as it is known: derived, shared with the world's own lists. */
	laterTrace: TraceRecord[];
	laterSeries: SeriesRow[];
}

export function newHistory(budgetBytes: number): History {
	return {
		checkpoints: [],
		nextId: 0,
		budgetBytes,
		bytes: 0,
		pieces: newPieces(),
		recordBytes: 0,
		captureNs: 0,
		base: -1,
		laterTrace: [],
		laterSeries: []
	};
}

/**
 * What the run up to now has cost, in nanoseconds of a common machine: an estimate from counters of the state, the same in
 * every run. Only the spacing of checkpoints depends on it.
 */
export function workNs(world: World): number {
	const { r } = world;
	let work = r.eventCount * 4000;
	for (const vm of r.vms) work += vm.writtenPages * 300;
	for (const operation of r.operations) work += operation.networkBytes * 0.005 + operation.cxlBytes * 0.001;
	return work;
}

/** Captures the present. Does nothing when a checkpoint is of this very event. */
export function capture(world: World, history: History): void {
	const { r } = world;
	const newest = history.checkpoints.at(-1);
	if (newest && newest.eventCount === r.eventCount && newest.nowNs === r.nowNs && !world.marks.includes(1)) return;
	forgetLater(history);
	const pieces = takeMarked(world);
	const records = JSON.stringify(r);
	keep(world, history.pieces, pieces, history.nextId);
	history.checkpoints.push({
		id: history.nextId,
		nowNs: r.nowNs,
		eventCount: r.eventCount,
		workNs: workNs(world),
		records,
		seriesCount: world.series.length,
		pieces
	});
	history.base = history.checkpoints.length - 1;
	history.nextId += 1;
	history.recordBytes += records.length * 2;
	// By the same measure: the look at all marks, the text, the pieces.
	history.captureNs = world.marks.length * 0.15 + records.length * 8 + pieces.length * 1000;
	account(history);
	thin(history);
}

function account(history: History): void {
	history.bytes = history.recordBytes + usedBytes(history.pieces);
}

/** Numbers of the marked pieces; the marks are gone afterwards. */
export function takeMarked(world: World): number[] {
	const numbers: number[] = [];
	const { marks } = world;
	// Most pieces are never touched: eight of them are looked at in one go.
	const groups = new Float64Array(marks.buffer, marks.byteOffset, marks.length >>> 3);
	const look = (from: number, to: number): void => {
		for (let piece = from; piece < to; piece += 1) if (marks[piece] === 1) numbers.push(piece);
	};
	for (let group = 0; group < groups.length; group += 1) if (groups[group] !== 0) look(group * 8, group * 8 + 8);
	look(groups.length * 8, marks.length);
	for (const piece of numbers) marks[piece] = 0;
	return numbers;
}

/** Drops the checkpoint whose neighbours are closest, until the budget holds. The first and the newest stay. */
function thin(history: History): void {
	const { checkpoints } = history;
	while (history.bytes > history.budgetBytes && checkpoints.length > 2) {
		let victim = 1;
		let smallest = Infinity;
		for (let index = 1; index < checkpoints.length - 1; index += 1) {
			const span = (checkpoints[index + 1] as Checkpoint).workNs - (checkpoints[index - 1] as Checkpoint).workNs;
			if (span < smallest) {
				smallest = span;
				victim = index;
			}
		}
		drop(history, victim);
	}
}

/** Takes one checkpoint out; what only it knew passes to the next. */
function drop(history: History, index: number): void {
	const gone = history.checkpoints[index] as Checkpoint;
	const heir = history.checkpoints[index + 1] as Checkpoint;
	heir.pieces = heir.pieces.concat(pass(history.pieces, gone.pieces, gone.id, heir.id));
	history.recordBytes -= gone.records.length * 2;
	history.checkpoints.splice(index, 1);
	if (index < history.base) history.base -= 1;
	account(history);
}

/** Another journal from here on: what was known beyond the present holds no more. */
export function forgetLater(history: History): void {
	while (history.checkpoints.length > history.base + 1) {
		const gone = history.checkpoints.pop() as Checkpoint;
		forgetNewest(history.pieces, gone.pieces, gone.id);
		history.recordBytes -= gone.records.length * 2;
	}
	history.laterTrace = [];
	history.laterSeries = [];
	account(history);
}

/** The newest checkpoint at or before the given number of events and the given time. */
export function nearest(history: History, nowNs: number, eventCount = Infinity): Checkpoint | null {
	for (let index = history.checkpoints.length - 1; index >= 0; index -= 1) {
		const checkpoint = history.checkpoints[index] as Checkpoint;
		if (checkpoint.nowNs <= nowNs && checkpoint.eventCount <= eventCount) return checkpoint;
	}
	return null;
}

/** The checkpoint that comes next when the world runs on, if one is known. */
export function upcoming(history: History): Checkpoint | null {
	return history.checkpoints[history.base + 1] ?? null;
}

/**
 * Looks whether the world has run on to a known checkpoint. It is that state then, and nothing is marked against it; a world
 * that has run past it keeps its marks, which say too much, never too little.
 */
export function arrive(world: World, history: History): void {
	const { r } = world;
	for (let next = upcoming(history); next; next = upcoming(history)) {
		if (next.eventCount > r.eventCount || next.nowNs > r.nowNs) return;
		if (next.eventCount === r.eventCount) world.marks.fill(0);
		history.base += 1;
	}
}

/** Puts the world to a checkpoint, earlier or later. Trace and series get their length of that moment. */
export function restore(world: World, history: History, checkpoint: Checkpoint): void {
	const at = history.checkpoints.indexOf(checkpoint);
	const stale = new Set(takeMarked(world));
	for (let index = Math.min(at, history.base) + 1; index <= Math.max(at, history.base); index += 1)
		for (const piece of (history.checkpoints[index] as Checkpoint).pieces) stale.add(piece);
	const epoch = world.header[HEADER.epoch] as number;
	putBack(world, history.pieces, stale, checkpoint.id);
	world.header[HEADER.epoch] = epoch;
	history.base = at;
	world.r = JSON.parse(checkpoint.records) as Records;
	history.laterTrace = setLength(world.trace, history.laterTrace, world.r.traceCount);
	history.laterSeries = setLength(world.series, history.laterSeries, checkpoint.seriesCount);
}

/** Cuts a list to a length or lengthens it by what is known to follow. Returns the longest course known. */
function setLength<T>(list: T[], known: T[], length: number): T[] {
	const course = list.length > known.length ? list.slice() : known;
	if (length < list.length) list.length = length;
	else for (let at = list.length; at < length; at += 1) list.push(course[at] as T);
	return course;
}
