import type { IovaTreeRecord } from '../../state/iova-records.ts';
import { differenceRest, differenceUnits, isLess, rounded, sumRest, sumUnits } from './wide.ts';

export type { IovaTreeRecord };

/** The range by which the tree is ordered, first and last byte: units, rest (wide.ts). */
export const FIRST_UNITS = 0;
export const FIRST_REST = 1;
export const LAST_UNITS = 2;
export const LAST_REST = 3;
export const LEFT = 4;
export const RIGHT = 5;
export const HEIGHT = 6;
/** Free bytes between the node before and this one, before the first from address 0 on; the largest of those below. Rounded. */
export const GAP = 7;
export const LARGEST = 8;
/** First byte of the other side: what the range is translated to, or from. */
export const OTHER_UNITS = 9;
export const OTHER_REST = 10;
export const PERM = 11;
export const NODE_NUMBERS = 12;

/** Links as whole numbers of 32 bits, which processors add faster than doubles. */
export function leftOf(nodes: readonly number[], node: number): number {
	return (nodes[node + LEFT] as number) | 0;
}

export function rightOf(nodes: readonly number[], node: number): number {
	return (nodes[node + RIGHT] as number) | 0;
}

const NOTHING: readonly number[] = new Array<number>(NODE_NUMBERS).fill(0);

export function emptyTree(order: 'iova' | 'target' = 'iova'): IovaTreeRecord {
	return { order, root: 0, count: 0, free: 0, nodes: [...NOTHING] };
}

export function takeNode(tree: IovaTreeRecord): number {
	tree.count += 1;
	const { nodes, free } = tree;
	if (free === 0) {
		const node = nodes.length;
		for (let index = 0; index < NODE_NUMBERS; index += 1) nodes.push(0);
		return node;
	}
	tree.free = leftOf(nodes, free);
	nodes[free + LEFT] = 0;
	return free;
}

export function giveNode(tree: IovaTreeRecord, node: number): void {
	const { nodes } = tree;
	tree.count -= 1;
	if (tree.count === 0) {
		nodes.length = NODE_NUMBERS;
		tree.root = 0;
		tree.free = 0;
		return;
	}
	for (let index = 0; index < NODE_NUMBERS; index += 1) nodes[node + index] = 0;
	nodes[node + LEFT] = tree.free;
	tree.free = node;
}

/** Free bytes between two neighbours, `before` 0 where there is none. */
export function gapBetween(nodes: readonly number[], before: number, node: number): number {
	const units = nodes[node + FIRST_UNITS] as number;
	const rest = nodes[node + FIRST_REST] as number;
	if (before === 0) return rounded(units, rest);
	const fromUnits = sumUnits(nodes[before + LAST_UNITS] as number, nodes[before + LAST_REST] as number, 0, 1);
	const fromRest = sumRest(nodes[before + LAST_REST] as number, 1);
	return rounded(differenceUnits(units, rest, fromUnits, fromRest), differenceRest(rest, fromRest));
}

/** Height and largest gap of a node whose children are right. */
export function measure(nodes: number[], node: number): void {
	const left = leftOf(nodes, node);
	const right = rightOf(nodes, node);
	const leftHeight = nodes[left + HEIGHT] as number;
	const rightHeight = nodes[right + HEIGHT] as number;
	nodes[node + HEIGHT] = (leftHeight > rightHeight ? leftHeight : rightHeight) + 1;
	let largest = nodes[node + GAP] as number;
	const leftLargest = nodes[left + LARGEST] as number;
	const rightLargest = nodes[right + LARGEST] as number;
	if (leftLargest > largest) largest = leftLargest;
	if (rightLargest > largest) largest = rightLargest;
	nodes[node + LARGEST] = largest;
}

/** Least and greatest node below `node`, which is not 0. */
export function leastBelow(nodes: readonly number[], node: number): number {
	let at = node;
	for (let next = leftOf(nodes, at); next !== 0; next = leftOf(nodes, at)) at = next;
	return at;
}

export function greatestBelow(nodes: readonly number[], node: number): number {
	let at = node;
	for (let next = rightOf(nodes, at); next !== 0; next = rightOf(nodes, at)) at = next;
	return at;
}

export function comesBefore(nodes: readonly number[], node: number, other: number): boolean {
	return isLess(
		nodes[node + FIRST_UNITS] as number,
		nodes[node + FIRST_REST] as number,
		nodes[other + FIRST_UNITS] as number,
		nodes[other + FIRST_REST] as number
	);
}
