import type { ActWords, Fact, Tally, Verdict } from '../contract/explore/request.ts';
import type { Snapshot } from './snapshots.ts';
import type { Act } from './act.ts';

/** States that were found, and which choice leads from which to which. */
export interface Edge {
	/** null: nothing is chosen. */
	readonly act: Act | null;
	readonly words: ActWords;
	readonly to: Found;
}

export interface Found {
	readonly id: number;
	readonly key: string;
	/** How it was met first: a real run from a moment of the user's. */
	readonly parent: Found | null;
	readonly via: Act | null;
	/** Choices after that moment. */
	readonly layer: number;
	/** Index of the moment, if it is one. */
	readonly moment: number | null;
	readonly atNs: number;
	/** Bits of the run's own commands that were given. */
	readonly used: number;
	lost: boolean;
	/** Why nothing follows, in words; null while something may. */
	end: string | null;
	/** null: not looked at. */
	edges: Edge[] | null;
	/** Every choice at it was tried; of your run's moments one is known before. */
	expanded: boolean;
	facts: readonly Fact[] | null;
	snapshot: Snapshot | null;
}

const SAFE: Tally = { lost: 0, safe: 1, open: 0, nearest: null };
const OPEN: Tally = { lost: 0, safe: 0, open: 1, nearest: null };
const LOST: Tally = { lost: 1, safe: 0, open: 0, nearest: 0 };

/** Runs that go on from states, by how they end, and the chance of a loss when every next choice is equally likely. */
export class Counts {
	readonly #tallies = new Map<number, Tally>();
	readonly #chances = new Map<number, number>();
	/** More choices than a key has room for are never looked ahead. */
	static readonly #ROOM = 4096;

	/** `left`: choices that may still be made. */
	tally(found: Found, left: number): Tally {
		if (found.lost) return LOST;
		if (found.end !== null) return found.end === TIME_IS_UP ? OPEN : SAFE;
		if (left === 0 || found.edges === null) return OPEN;
		const at = found.id * Counts.#ROOM + left;
		const known = this.#tallies.get(at);
		if (known) return known;
		const sum = { lost: 0, safe: 0, open: 0, nearest: null as number | null };
		for (const edge of found.edges) {
			const one = this.tally(edge.to, left - 1);
			sum.lost += one.lost;
			sum.safe += one.safe;
			sum.open += one.open;
			if (one.nearest !== null && (sum.nearest === null || one.nearest + 1 < sum.nearest)) sum.nearest = one.nearest + 1;
		}
		this.#tallies.set(at, sum);
		return sum;
	}

	/** A run that is still open at the limit counts as not lost: the chance of a loss within so many choices. */
	chance(found: Found, left: number): number {
		if (found.lost) return 1;
		if (found.end !== null || left === 0 || found.edges === null) return 0;
		const at = found.id * Counts.#ROOM + left;
		const known = this.#chances.get(at);
		if (known !== undefined) return known;
		let sum = 0;
		for (const edge of found.edges) sum += this.chance(edge.to, left - 1);
		const chance = sum / found.edges.length;
		this.#chances.set(at, chance);
		return chance;
	}
}

export const TIME_IS_UP = 'the time looked at is up';

export const verdictOf = (tally: Tally): Verdict => (tally.lost > 0 ? 'lost' : tally.open > 0 ? 'open' : 'safe');

/** Choices to the nearest loss, at most so many; null where there is none. */
export function wayToLoss(from: Found, left: number): Edge[] | null {
	let layer: { readonly at: Found; readonly way: Edge[] }[] = [{ at: from, way: [] }];
	const seen = new Set([from.id]);
	for (let depth = 0; depth <= left; depth += 1) {
		const next: typeof layer = [];
		for (const { at, way } of layer) {
			if (at.lost) return way;
			for (const edge of at.edges ?? []) {
				if (seen.has(edge.to.id)) continue;
				seen.add(edge.to.id);
				next.push({ at: edge.to, way: [...way, edge] });
			}
		}
		layer = next;
	}
	return null;
}
