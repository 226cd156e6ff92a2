import { mix32 } from '../../../base/hash.ts';
import type { ExtentListRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { listOf, UNIT_BYTES } from './rows.ts';

/**
 * Rows of one logical device by device address: a treap in the columns `extentLeft` and `extentRight`. A row's rank in the
 * heap is a hash of its index, so the shape follows from the rows alone and nothing of it is saved besides the links. Rows
 * never overlap; 100,000 of them are found in about 40 steps.
 */
const SEED = 0x5dcd;
const rank = (node: number): number => mix32(SEED, node, 0) >>> 0;

/** Nodes are rows plus 1; 0 = none. Everything below `units` goes left. */
function split(world: World, node: number, units: number): [number, number] {
	if (node === 0) return [0, 0];
	const { c } = world;
	if (c.extentDpa.get(node - 1) < units) {
		const [low, high] = split(world, c.extentRight.get(node - 1), units);
		c.extentRight.set(node - 1, low);
		return [node, high];
	}
	const [low, high] = split(world, c.extentLeft.get(node - 1), units);
	c.extentLeft.set(node - 1, high);
	return [low, node];
}

function merge(world: World, low: number, high: number): number {
	if (low === 0) return high;
	if (high === 0) return low;
	const { c } = world;
	if (rank(low) > rank(high)) {
		c.extentRight.set(low - 1, merge(world, c.extentRight.get(low - 1), high));
		return low;
	}
	c.extentLeft.set(high - 1, merge(world, low, c.extentLeft.get(high - 1)));
	return high;
}

export function insertByAddress(world: World, list: ExtentListRecord, row: number): void {
	const { c } = world;
	const units = c.extentDpa.get(row);
	const node = row + 1;
	const own = rank(node);
	let parent = 0;
	let left = false;
	let at = list.root;
	while (at !== 0 && rank(at) > own) {
		parent = at;
		left = units < c.extentDpa.get(at - 1);
		at = left ? c.extentLeft.get(at - 1) : c.extentRight.get(at - 1);
	}
	const [low, high] = split(world, at, units);
	c.extentLeft.set(row, low);
	c.extentRight.set(row, high);
	attach(world, list, parent, left, node);
}

export function removeByAddress(world: World, list: ExtentListRecord, row: number): void {
	const { c } = world;
	const units = c.extentDpa.get(row);
	let parent = 0;
	let left = false;
	let at = list.root;
	while (at !== 0 && at !== row + 1) {
		parent = at;
		left = units < c.extentDpa.get(at - 1);
		at = left ? c.extentLeft.get(at - 1) : c.extentRight.get(at - 1);
	}
	if (at === 0) return;
	attach(world, list, parent, left, merge(world, c.extentLeft.get(row), c.extentRight.get(row)));
	c.extentLeft.set(row, 0);
	c.extentRight.set(row, 0);
}

function attach(world: World, list: ExtentListRecord, parent: number, left: boolean, node: number): void {
	if (parent === 0) list.root = node;
	else if (left) world.c.extentLeft.set(parent - 1, node);
	else world.c.extentRight.set(parent - 1, node);
}

/** Row with the greatest address that is not above `units`, or −1. */
function floorRow(world: World, list: ExtentListRecord, units: number): number {
	const { c } = world;
	let best = 0;
	for (let at = list.root; at !== 0;)
		if (c.extentDpa.get(at - 1) <= units) {
			best = at;
			at = c.extentRight.get(at - 1);
		} else at = c.extentLeft.get(at - 1);
	return best - 1;
}

/** Row with the least address above `units`, or −1. */
function aboveRow(world: World, list: ExtentListRecord, units: number): number {
	const { c } = world;
	let best = 0;
	for (let at = list.root; at !== 0;)
		if (c.extentDpa.get(at - 1) > units) {
			best = at;
			at = c.extentLeft.get(at - 1);
		} else at = c.extentRight.get(at - 1);
	return best - 1;
}

/** The extent of whatever state that holds a device address, or −1. */
export function findExtent(world: World, device: number, ld: number, dpa: number): number {
	const units = Math.floor(dpa / UNIT_BYTES);
	const row = floorRow(world, listOf(world, device, ld), units);
	return row >= 0 && units < world.c.extentDpa.get(row) + world.c.extentUnits.get(row) ? row : -1;
}

/** Rows that touch a range, by address. An empty range touches nothing. */
export function overlapping(world: World, device: number, ld: number, dpa: number, bytes: number): number[] {
	const rows: number[] = [];
	if (bytes <= 0) return rows;
	const { c } = world;
	const list = listOf(world, device, ld);
	const from = Math.floor(dpa / UNIT_BYTES);
	const end = Math.ceil((dpa + bytes) / UNIT_BYTES);
	let row = floorRow(world, list, from);
	if (row < 0 || c.extentDpa.get(row) + c.extentUnits.get(row) <= from) row = aboveRow(world, list, from);
	for (; row >= 0 && c.extentDpa.get(row) < end; row = aboveRow(world, list, c.extentDpa.get(row))) rows.push(row);
	return rows;
}

/** Every row by address, or the first ones. */
export function rowsByAddress(world: World, device: number, ld: number, most = Infinity): number[] {
	const { c } = world;
	const rows: number[] = [];
	const path: number[] = [];
	let at = listOf(world, device, ld).root;
	while ((at !== 0 || path.length > 0) && rows.length < most) {
		for (; at !== 0; at = c.extentLeft.get(at - 1)) path.push(at);
		const node = path.pop() as number;
		rows.push(node - 1);
		at = c.extentRight.get(node - 1);
	}
	return rows;
}
