import {
	comesBefore,
	FIRST_REST,
	FIRST_UNITS,
	GAP,
	gapBetween,
	giveNode,
	greatestBelow,
	HEIGHT,
	LARGEST,
	LAST_REST,
	LAST_UNITS,
	LEFT,
	leftOf,
	measure,
	OTHER_REST,
	OTHER_UNITS,
	PERM,
	RIGHT,
	rightOf,
	takeNode,
	type IovaTreeRecord
} from './nodes.ts';
import { isLess } from './wide.ts';

/**
 * How nodes come, go and turn. The shape is that of GLib's GTree, which QEMU uses: heights of two siblings differ by one at
 * most, a node with two children is replaced by the next one in order, a double turn only where the inner grandchild is the
 * deeper one. Which of several overlapping ranges a search meets first depends on it (GLib glib/gtree.c, insert and
 * remove; recordings of the family iova-tree).
 */

/** Deeper than any tree of 2^40 nodes. Scratch: written and read within one call. */
const path = new Int32Array(64);

/** What a node says, as against where it hangs. */
const CONTENT = [FIRST_UNITS, FIRST_REST, LAST_UNITS, LAST_REST, OTHER_UNITS, OTHER_REST, PERM] as const;

/** The first range met on the way down that overlaps [first, last], or 0. Where the needle wraps, C decides the same way. */
export function meet(tree: IovaTreeRecord, firstUnits: number, firstRest: number, lastUnits: number, lastRest: number): number {
	const { nodes } = tree;
	let at = tree.root;
	while (at !== 0) {
		if (isLess(nodes[at + LAST_UNITS] as number, nodes[at + LAST_REST] as number, firstUnits, firstRest)) at = rightOf(nodes, at);
		else if (isLess(lastUnits, lastRest, nodes[at + FIRST_UNITS] as number, nodes[at + FIRST_REST] as number)) at = leftOf(nodes, at);
		else break;
	}
	return at;
}

/** A new node for a range that does not wrap; 0 and no change where it overlaps another. The other side is still to be written. */
export function plant(tree: IovaTreeRecord, firstUnits: number, firstRest: number, lastUnits: number, lastRest: number): number {
	const { nodes } = tree;
	let depth = 0;
	let before = 0;
	let after = 0;
	let afterDepth = -1;
	for (let at = tree.root; at !== 0; depth += 1) {
		path[depth] = at;
		if (isLess(nodes[at + LAST_UNITS] as number, nodes[at + LAST_REST] as number, firstUnits, firstRest)) {
			before = at;
			at = rightOf(nodes, at);
		} else if (isLess(lastUnits, lastRest, nodes[at + FIRST_UNITS] as number, nodes[at + FIRST_REST] as number)) {
			after = at;
			afterDepth = depth;
			at = leftOf(nodes, at);
		} else return 0;
	}
	const node = takeNode(tree);
	nodes[node + FIRST_UNITS] = firstUnits;
	nodes[node + FIRST_REST] = firstRest;
	nodes[node + LAST_UNITS] = lastUnits;
	nodes[node + LAST_REST] = lastRest;
	nodes[node + GAP] = gapBetween(nodes, before, node);
	measure(nodes, node);
	if (after !== 0) nodes[after + GAP] = gapBetween(nodes, node, after);
	hang(tree, depth, 0, node);
	settle(tree, depth, afterDepth);
	return node;
}

/** What a removal met: nothing; a range, and maybe more behind it; the only one there can be. */
export type Uprooted = 'nothing' | 'one' | 'all';

