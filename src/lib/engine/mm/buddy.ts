import { assert } from '../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import {
	BLOCK_ORDER,
	BlockKind,
	blockWord,
	MIGRATETYPES,
	Migratetype,
	ORDERS,
	RowKind,
	wordKind,
	wordMigratetype,
	wordPayload
} from '../contract/words.ts';
import type { World } from '../state/world.ts';
import { ensureRows, rowsOf, setFolio, setMigratetype, setWhole } from './frames.ts';

/**
 * The buddy allocator with Linux's list order (Linux 7.2.13 mm/page_alloc.c; decision D3): the lower half is used first, the
 * upper half goes to the head of its list; a freed chunk goes to the head, to the tail when its would-be larger buddy is
 * about to be free, and freshly onlined memory to the tail. Per-CPU lists are left out (our simplification).
 *
 * Chunks of order 9 and 10 are linked by block, smaller ones by row inside a structure. An order-10 chunk is two blocks;
 * the second is marked as its tail.
 */

/** Payload of a free block's word. */
export const FREE_ORDER_9 = 0;
export const FREE_ORDER_10 = 1;
export const FREE_TAIL = 2;

const listIndex = (zone: number, migratetype: number, order: number): number =>
	(zone * MIGRATETYPES + migratetype) * ORDERS + order;

function linkNext(world: World, order: number, id: number): number {
	return order >= BLOCK_ORDER ? world.c.blockNext.get(id) : world.c.rowA.get(id);
}
function linkPrev(world: World, order: number, id: number): number {
	return order >= BLOCK_ORDER ? world.c.blockPrev.get(id) : world.c.rowB.get(id);
}
function setNext(world: World, order: number, id: number, next: number): void {
	if (order >= BLOCK_ORDER) world.c.blockNext.set(id, next);
	else world.c.rowA.set(id, next);
}
function setPrev(world: World, order: number, id: number, prev: number): void {
	if (order >= BLOCK_ORDER) world.c.blockPrev.set(id, prev);
	else world.c.rowB.set(id, prev);
}

function insert(
	world: World,
	zone: number,
	migratetype: number,
	order: number,
	id: number,
	atTail: boolean
): void {
	const { c } = world;
	const list = listIndex(zone, migratetype, order);
	const head = c.freeHead.get(list);
	const tail = c.freeTail.get(list);
	if (head === 0) {
		setNext(world, order, id, 0);
		setPrev(world, order, id, 0);
		c.freeHead.set(list, id + 1);
		c.freeTail.set(list, id + 1);
	} else if (atTail) {
		setNext(world, order, id, 0);
		setPrev(world, order, id, tail);
		setNext(world, order, tail - 1, id + 1);
		c.freeTail.set(list, id + 1);
	} else {
		setNext(world, order, id, head);
		setPrev(world, order, id, 0);
		setPrev(world, order, head - 1, id + 1);
		c.freeHead.set(list, id + 1);
	}
	c.freeCount.set(list, c.freeCount.get(list) + 1);
	c.zoneFreePages.set(zone, c.zoneFreePages.get(zone) + (1 << order));
}

function remove(world: World, zone: number, migratetype: number, order: number, id: number): void {
	const { c } = world;
	const list = listIndex(zone, migratetype, order);
	const next = linkNext(world, order, id);
	const prev = linkPrev(world, order, id);
	if (prev === 0) c.freeHead.set(list, next);
	else setNext(world, order, prev - 1, next);
	if (next === 0) c.freeTail.set(list, prev);
	else setPrev(world, order, next - 1, prev);
	setNext(world, order, id, 0);
	setPrev(world, order, id, 0);
	c.freeCount.set(list, c.freeCount.get(list) - 1);
	c.zoneFreePages.set(zone, c.zoneFreePages.get(zone) - (1 << order));
}

export function migratetypeOf(world: World, block: number): number {
	return wordMigratetype(world.c.blockWord.get(block));
}

