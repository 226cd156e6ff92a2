import { HEADER } from '../contract/layout.ts';
import { PIECE_BYTES } from '../state/columns.ts';
import type { Records } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * Checkpoints on a budget (decision D7): each keeps the 4 KiB pieces of the buffer that changed since the one before it,
 * and the record tree as text. Going back = the nearest checkpoint, then running again.
 */
export interface Checkpoint {
	readonly id: number;
	readonly nowNs: number;
	readonly eventCount: number;
	readonly records: string;
	readonly seriesCount: number;
	/** Pieces changed since the checkpoint before, by number. */
	readonly pieces: Map<number, Uint8Array>;
	bytes: number;
}

export interface History {
	checkpoints: Checkpoint[];
	nextId: number;
	budgetBytes: number;
	bytes: number;
}

export function newHistory(budgetBytes: number): History {
	return { checkpoints: [], nextId: 0, budgetBytes, bytes: 0 };
}

/** Captures the present. Does nothing when the newest checkpoint is of this very event. */
export function capture(world: World, history: History): void {
	const newest = history.checkpoints.at(-1);
	if (newest && newest.eventCount === world.r.eventCount && newest.nowNs === world.r.nowNs && !world.marks.includes(1)) return;
	const pieces = takeMarked(world);
	const records = JSON.stringify(world.r);
	const bytes = records.length * 2 + pieces.size * (PIECE_BYTES + 64);
	history.checkpoints.push({
		id: history.nextId,
		nowNs: world.r.nowNs,
		eventCount: world.r.eventCount,
		records,
		seriesCount: world.series.length,
		pieces,
		bytes
	});
	history.nextId += 1;
	history.bytes += bytes;
	thin(history);
}

function takeMarked(world: World): Map<number, Uint8Array> {
	const pieces = new Map<number, Uint8Array>();
	const { marks } = world;
	for (let piece = marks.indexOf(1); piece !== -1; piece = marks.indexOf(1, piece + 1)) {
		const copy = new Uint8Array(PIECE_BYTES);
		copy.set(new Uint8Array(world.buffer, piece * PIECE_BYTES, PIECE_BYTES));
		pieces.set(piece, copy);
		marks[piece] = 0;
	}
	return pieces;
}

/** Drops the checkpoint whose neighbours are closest, until the budget holds. The first and the newest stay. */
function thin(history: History): void {
	while (history.bytes > history.budgetBytes && history.checkpoints.length > 2) {
		let victim = 1;
		let smallest = Infinity;
		for (let index = 1; index < history.checkpoints.length - 1; index += 1) {
			const span =
				(history.checkpoints[index + 1] as Checkpoint).eventCount -
				(history.checkpoints[index - 1] as Checkpoint).eventCount;
			// Newer moments are visited more often: weigh age in.
			const weight = span * (history.checkpoints.length - index);
			if (weight < smallest) {
				smallest = weight;
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
	history.bytes -= gone.bytes;
	for (const [piece, bytes] of gone.pieces)
		if (!heir.pieces.has(piece)) {
			heir.pieces.set(piece, bytes);
			heir.bytes += PIECE_BYTES + 64;
			history.bytes += PIECE_BYTES + 64;
		}
	history.checkpoints.splice(index, 1);
}

/** The newest checkpoint at or before the given number of events and the given time. */
export function nearest(history: History, nowNs: number, eventCount = Infinity): Checkpoint | null {
	for (let index = history.checkpoints.length - 1; index >= 0; index -= 1) {
		const checkpoint = history.checkpoints[index] as Checkpoint;
		if (checkpoint.nowNs <= nowNs && checkpoint.eventCount <= eventCount) return checkpoint;
	}
	return null;
}

/**
 * Puts the world back to a checkpoint. Later checkpoints are dropped: a replay makes them again. Trace and series are cut
 * to their length of that moment.
 */
export function restore(world: World, history: History, checkpoint: Checkpoint): void {
	const at = history.checkpoints.indexOf(checkpoint);
	const stale = new Set<number>();
	const { marks } = world;
	for (let piece = marks.indexOf(1); piece !== -1; piece = marks.indexOf(1, piece + 1)) {
		stale.add(piece);
		marks[piece] = 0;
	}
	for (let index = at + 1; index < history.checkpoints.length; index += 1) {
		const later = history.checkpoints[index] as Checkpoint;
		for (const piece of later.pieces.keys()) stale.add(piece);
		history.bytes -= later.bytes;
	}
	history.checkpoints.length = at + 1;
	const epoch = world.header[HEADER.epoch] as number;
	for (const piece of stale) {
		const target = new Uint8Array(world.buffer, piece * PIECE_BYTES, PIECE_BYTES);
		let source: Uint8Array | undefined;
		for (let index = at; index >= 0 && source === undefined; index -= 1)
			source = (history.checkpoints[index] as Checkpoint).pieces.get(piece);
		if (source) target.set(source);
		else target.fill(0);
	}
	world.header[HEADER.epoch] = epoch;
	world.r = JSON.parse(checkpoint.records) as Records;
	world.trace.length = world.r.traceCount;
	world.series.length = checkpoint.seriesCount;
}
