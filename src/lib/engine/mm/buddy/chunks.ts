import { AssertionError } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, Migratetype, ORDERS, RowKind, wordKind, wordPayload } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { ensureRows, rowsOf, setFolio, setMigratetype, setWhole } from '../frames.ts';
import { blockOfId, FREE_ORDER_10, FREE_ORDER_9, FREE_TAIL, insert, listIndex, listTypeOf, remove, zoneOfBlock } from './lists.ts';

/**
 * Splitting and merging chunks in Linux's order (Linux 7.2.13 mm/page_alloc.c): the lower half is used first, the upper half
 * goes to the head of its list; a freed chunk goes to the head, to the tail when its would-be larger buddy is about to be
 * free. Per-CPU lists are left out (our simplification).
 */

/** __rmqueue_smallest: a chunk from the smallest sufficient list of one type; first frame, or −1. */
export function takeSmallest(world: World, zone: number, order: number, migratetype: number): number {
	const { c } = world;
	for (let from = order; from < ORDERS; from += 1) {
		const head = c.freeHead.get(listIndex(zone, migratetype, from));
		if (head === 0) continue;
		return takeChunk(world, zone, migratetype, from, head - 1, order);
	}
	return -1;
}

/** page_del_and_expand: takes one chunk of order `from` off its list and gives back what is above 2^order pages. */
export function takeChunk(world: World, zone: number, migratetype: number, from: number, id: number, order: number): number {
	remove(world, zone, migratetype, from, id);
	return expand(world, zone, migratetype, from, order, id);
}

/** What a chunk in no list has above 2^order pages goes to the lists of `migratetype`; returns its first frame. */
export function expand(world: World, zone: number, migratetype: number, from: number, order: number, id: number): number {
	let level = from;
	if (level === ORDERS - 1 && order < level) {
		setWhole(world, id, BlockKind.free, FREE_ORDER_9);
		setWhole(world, id + 1, BlockKind.free, FREE_ORDER_9);
		insert(world, zone, migratetype, BLOCK_ORDER, id + 1, false);
		level = BLOCK_ORDER;
	}
	if (order >= BLOCK_ORDER) return id * PAGES_PER_BLOCK;
	const block = blockOfId(world, level, id);
	const row = level === BLOCK_ORDER ? 0 : id % PAGES_PER_BLOCK;
	if (level === BLOCK_ORDER) ensureRows(world, block);
	const base = rowsOf(world, block);
	for (level -= 1; level >= order; level -= 1) {
		const upper = row + (1 << level);
		setFolio(world, block, row, level, RowKind.free, -1, 0);
		setFolio(world, block, upper, level, RowKind.free, -1, 0);
		insert(world, zone, migratetype, level, base + upper, false);
	}
	return block * PAGES_PER_BLOCK + row;
}

/**
 * What `pages` single allocations of one type would take from the head chunk, in one step: [first frame, pages]. They ascend
 * through the smallest chunk there is, because every upper half goes to a list that was empty. [−1, 0] when the type has no
 * chunk of `order` or more.
 */
export function takeRun(world: World, zone: number, migratetype: number, order: number, pages: number): [frame: number, pages: number] {
	const { c } = world;
	for (let from = order; from < ORDERS; from += 1) {
		const head = c.freeHead.get(listIndex(zone, migratetype, from));
		if (head === 0) continue;
		let wanted = from;
		while (wanted > order && 1 << wanted > pages) wanted -= 1;
		return [takeChunk(world, zone, migratetype, from, head - 1, wanted), 1 << wanted];
	}
	return [-1, 0];
}

/** Gives back 2^order frames from `frame` on, merging with free buddies as far as they go. */
export function release(world: World, frame: number, order: number): void {
	releaseChunk(world, frame, order, false);
}

/** `toTail`: FPI_TO_TAIL, as for memory that comes online or back from isolation. */
export function releaseChunk(world: World, frame: number, order: number, toTail: boolean): void {
	let block = Math.floor(frame / PAGES_PER_BLOCK);
	const zone = zoneOfBlock(world, block);
	if (zone < 0) throw new AssertionError(`frame ${frame} is freed but in no zone`);
	const listType = listTypeOf(world, zone, block);
	if (order > BLOCK_ORDER && listTypeOf(world, zone, block + 1) !== listType) {
		// split_large_buddy: chunks above a pageblock are freed block by block.
		releaseChunk(world, frame, BLOCK_ORDER, toTail);
		releaseChunk(world, frame + PAGES_PER_BLOCK, BLOCK_ORDER, toTail);
		return;
	}
	if (order < BLOCK_ORDER && !releaseRows(world, zone, listType, block, frame % PAGES_PER_BLOCK, order, toTail)) return;
	setWhole(world, block, BlockKind.free, FREE_ORDER_9);
	let level = Math.max(order, BLOCK_ORDER);
	if (level === BLOCK_ORDER && mergesWithBuddy(world, zone, listType, block)) {
		const buddy = block ^ 1;
		remove(world, zone, listTypeOf(world, zone, buddy), BLOCK_ORDER, buddy);
		if (listType !== Migratetype.isolate) setMigratetype(world, buddy, listType);
		block = Math.min(block, buddy);
		level += 1;
	}
	if (level > BLOCK_ORDER) {
		setWhole(world, block, BlockKind.free, FREE_ORDER_10);
		setWhole(world, block + 1, BlockKind.free, FREE_TAIL);
	}
	insert(world, zone, listType, level, block, toTail);
}

/** From order 9 on chunks merge across types, but never across the border of an isolated range. */
function mergesWithBuddy(world: World, zone: number, listType: number, block: number): boolean {
	const buddy = block ^ 1;
	const word = world.c.blockWord.get(buddy);
	if (wordKind(word) !== BlockKind.free || wordPayload(word) !== FREE_ORDER_9 || zoneOfBlock(world, buddy) !== zone) return false;
	return (listTypeOf(world, zone, buddy) === Migratetype.isolate) === (listType === Migratetype.isolate);
}

/** Merging below order 9. True when the whole block became free; then it is in no list yet. */
function releaseRows(
	world: World,
	zone: number,
	listType: number,
	block: number,
	firstRow: number,
	order: number,
	toTail: boolean
): boolean {
	const { c } = world;
	const base = ensureRows(world, block);
	let row = firstRow;
	let level = order;
	while (level < BLOCK_ORDER) {
		const buddy = row ^ (1 << level);
		if (c.rowKind.get(base + buddy) !== RowKind.free || c.rowOrder.get(base + buddy) !== level) break;
		remove(world, zone, listType, level, base + buddy);
		row = Math.min(row, buddy);
		level += 1;
	}
	if (level === BLOCK_ORDER) return true;
	setFolio(world, block, row, level, RowKind.free, -1, 0);
	insert(world, zone, listType, level, base + row, toTail || mergeLikely(world, block, base, row, level));
	return false;
}

/** Linux's buddy_merge_likely: would the chunk one order up find its buddy free? */
function mergeLikely(world: World, block: number, base: number, row: number, order: number): boolean {
	const { c } = world;
	const combined = row & ~(1 << order);
	const higher = order + 1;
	if (higher < BLOCK_ORDER) {
		const buddy = base + (combined ^ (1 << higher));
		return c.rowKind.get(buddy) === RowKind.free && c.rowOrder.get(buddy) === higher;
	}
	const word = c.blockWord.get(block ^ 1);
	return wordKind(word) === BlockKind.free && wordPayload(word) === FREE_ORDER_9;
}