/** Zone in which the block is online, or −1. */
export function zoneOfBlock(world: World, block: number): number {
	return world.c.memoryBlockZone.get(block >>> 6) - 1;
}

/**
 * Takes a chunk of 2^order pages; returns its first frame (global block × 512 + row) or −1. The caller says at once what
 * the frames are (`setWhole` or `setFolio`). Stealing between migratetypes is not modelled yet.
 */
export function allocate(world: World, zone: number, order: number, migratetype: number): number {
	const { c } = world;
	for (let from = order; from < ORDERS; from += 1) {
		const head = c.freeHead.get(listIndex(zone, migratetype, from));
		if (head === 0) continue;
		const id = head - 1;
		remove(world, zone, migratetype, from, id);
		return split(world, zone, migratetype, from, order, id);
	}
	return -1;
}

function split(
	world: World,
	zone: number,
	migratetype: number,
	from: number,
	order: number,
	id: number
): number {
	const { c } = world;
	let level = from;
	if (level === ORDERS - 1 && order < level) {
		setWhole(world, id, BlockKind.free, FREE_ORDER_9);
		setWhole(world, id + 1, BlockKind.free, FREE_ORDER_9);
		insert(world, zone, migratetype, BLOCK_ORDER, id + 1, false);
		level = BLOCK_ORDER;
	}
	if (order >= BLOCK_ORDER) return id * PAGES_PER_BLOCK;
	let block: number;
	let row: number;
	if (level === BLOCK_ORDER) {
		block = id;
		row = 0;
		ensureRows(world, block);
	} else {
		block = c.structureBlock.get(Math.floor(id / PAGES_PER_BLOCK)) - 1;
		row = id % PAGES_PER_BLOCK;
	}
	const base = rowsOf(world, block);
	for (level -= 1; level >= order; level -= 1) {
		const upper = row + (1 << level);
		setFolio(world, block, row, level, RowKind.free, -1, 0);
		setFolio(world, block, upper, level, RowKind.free, -1, 0);
		insert(world, zone, migratetype, level, base + upper, false);
	}
	return block * PAGES_PER_BLOCK + row;
}

/** Gives back 2^order frames from `frame` on, merging with free buddies as far as they go. */
export function release(world: World, frame: number, order: number): void {
	let block = Math.floor(frame / PAGES_PER_BLOCK);
	const zone = zoneOfBlock(world, block);
	assert(zone >= 0, `frame ${frame} is freed but in no zone`);
	const migratetype = migratetypeOf(world, block);
	let level = order;
	if (level < BLOCK_ORDER) {
		const merged = releaseRows(world, zone, migratetype, block, frame % PAGES_PER_BLOCK, level);
		if (!merged) return;
		level = BLOCK_ORDER;
	}
	setWhole(world, block, BlockKind.free, FREE_ORDER_9);
	const first = firstBlockOf(world, block);
	const buddy = first + ((block - first) ^ 1);
	const buddyWord = world.c.blockWord.get(buddy);
	if (
		level === BLOCK_ORDER &&
		wordKind(buddyWord) === BlockKind.free &&
		wordPayload(buddyWord) === FREE_ORDER_9 &&
		zoneOfBlock(world, buddy) === zone
	) {
		remove(world, zone, wordMigratetype(buddyWord), BLOCK_ORDER, buddy);
		setMigratetype(world, buddy, migratetype);
		block = Math.min(block, buddy);
		level = BLOCK_ORDER + 1;
	}
	if (level === BLOCK_ORDER + 1) {
		setWhole(world, block, BlockKind.free, FREE_ORDER_10);
		setWhole(world, block + 1, BlockKind.free, FREE_TAIL);
	}
	insert(world, zone, migratetype, level, block, false);
}

