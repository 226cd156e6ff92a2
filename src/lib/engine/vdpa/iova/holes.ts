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
import { differenceRest, differenceUnits, isLess, rounded, restOf, unitsOf, wide, WIDE_LAST } from './wide.ts';

/**
 * First fit (QEMU 10.2.2 util/iova-tree.c, iova_tree_alloc_map): the lowest hole from `begin` on that holds size + 1 bytes, or
 * null. QEMU walks all nodes; here the largest gap below each node leads to the same hole in a few steps. Kept as they are:
 * where a node reaches over `begin` the hole before it is a difference that wrapped, so it seems to fit; the hole behind the
 * last node is one byte shorter than it is; behind a node that ends at 2^64 − 1 it begins at `begin` again.
 */
export function firstHole(tree: IovaTreeRecord, size: bigint, begin: bigint): bigint | null {
	if (tree.root === 0) return fitsBehind(begin, size);
	const { nodes } = tree;
	const beginUnits = unitsOf(begin);
	const beginRest = restOf(begin);
	const sizeUnits = unitsOf(size);
	const sizeRest = restOf(size);
	const reaching = firstReaching(tree, beginUnits, beginRest);
	if (reaching !== 0) {
		const firstUnits = nodes[reaching + FIRST_UNITS] as number;
		const firstRest = nodes[reaching + FIRST_REST] as number;
		const units = differenceUnits(firstUnits, firstRest, beginUnits, beginRest);
		if (isLess(sizeUnits, sizeRest, units, differenceRest(firstRest, beginRest))) return begin;
		const found = firstAfter(tree, tree.root, reaching, rounded(sizeUnits, sizeRest), size);
		if (found !== 0) return behind(tree, neighbourBefore(tree, found));
	}
	const next = behind(tree, greatestBelow(nodes, tree.root));
	return fitsBehind(next > begin ? next : begin, size);
}

function fitsBehind(start: bigint, size: bigint): bigint | null {
	return WIDE_LAST - start > size ? start : null;
}

/** The address after a node; after the last address comes 0. */
function behind(tree: IovaTreeRecord, node: number): bigint {
	const last = wide(tree.nodes[node + LAST_UNITS] as number, tree.nodes[node + LAST_REST] as number);
	return last === WIDE_LAST ? 0n : last + 1n;
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
function firstAfter(tree: IovaTreeRecord, at: number, bound: number, rounded: number, size: bigint): number {
	const { nodes } = tree;
	if (at === 0 || !mayHold(nodes[at + LARGEST] as number, rounded)) return 0;
	let right = bound;
	if (bound === 0 || comesBefore(nodes, bound, at)) {
		const left = firstAfter(tree, leftOf(nodes, at), bound, rounded, size);
		if (left !== 0) return left;
		if (holds(tree, at, rounded, size)) return at;
		right = 0;
	}
	return firstAfter(tree, rightOf(nodes, at), right, rounded, size);
}

/** Doubles tell integers apart below this. */
const EXACT = 2 ** 53;

/** Rounding keeps the order, so that a gap which is not larger when rounded is larger only where both lost bits. */
function mayHold(gap: number, rounded: number): boolean {
	return gap > rounded || (gap === rounded && gap >= EXACT);
}

function holds(tree: IovaTreeRecord, node: number, rounded: number, size: bigint): boolean {
	const gap = tree.nodes[node + GAP] as number;
	if (gap !== rounded) return gap > rounded;
	if (gap < EXACT) return false;
	const first = wide(tree.nodes[node + FIRST_UNITS] as number, tree.nodes[node + FIRST_REST] as number);
	return first - behind(tree, neighbourBefore(tree, node)) > size;
}