/** Takes away the first range met that overlaps [first, last]. */
export function uproot(tree: IovaTreeRecord, firstUnits: number, firstRest: number, lastUnits: number, lastRest: number): Uprooted {
	const { nodes } = tree;
	let depth = 0;
	let before = 0;
	let after = 0;
	let afterDepth = -1;
	let node = tree.root;
	while (node !== 0) {
		if (isLess(nodes[node + LAST_UNITS] as number, nodes[node + LAST_REST] as number, firstUnits, firstRest)) {
			before = node;
			path[depth++] = node;
			node = rightOf(nodes, node);
		} else if (isLess(lastUnits, lastRest, nodes[node + FIRST_UNITS] as number, nodes[node + FIRST_REST] as number)) {
			after = node;
			afterDepth = depth;
			path[depth++] = node;
			node = leftOf(nodes, node);
		} else break;
	}
	if (node === 0) return 'nothing';
	// Ranges do not overlap: where the node holds both ends of the needle, nothing else is met.
	const whole =
		!isLess(firstUnits, firstRest, nodes[node + FIRST_UNITS] as number, nodes[node + FIRST_REST] as number) &&
		!isLess(nodes[node + LAST_UNITS] as number, nodes[node + LAST_REST] as number, lastUnits, lastRest);
	const left = leftOf(nodes, node);
	const right = rightOf(nodes, node);
	if (left !== 0 && right !== 0) replace(tree, node, depth);
	else {
		hang(tree, depth, node, left === 0 ? right : left);
		// A single child has no children: it is the neighbour.
		if (right !== 0) {
			nodes[right + GAP] = gapBetween(nodes, before, right);
			measure(nodes, right);
		} else if (after !== 0) nodes[after + GAP] = gapBetween(nodes, left === 0 ? before : left, after);
		giveNode(tree, node);
		settle(tree, depth, right === 0 ? afterDepth : -1);
	}
	return whole ? 'all' : 'one';
}

/** A node with two children takes over the range of the next one, whose own place goes. */
function replace(tree: IovaTreeRecord, node: number, nodeDepth: number): void {
	const { nodes } = tree;
	let depth = nodeDepth;
	path[depth++] = node;
	let next = rightOf(nodes, node);
	for (let below = leftOf(nodes, next); below !== 0; below = leftOf(nodes, next)) {
		path[depth++] = next;
		next = below;
	}
	for (const field of CONTENT) nodes[node + field] = nodes[next + field] as number;
	nodes[node + GAP] = gapBetween(nodes, greatestBelow(nodes, leftOf(nodes, node)), node);
	hang(tree, depth, next, rightOf(nodes, next));
	giveNode(tree, next);
	settle(tree, depth, nodeDepth);
}

/** Puts `node` where `old` hangs below the end of the path; where `old` is 0, where its range belongs. */
function hang(tree: IovaTreeRecord, depth: number, old: number, node: number): void {
	const { nodes } = tree;
	if (depth === 0) {
		tree.root = node;
		return;
	}
	const parent = path[depth - 1] as number;
	const left = old === 0 ? comesBefore(nodes, node, parent) : nodes[parent + LEFT] === old;
	nodes[parent + (left ? LEFT : RIGHT)] = node;
}

/** Heights, turns and largest gaps up the path, at least as far as `must`, then until nothing changes any more. */
function settle(tree: IovaTreeRecord, depth: number, must: number): void {
	const { nodes } = tree;
	for (let at = depth - 1; at >= 0; at -= 1) {
		const node = path[at] as number;
		const height = nodes[node + HEIGHT] as number;
		const largest = nodes[node + LARGEST] as number;
		const top = balance(nodes, node);
		if (top !== node) hang(tree, at, node, top);
		if ((must < 0 || at <= must) && nodes[top + HEIGHT] === height && nodes[top + LARGEST] === largest) return;
	}
}

/** What stands at the top once the heights below `node` are right. */
function balance(nodes: number[], node: number): number {
	const left = leftOf(nodes, node);
	const right = rightOf(nodes, node);
	const leaning = (nodes[right + HEIGHT] as number) - (nodes[left + HEIGHT] as number);
	if (leaning > 1) {
		if (leans(nodes, right) < 0) nodes[node + RIGHT] = turn(nodes, right, LEFT, RIGHT);
		return turn(nodes, node, RIGHT, LEFT);
	}
	if (leaning < -1) {
		if (leans(nodes, left) > 0) nodes[node + LEFT] = turn(nodes, left, RIGHT, LEFT);
		return turn(nodes, node, LEFT, RIGHT);
	}
	measure(nodes, node);
	return node;
}

function leans(nodes: readonly number[], node: number): number {
	return (nodes[rightOf(nodes, node) + HEIGHT] as number) - (nodes[leftOf(nodes, node) + HEIGHT] as number);
}

/** The child on the side `from` comes up, `node` goes down on the other side. */
function turn(nodes: number[], node: number, from: number, to: number): number {
	const up = nodes[node + from] as number;
	nodes[node + from] = nodes[up + to] as number;
	nodes[up + to] = node;
	measure(nodes, node);
	measure(nodes, up);
	return up;
}