/** Merging below order 9. True when the whole block became free; then it is in no list yet. */
function releaseRows(
	world: World,
	zone: number,
	migratetype: number,
	block: number,
	firstRow: number,
	order: number
): boolean {
	const { c } = world;
	const base = rowsOf(world, block);
	assert(base >= 0, `frames of block ${block} are freed but it has no rows`);
	let row = firstRow;
	let level = order;
	while (level < BLOCK_ORDER) {
		const buddy = row ^ (1 << level);
		if (c.rowKind.get(base + buddy) !== RowKind.free || c.rowOrder.get(base + buddy) !== level) break;
		remove(world, zone, migratetype, level, base + buddy);
		row = Math.min(row, buddy);
		level += 1;
	}
	if (level === BLOCK_ORDER) return true;
	setFolio(world, block, row, level, RowKind.free, -1, 0);
	insert(world, zone, migratetype, level, base + row, mergeLikely(world, block, base, row, level));
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
	const first = firstBlockOf(world, block);
	const word = c.blockWord.get(first + ((block - first) ^ 1));
	return wordKind(word) === BlockKind.free && wordPayload(word) === FREE_ORDER_9;
}

function firstBlockOf(world: World, block: number): number {
	for (const memory of world.r.memories)
		if (block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount)
			return memory.firstBlock;
	throw new Error(`block ${block} is in no memory`);
}

/** Brings offline blocks into a zone as free chunks of order 10, at the tail, in address order. */
export function onlineBlocks(world: World, zone: number, firstBlock: number, count: number): void {
	assert(firstBlock % 64 === 0 && count % 64 === 0, 'only whole memory blocks come online');
	if (count === 0) return;
	const { c } = world;
	const end = firstBlock + count;
	c.memoryBlockZone.fill(zone + 1, firstBlock >>> 6, end >>> 6);
	const words = c.blockWord.data;
	const head = blockWord(BlockKind.free, Migratetype.movable, FREE_ORDER_10);
	const tail = blockWord(BlockKind.free, Migratetype.movable, FREE_TAIL);
	for (let block = firstBlock; block < end; block += 1) {
		if (wordKind(words[block] as number) === BlockKind.detail) setWhole(world, block, BlockKind.free, FREE_ORDER_10);
		words[block] = (block & 1) === 0 ? head : tail;
	}
	c.blockWord.touch(firstBlock, end);
	c.blockContent.fill(0, firstBlock, end);
	appendChain(world, zone, firstBlock, count / 2);
	c.zonePresentPages.set(zone, c.zonePresentPages.get(zone) + count * PAGES_PER_BLOCK);
}

/** Appends `chunks` neighbouring chunks of order 10 to their list: what one `insert` at the tail after the other does. */
function appendChain(world: World, zone: number, firstBlock: number, chunks: number): void {
	const { c } = world;
	const list = listIndex(zone, Migratetype.movable, ORDERS - 1);
	const next = c.blockNext.data;
	const prev = c.blockPrev.data;
	const last = firstBlock + (chunks - 1) * 2;
	const before = c.freeTail.get(list);
	for (let block = firstBlock; block <= last; block += 2) {
		next[block] = block + 3;
		prev[block] = block - 1;
	}
	next[last] = 0;
	prev[firstBlock] = before;
	c.blockNext.touch(firstBlock, last + 1);
	c.blockPrev.touch(firstBlock, last + 1);
	if (before === 0) c.freeHead.set(list, firstBlock + 1);
	else c.blockNext.set(before - 1, firstBlock + 1);
	c.freeTail.set(list, last + 1);
	c.freeCount.set(list, c.freeCount.get(list) + chunks);
	c.zoneFreePages.set(zone, c.zoneFreePages.get(zone) + chunks * (1 << (ORDERS - 1)));
}

/**
 * Takes blocks out of their zone's lists without touching what is used in them; they stay as they are. Returns the number
 * of pages that were free. With `forget` false the caller checks that everything was free (offline). One look per memory
 * block and one per block: only what is free somewhere costs more.
 */
