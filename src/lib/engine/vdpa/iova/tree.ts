import { assert } from '../../../base/assert.ts';
import { firstHole, firstReaching, hole } from './holes.ts';
import {
	FIRST_REST,
	FIRST_UNITS,
	LAST_REST,
	LAST_UNITS,
	leftOf,
	OTHER_REST,
	OTHER_UNITS,
	PERM,
	rightOf,
	type IovaTreeRecord
} from './nodes.ts';
import { meet, plant, uproot } from './shape.ts';
import { differenceRest, differenceUnits, isLess, isWide, restOf, sumRest, sumUnits, unitsOf, wide } from './wide.ts';

/**
 * The calls of QEMU's iova-tree with all they do and refuse (QEMU 10.2.2 util/iova-tree.c; 10.0.13 recorded). Ranges never
 * merge. Two ranges are equal where they share a byte: a removal takes whole maps, and a search gives the first one it meets.
 */

/** `size` is the last byte minus the first; `target` is what the range is translated to: HVA, or GPA. */
export interface DmaMap {
	readonly iova: bigint;
	readonly target: bigint;
	readonly size: bigint;
	readonly perm: number;
}

/** IOVA_OK and the errors of include/qemu/iova-tree.h. */
export const IOVA_CODES = { OK: 0, INVALID: -1, OVERLAP: -2, NOMEM: -3 } as const;
export type IovaCode = keyof typeof IOVA_CODES;

/** IOMMUAccessFlags (QEMU include/exec/memory.h). */
export const IOMMU_PERM = { none: 0, readOnly: 1, writeOnly: 2, readWrite: 3 } as const;

/** Checks in this order: a range that wraps or may not be used at all, then one that overlaps. */
export function insertMap(tree: IovaTreeRecord, map: DmaMap): IovaCode {
	const [key, other] = tree.order === 'iova' ? [map.iova, map.target] : [map.target, map.iova];
	assert(isWide(key) && isWide(other) && isWide(map.size), 'addresses and sizes have 64 bits');
	return insertRange(tree, unitsOf(key), restOf(key), unitsOf(map.size), restOf(map.size), other, map.perm);
}

function insertRange(
	tree: IovaTreeRecord,
	units: number,
	rest: number,
	sizeUnits: number,
	sizeRest: number,
	other: bigint,
	perm: number
): IovaCode {
	const lastUnits = sumUnits(units, rest, sizeUnits, sizeRest);
	const lastRest = sumRest(rest, sizeRest);
	if (isLess(lastUnits, lastRest, units, rest) || perm === IOMMU_PERM.none) return 'INVALID';
	const node = plant(tree, units, rest, lastUnits, lastRest);
	if (node === 0) return 'OVERLAP';
	const { nodes } = tree;
	nodes[node + OTHER_UNITS] = unitsOf(other);
	nodes[node + OTHER_REST] = restOf(other);
	nodes[node + PERM] = perm;
	return 'OK';
}

/** The first map met on the way down whose range in the tree's order shares a byte with `first` … `first + size`. */
export function findMap(tree: IovaTreeRecord, first: bigint, size: bigint): DmaMap | null {
	const units = unitsOf(first);
	const rest = restOf(first);
	const sizeUnits = unitsOf(size);
	const sizeRest = restOf(size);
	const node = meet(tree, units, rest, sumUnits(units, rest, sizeUnits, sizeRest), sumRest(rest, sizeRest));
	return node === 0 ? null : mapAt(tree, node);
}

/** The first map in order that is translated to a byte of `target` … `target + size`. By IOVA that is a walk of all maps. */
export function findByTarget(tree: IovaTreeRecord, target: bigint, size: bigint): DmaMap | null {
	const last = BigInt.asUintN(64, target + size);
	if (tree.order === 'iova') {
		const node = walk(tree, (at) => touches(tree, at, target, last));
		return node === 0 ? null : mapAt(tree, node);
	}
	// Targets in order: behind the first one that reaches so far, all begin later still.
	const node = firstReaching(tree, unitsOf(target), restOf(target));
	if (node === 0 || last < wide(tree.nodes[node + FIRST_UNITS] as number, tree.nodes[node + FIRST_REST] as number)) return null;
	return mapAt(tree, node);
}

