import { PIECE_BYTES } from '../state/columns.ts';
import type { World } from '../state/world.ts';

/**
 * Contents that pieces of the buffer had at checkpoints. Slots of one piece each in slabs that are used again: a copy is one
 * `set`, and nothing is left to the garbage collector.
 */

const SLAB_PIECES = 256;

/** What a piece held from checkpoint `id` on, until the next version of it. */
interface Version {
	id: number;
	readonly slot: number;
}

export interface Pieces {
	slabs: Uint8Array[];
	free: number[];
	used: number;
	/** Per piece its versions, ids rising. A piece without a version before an id was all zeroes then. */
	versions: Map<number, Version[]>;
}

export function newPieces(): Pieces {
	return { slabs: [], free: [], used: 0, versions: new Map() };
}

export const usedBytes = (pieces: Pieces): number => pieces.used * PIECE_BYTES;

function takeSlot(pieces: Pieces): number {
	if (pieces.free.length === 0) {
		const first = pieces.slabs.length * SLAB_PIECES;
		pieces.slabs.push(new Uint8Array(SLAB_PIECES * PIECE_BYTES));
		for (let slot = first + SLAB_PIECES - 1; slot >= first; slot -= 1) pieces.free.push(slot);
	}
	pieces.used += 1;
	return pieces.free.pop() as number;
}

function releaseSlot(pieces: Pieces, slot: number): void {
	pieces.free.push(slot);
	pieces.used -= 1;
}

function slotBytes(pieces: Pieces, slot: number): Uint8Array {
	const slab = pieces.slabs[Math.floor(slot / SLAB_PIECES)] as Uint8Array;
	const from = (slot % SLAB_PIECES) * PIECE_BYTES;
	return slab.subarray(from, from + PIECE_BYTES);
}

/** A piece of the buffer. A view of the whole may not be had: it would end at 4 GiB in some engines, the buffer of 1 TiB does not. */
const pieceOf = (world: World, number: number): Uint8Array => new Uint8Array(world.buffer, number * PIECE_BYTES, PIECE_BYTES);

/** Keeps what the pieces hold now as their version of checkpoint `id`, which is newer than all others. */
export function keep(world: World, pieces: Pieces, numbers: readonly number[], id: number): void {
	for (const number of numbers) {
		const slot = takeSlot(pieces);
		slotBytes(pieces, slot).set(pieceOf(world, number));
		const versions = pieces.versions.get(number);
		if (versions) versions.push({ id, slot });
		else pieces.versions.set(number, [{ id, slot }]);
	}
}

/** Writes into the buffer what the pieces held at checkpoint `id`. */
export function putBack(world: World, pieces: Pieces, numbers: Iterable<number>, id: number): void {
	for (const number of numbers) {
		const versions = pieces.versions.get(number) ?? [];
		let at = versions.length - 1;
		while (at >= 0 && (versions[at] as Version).id > id) at -= 1;
		const piece = pieceOf(world, number);
		if (at >= 0) piece.set(slotBytes(pieces, (versions[at] as Version).slot));
		else piece.fill(0);
	}
}

/** Checkpoint `id` goes; what only it knew passes to `heir`, the one after it. Returns the pieces that passed. */
export function pass(pieces: Pieces, numbers: readonly number[], id: number, heir: number): number[] {
	const passed: number[] = [];
	for (const number of numbers) {
		const versions = pieces.versions.get(number) as Version[];
		const at = versions.findIndex((version) => version.id === id);
		if (versions[at + 1]?.id === heir) {
			releaseSlot(pieces, (versions[at] as Version).slot);
			versions.splice(at, 1);
		} else {
			(versions[at] as Version).id = heir;
			passed.push(number);
		}
	}
	return passed;
}

/** Forgets the versions of checkpoint `id`, which is the newest. */
export function forgetNewest(pieces: Pieces, numbers: readonly number[], id: number): void {
	for (const number of numbers) {
		const versions = pieces.versions.get(number) as Version[];
		if (versions.at(-1)?.id !== id) continue;
		releaseSlot(pieces, (versions.pop() as Version).slot);
		if (versions.length === 0) pieces.versions.delete(number);
	}
}