export function detachBlocks(world: World, firstBlock: number, count: number): number {
	const { c } = world;
	const words = c.blockWord.data;
	let freePages = 0;
	for (let first = firstBlock; first < firstBlock + count; first += 64) {
		const zone = zoneOfBlock(world, first);
		if (zone < 0) continue;
		const end = Math.min(first + 64, firstBlock + count);
		for (let block = first; block < end; block += 1) {
			const kind = wordKind(words[block] as number);
			if (kind === BlockKind.free || kind === BlockKind.detail) freePages += takeFree(world, zone, block);
		}
		c.zonePresentPages.set(zone, c.zonePresentPages.get(zone) - 64 * PAGES_PER_BLOCK);
		c.memoryBlockZone.set(first >>> 6, 0);
	}
	return freePages;
}

/** Takes the free chunks of one block out of their lists. Returns their pages. */
function takeFree(world: World, zone: number, block: number): number {
	const { c } = world;
	const word = c.blockWord.get(block);
	const migratetype = wordMigratetype(word);
	if (wordKind(word) === BlockKind.free) {
		const payload = wordPayload(word);
		if (payload === FREE_TAIL) return 0;
		const order = payload === FREE_ORDER_10 ? ORDERS - 1 : BLOCK_ORDER;
		remove(world, zone, migratetype, order, block);
		return 1 << order;
	}
	let pages = 0;
	const base = rowsOf(world, block);
	if (base < 0 || c.structureFree.get(base / PAGES_PER_BLOCK) === 0) return 0;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(base + row))
		if (c.rowKind.get(base + row) === RowKind.free) {
			remove(world, zone, migratetype, c.rowOrder.get(base + row), base + row);
			pages += 1 << c.rowOrder.get(base + row);
		}
	return pages;
}

/** Puts detached blocks into another zone: what is free goes to the tail of its lists, in address order. */
export function attachBlocks(world: World, zone: number, firstBlock: number, count: number): void {
	const { c } = world;
	if (count === 0) return;
	const memoryBlocks = Math.ceil(count / 64);
	c.memoryBlockZone.fill(zone + 1, firstBlock >>> 6, (firstBlock >>> 6) + memoryBlocks);
	c.zonePresentPages.set(zone, c.zonePresentPages.get(zone) + memoryBlocks * 64 * PAGES_PER_BLOCK);
	const words = c.blockWord.data;
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const kind = wordKind(words[block] as number);
		if (kind === BlockKind.free || kind === BlockKind.detail) appendFree(world, zone, block);
	}
}

function appendFree(world: World, zone: number, block: number): void {
	const { c } = world;
	const word = c.blockWord.get(block);
	const migratetype = wordMigratetype(word);
	if (wordKind(word) === BlockKind.free) {
		const payload = wordPayload(word);
		if (payload !== FREE_TAIL)
			insert(world, zone, migratetype, payload === FREE_ORDER_10 ? ORDERS - 1 : BLOCK_ORDER, block, true);
		return;
	}
	const base = rowsOf(world, block);
	if (base < 0 || c.structureFree.get(base / PAGES_PER_BLOCK) === 0) return;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(base + row))
		if (c.rowKind.get(base + row) === RowKind.free)
			insert(world, zone, migratetype, c.rowOrder.get(base + row), base + row, true);
}

/** Chunks in the zone's lists per order, all migratetypes. */
export function freeChunks(world: World, zone: number): number[] {
	const counts: number[] = [];
	for (let order = 0; order < ORDERS; order += 1) {
		let sum = 0;
		for (let migratetype = 0; migratetype < MIGRATETYPES; migratetype += 1)
			sum += world.c.freeCount.get(listIndex(zone, migratetype, order));
		counts.push(sum);
	}
	return counts;
}

/** Ids in one list from head to tail: blocks for orders 9 and 10, rows below. For invariants and tests. */
export function walkList(world: World, zone: number, migratetype: number, order: number): number[] {
	const ids: number[] = [];
	let link = world.c.freeHead.get(listIndex(zone, migratetype, order));
	while (link !== 0) {
		ids.push(link - 1);
		assert(ids.length <= world.capacities.block * PAGES_PER_BLOCK, 'a free list runs in a circle');
		link = linkNext(world, order, link - 1);
	}
	return ids;
}
