import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, Migratetype, ORDERS, RowKind } from '../../contract/words.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { rowsOf, setMigratetype } from '../frames.ts';
import { areaOfOwner } from '../os/os.ts';
import { expand, takeChunk, takeRun, takeSmallest } from './chunks.ts';
import { blockOfId, insert, listIndex, remove } from './lists.ts';

/**
 * Allocation with fallback between migratetypes: own lists, then claim, then steal (Linux 7.2.13 mm/page_alloc.c, __rmqueue).
 * A claim also boosts the zone's watermark and wakes kswapd; the coarse kswapd of this model works a boost off in the same
 * instant, so that it is always 0 (our simplification). HighAtomic and CMA lists are empty here.
 */

/** Linux's table `fallbacks`. */
const FALLBACKS: readonly (readonly number[])[] = [
	[Migratetype.reclaimable, Migratetype.movable],
	[Migratetype.reclaimable, Migratetype.unmovable],
	[Migratetype.unmovable, Migratetype.movable]
];

/** should_try_claim_block: a movable request claims no block for a foreign chunk below this order. */
const CLAIM_ORDER = BLOCK_ORDER >>> 1;
const HALF_BLOCK = PAGES_PER_BLOCK / 2;

/**
 * Takes a chunk of 2^order pages; returns its first frame (global block × 512 + row) or −1. The caller says at once what
 * the frames are (`setWhole` or `setFolio`). `noFragment`: ALLOC_NOFRAGMENT, foreign pageblocks are not broken into.
 */
export function allocate(world: World, zone: number, order: number, migratetype: number, noFragment = false): number {
	const own = takeSmallest(world, zone, order, migratetype);
	return own >= 0 ? own : fallBack(world, zone, order, migratetype, noFragment);
}

/** Like so many calls of `allocate` with one order, as far as one chunk reaches: [first frame, pages], or [−1, 0]. */
export function allocateRun(
	world: World,
	zone: number,
	order: number,
	migratetype: number,
	pages: number,
	noFragment: boolean
): [frame: number, pages: number] {
	const own = takeRun(world, zone, migratetype, order, pages);
	if (own[1] > 0) return own;
	const frame = fallBack(world, zone, order, migratetype, noFragment);
	return frame >= 0 ? [frame, 1 << order] : [-1, 0];
}

function fallBack(world: World, zone: number, order: number, migratetype: number, noFragment: boolean): number {
	const claimed = claim(world, zone, order, migratetype, noFragment);
	return claimed >= 0 || noFragment ? claimed : steal(world, zone, order, migratetype);
}

function foreignType(world: World, zone: number, order: number, migratetype: number): number {
	for (const type of FALLBACKS[migratetype] ?? []) if (world.c.freeHead.get(listIndex(zone, type, order)) !== 0) return type;
	return -1;
}

/** __rmqueue_claim: the largest foreign chunk, and with it the pageblock it lies in. */
function claim(world: World, zone: number, order: number, migratetype: number, noFragment: boolean): number {
	const lowest = noFragment && order < BLOCK_ORDER ? BLOCK_ORDER : order;
	for (let from = ORDERS - 1; from >= lowest; from -= 1) {
		if (from < CLAIM_ORDER && migratetype === Migratetype.movable) return -1;
		const type = foreignType(world, zone, from, migratetype);
		if (type < 0) continue;
		const id = world.c.freeHead.get(listIndex(zone, type, from)) - 1;
		const frame =
			from >= BLOCK_ORDER
				? claimWhole(world, zone, order, migratetype, type, from, id)
				: claimBlock(world, zone, order, migratetype, type, blockOfId(world, from, id));
		if (frame >= 0) return frame;
	}
	return -1;
}

function claimWhole(world: World, zone: number, order: number, migratetype: number, type: number, from: number, id: number): number {
	remove(world, zone, type, from, id);
	for (let block = id; block < id + (1 << (from - BLOCK_ORDER)); block += 1) setMigratetype(world, block, migratetype);
	return expand(world, zone, migratetype, from, order, id);
}

/** try_to_claim_block: the whole block changes its type if half of it is free or of a kind with the request. */
function claimBlock(world: World, zone: number, order: number, migratetype: number, type: number, block: number): number {
	if (!insideZone(world, zone, block)) return -1;
	const { free, movable } = countBlock(world, block);
	const alike = migratetype === Migratetype.movable ? movable : type === Migratetype.movable ? PAGES_PER_BLOCK - free - movable : 0;
	if (free + alike < HALF_BLOCK) return -1;
	moveFreePages(world, zone, block, type, migratetype);
	setMigratetype(world, block, migratetype);
	return takeSmallest(world, zone, order, migratetype);
}

/** prep_move_freepages_block: a pageblock that the zone holds only in part is not claimed. */
function insideZone(world: World, zone: number, block: number): boolean {
	const record = world.r.zones[zone] as ZoneRecord;
	if (record.spanEndPfn === 0) return true;
	const first = (block - (world.r.memories[record.memory] as { firstBlock: number }).firstBlock) * PAGES_PER_BLOCK;
	return first >= record.spanStartPfn && first + PAGES_PER_BLOCK <= record.spanEndPfn;
}

/** Free pages and movable pages (those on an LRU list) of a block with rows. */
function countBlock(world: World, block: number): { free: number; movable: number } {
	const { c } = world;
	const base = rowsOf(world, block);
	let free = 0;
	let movable = 0;
	for (let row = base; row < base + PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(row)) {
		const pages = 1 << c.rowOrder.get(row);
		if (c.rowKind.get(row) === RowKind.free) free += pages;
		else if (c.rowKind.get(row) === RowKind.vm && ownerIsOnLru(world, c.rowVm.get(row) - 1)) movable += pages;
	}
	return { free, movable };
}

/** Pages of pipes, secure memory and kernel areas are on no LRU list. */
function ownerIsOnLru(world: World, owner: number): boolean {
	const area = areaOfOwner(world, owner);
	return area === null || area.kind === 'anonymous' || area.kind === 'shared';
}

/** __move_freepages_block: the free chunks of a block go from the lists of one type to the tails of another's. */
export function moveFreePages(world: World, zone: number, block: number, from: number, to: number): void {
	const { c } = world;
	const base = rowsOf(world, block);
	if (base < 0 || c.structureFree.get(base / PAGES_PER_BLOCK) === 0) return;
	for (let row = base; row < base + PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(row)) {
		if (c.rowKind.get(row) !== RowKind.free) continue;
		const order = c.rowOrder.get(row);
		remove(world, zone, from, order, row);
		insert(world, zone, to, order, row, true);
	}
}

/** __rmqueue_steal: the smallest sufficient foreign chunk; its block keeps its type. */
function steal(world: World, zone: number, order: number, migratetype: number): number {
	for (let from = order; from < ORDERS; from += 1) {
		const type = foreignType(world, zone, from, migratetype);
		if (type < 0) continue;
		return takeChunk(world, zone, type, from, world.c.freeHead.get(listIndex(zone, type, from)) - 1, order);
	}
	return -1;
}
