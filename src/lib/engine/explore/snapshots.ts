import type { JournalEntry } from '../contract/commands.ts';
import type { TraceRecord } from '../contract/records.ts';
import { takeMarked } from '../sim/checkpoint.ts';
import { PIECE_BYTES } from '../state/columns.ts';
import type { Records } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * States of one world as a tree: each keeps what differs from the first one, piece by piece, and shares with its ancestors what
 * is the same. Unlike the checkpoints of a run (sim/checkpoint.ts) they lie beside each other, not in a line.
 */
export interface Snapshot {
	/** Pieces of the buffer that differ from the first state. */
	readonly pieces: ReadonlyMap<number, Kept>;
	readonly records: string;
	readonly journal: readonly JournalEntry[];
	/** Records of the trace since the first state. */
	readonly trace: readonly TraceRecord[];
	bytes: number;
}

interface Kept {
	readonly bytes: Uint8Array;
	uses: number;
}

const pieceOf = (world: World, piece: number): Uint8Array => new Uint8Array(world.buffer, piece * PIECE_BYTES, PIECE_BYTES);

export class Snapshots {
	readonly #world: World;
	/** The first state; a piece that is not here was all zeroes. */
	readonly #first = new Map<number, Uint8Array>();
	readonly #firstTrace: number;
	/** Where the buffer stands: at this snapshot, plus what is marked. */
	#at: Snapshot;
	/** Bytes that all snapshots take together. */
	bytes = 0;

	/** The present state of a world becomes the first one. The world must have been built just now: what was never marked is zero. */
	constructor(world: World) {
		this.#world = world;
		for (const piece of takeMarked(world)) this.#first.set(piece, pieceOf(world, piece).slice());
		this.#firstTrace = world.trace.length;
		this.bytes = this.#first.size * PIECE_BYTES;
		this.#at = { pieces: new Map(), records: JSON.stringify(world.r), journal: [...world.journal], trace: [], bytes: 0 };
	}

	/** Keeps the present. */
	keep(): Snapshot {
		const world = this.#world;
		const pieces = new Map(this.#at.pieces);
		let bytes = 0;
		for (const piece of takeMarked(world)) {
			pieces.set(piece, { bytes: pieceOf(world, piece).slice(), uses: 0 });
			bytes += PIECE_BYTES;
		}
		for (const kept of pieces.values()) kept.uses += 1;
		const records = JSON.stringify(world.r);
		const own = records.length * 2 + pieces.size * 32;
		const snapshot: Snapshot = { pieces, records, journal: [...world.journal], trace: world.trace.slice(this.#firstTrace), bytes: own };
		this.bytes += bytes + own;
		this.#at = snapshot;
		return snapshot;
	}

	/** Puts the world back to a snapshot. */
	restore(snapshot: Snapshot): void {
		const world = this.#world;
		const marked = takeMarked(world);
		for (const piece of marked) this.#put(piece, snapshot);
		if (snapshot !== this.#at) {
			const done = new Set(marked);
			for (const [piece, kept] of this.#at.pieces)
				if (!done.has(piece) && snapshot.pieces.get(piece) !== kept) {
					done.add(piece);
					this.#put(piece, snapshot);
				}
			for (const [piece, kept] of snapshot.pieces) if (!done.has(piece) && this.#at.pieces.get(piece) !== kept) this.#put(piece, snapshot);
		}
		this.#at = snapshot;
		world.r = JSON.parse(snapshot.records) as Records;
		world.journal = [...snapshot.journal];
		world.trace.length = this.#firstTrace;
		world.trace.push(...snapshot.trace);
		world.series.length = 0;
	}

	#put(piece: number, snapshot: Snapshot): void {
		const held = snapshot.pieces.get(piece)?.bytes ?? this.#first.get(piece);
		const target = pieceOf(this.#world, piece);
		if (held) target.set(held);
		else target.fill(0);
	}

	/** Lets a snapshot go. The one that the world stands at stays as long as it does. */
	drop(snapshot: Snapshot): void {
		for (const kept of snapshot.pieces.values()) {
			kept.uses -= 1;
			if (kept.uses === 0) this.bytes -= PIECE_BYTES;
		}
		this.bytes -= snapshot.bytes;
	}
}