/** Takes away every map that shares a byte, whole; how many they were. */
export function removeMaps(tree: IovaTreeRecord, first: bigint, size: bigint): number {
	const units = unitsOf(first);
	const rest = restOf(first);
	const sizeUnits = unitsOf(size);
	const sizeRest = restOf(size);
	const lastUnits = sumUnits(units, rest, sizeUnits, sizeRest);
	const lastRest = sumRest(rest, sizeRest);
	for (let removed = 0; ; removed += 1) {
		const met = uproot(tree, units, rest, lastUnits, lastRest);
		if (met !== 'one') return met === 'all' ? removed + 1 : removed;
	}
}

/** What an allocation answers. `iova` is the address chosen, also where the map could not be inserted there. */
export interface Allocation {
	readonly code: IovaCode;
	readonly iova: bigint | null;
}

/**
 * First fit from `begin` (holes.ts) for a tree ordered by IOVA. Only the first hole found is held against `last`; permissions
 * and overlaps are checked by the insertion, after the choice. No alignment of any kind.
 */
export function allocateMap(tree: IovaTreeRecord, request: Omit<DmaMap, 'iova'>, begin: bigint, last: bigint): Allocation {
	const { target, size, perm } = request;
	assert(tree.order === 'iova' && isWide(target) && isWide(size) && isWide(begin) && isWide(last), 'an allocation of 64 bits, by IOVA');
	if (last < begin) return { code: 'INVALID', iova: null };
	const sizeUnits = unitsOf(size);
	const sizeRest = restOf(size);
	if (!firstHole(tree, sizeUnits, sizeRest, unitsOf(begin), restOf(begin))) return { code: 'NOMEM', iova: null };
	const { units, rest } = hole;
	const endUnits = sumUnits(units, rest, sizeUnits, sizeRest);
	if (isLess(unitsOf(last), restOf(last), endUnits, sumRest(rest, sizeRest))) return { code: 'NOMEM', iova: null };
	return { code: insertRange(tree, units, rest, sizeUnits, sizeRest, target, perm), iova: wide(units, rest) };
}

/** All maps in order. */
export function mapsOf(tree: IovaTreeRecord): DmaMap[] {
	const maps: DmaMap[] = [];
	walk(tree, (node) => {
		maps.push(mapAt(tree, node));
		return false;
	});
	return maps;
}

/** Node by node in order until one is wanted; that node, or 0. */
export function walk(tree: IovaTreeRecord, wanted: (node: number) => boolean): number {
	const { nodes } = tree;
	const above: number[] = [];
	let at = tree.root;
	while (at !== 0 || above.length > 0) {
		for (; at !== 0; at = leftOf(nodes, at)) above.push(at);
		at = above.pop() as number;
		if (wanted(at)) return at;
		at = rightOf(nodes, at);
	}
	return 0;
}

export function mapAt(tree: IovaTreeRecord, node: number): DmaMap {
	const { nodes } = tree;
	const firstUnits = nodes[node + FIRST_UNITS] as number;
	const firstRest = nodes[node + FIRST_REST] as number;
	const lastUnits = nodes[node + LAST_UNITS] as number;
	const lastRest = nodes[node + LAST_REST] as number;
	const first = wide(firstUnits, firstRest);
	const other = wide(nodes[node + OTHER_UNITS] as number, nodes[node + OTHER_REST] as number);
	const size = wide(differenceUnits(lastUnits, lastRest, firstUnits, firstRest), differenceRest(lastRest, firstRest));
	const perm = nodes[node + PERM] as number;
	return tree.order === 'iova' ? { iova: first, target: other, size, perm } : { iova: other, target: first, size, perm };
}

/** Whether the other side of a node shares a byte with `target` … `last`; what wraps is compared as C does. */
function touches(tree: IovaTreeRecord, node: number, target: bigint, last: bigint): boolean {
	const map = mapAt(tree, node);
	return BigInt.asUintN(64, map.target + map.size) >= target && last >= map.target;
}
