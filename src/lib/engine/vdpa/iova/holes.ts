import {
	comesBefore,
	FIRST_REST,
	FIRST_UNITS,
	GAP,
	greatestBelow,
	LARGEST,
	LAST_REST,
	LAST_UNITS,
	leftOf,
	rightOf,
	type IovaTreeRecord
} from './nodes.ts';
import { differenceRest, differenceUnits, isLess, rounded, SPACE_UNITS, sumRest, sumUnits, UNIT } from './wide.ts';

/** Where the last search found room. Scratch: read at once, or lost. */
export const hole = { units: 0, rest: 0 };

/**
 * First fit (QEMU 10.2.2 util/iova-tree.c, iova_tree_alloc_map): the lowest hole from `begin` on that holds size + 1 bytes, left
 * in `hole`; false where there is none. QEMU walks all nodes; here the largest gap below each node leads to the same hole in a
 * few steps. Kept as they are: where a node reaches over `begin` the hole before it is a difference that wrapped, so it seems to
 * fit; the hole behind the last node is one byte shorter than it is; behind a node that ends at 2^64 − 1 it begins at `begin`
 * again.
 */
export function firstHole(tree: IovaTreeRecord, sizeUnits: number, sizeRest: number, beginUnits: number, beginRest: number): boolean {
	const { nodes } = tree;
	hole.units = beginUnits;
	hole.rest = beginRest;
	if (tree.root !== 0) {
		const reaching = firstReaching(tree, beginUnits, beginRest);
		if (reaching !== 0) {
			const firstUnits = nodes[reaching + FIRST_UNITS] as number;
			const firstRest = nodes[reaching + FIRST_REST] as number;
			const units = differenceUnits(firstUnits, firstRest, beginUnits, beginRest);
			if (isLess(sizeUnits, sizeRest, units, differenceRest(firstRest, beginRest))) return true;
			const found = firstAfter(tree, tree.root, reaching, rounded(sizeUnits, sizeRest), sizeUnits, sizeRest);
			if (found !== 0) {
				holeBehind(nodes, neighbourBefore(tree, found));
				return true;
			}
		}
		holeBehind(nodes, greatestBelow(nodes, tree.root));
		if (isLess(hole.units, hole.rest, beginUnits, beginRest)) {
			hole.units = beginUnits;
			hole.rest = beginRest;
		}
	}
	const units = differenceUnits(LAST_OF_ALL, UNIT - 1, hole.units, hole.rest);
	return isLess(sizeUnits, sizeRest, units, differenceRest(UNIT - 1, hole.rest));
}

const LAST_OF_ALL = SPACE_UNITS - 1;

/** The address after a node; after the last address comes 0. */
function holeBehind(nodes: readonly number[], node: number): void {
	const lastUnits = nodes[node + LAST_UNITS] as number;
	const lastRest = nodes[node + LAST_REST] as number;
	hole.units = sumUnits(lastUnits, lastRest, 0, 1);
	hole.rest = sumRest(lastRest, 1);
}

/** The first node whose last byte is not below the address, or 0. */
export function firstReaching(tree: IovaTreeRecord, units: number, rest: number): number {
	const { nodes } = tree;
	let found = 0;
	for (let at = tree.root; at !== 0;) {
		if (isLess(nodes[at + LAST_UNITS] as number, nodes[at + LAST_REST] as number, units, rest)) at = rightOf(nodes, at);
		else {
			found = at;
			at = leftOf(nodes, at);
		}
	}
	return found;
}

/** The node before this one, which is not the first. */
function neighbourBefore(tree: IovaTreeRecord, node: number): number {
	const { nodes } = tree;
	let found = 0;
	for (let at = tree.root; at !== 0;) {
		if (comesBefore(nodes, at, node)) {
			found = at;
			at = rightOf(nodes, at);
		} else at = leftOf(nodes, at);
	}
	return found;
}

/** Below `at`, the first node in order after `bound` (0: of all) with a gap before it that is large enough, or 0. */
function firstAfter(tree: IovaTreeRecord, at: number, bound: number, size: number, sizeUnits: number, sizeRest: number): number {
	const { nodes } = tree;
	if (at === 0 || !mayHold(nodes[at + LARGEST] as number, size)) return 0;
	let right = bound;
	if (bound === 0 || comesBefore(nodes, bound, at)) {
		const left = firstAfter(tree, leftOf(nodes, at), bound, size, sizeUnits, sizeRest);
		if (left !== 0) return left;
		if (holds(tree, at, size, sizeUnits, sizeRest)) return at;
		right = 0;
	}
	return firstAfter(tree, rightOf(nodes, at), right, size, sizeUnits, sizeRest);
}

/** Doubles tell integers apart below this. */
const EXACT = 2 ** 53;

/** Rounding keeps the order, so that a gap which is not larger when rounded is larger only where both lost bits. */
function mayHold(gap: number, size: number): boolean {
	return gap > size || (gap === size && gap >= EXACT);
}

function holds(tree: IovaTreeRecord, node: number, size: number, sizeUnits: number, sizeRest: number): boolean {
	const { nodes } = tree;
	const gap = nodes[node + GAP] as number;
	if (gap !== size) return gap > size;
	if (gap < EXACT) return false;
	holeBehind(nodes, neighbourBefore(tree, node));
	const firstRest = nodes[node + FIRST_REST] as number;
	const units = differenceUnits(nodes[node + FIRST_UNITS] as number, firstRest, hole.units, hole.rest);
	return isLess(sizeUnits, sizeRest, units, differenceRest(firstRest, hole.rest));
}
