import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, blockWord, Migratetype, ORDERS, RowKind, wordKind, wordPayload } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { rowsOf, setWhole } from '../frames.ts';
import { FREE_ORDER_10, FREE_TAIL, insert, listIndex, migratetypeOf, remove, zoneOfBlock } from './lists.ts';

/** Whole memory blocks that come to and leave the zones of the hosts of a fabric: extents online and offline (decision D4). */

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
 * of pages that were free. With `forget` false the caller checks that everything was free (offline). A memory
 * block costs one look when its zone has nothing free, else one look per block; only what is free somewhere costs more.
 */
export function detachBlocks(world: World, firstBlock: number, count: number): number {
	const { c } = world;
	const words = c.blockWord.data;
	let freePages = 0;
	for (let first = firstBlock; first < firstBlock + count; first += 64) {
		const zone = zoneOfBlock(world, first);
		if (zone < 0) continue;
		const end = c.zoneFreePages.get(zone) === 0 ? first : Math.min(first + 64, firstBlock + count);
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
	const migratetype = migratetypeOf(world, block);
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

/**
 * Puts detached blocks into another zone: what is free goes to the tail of its lists, in address order. Who knows how many
 * pages are free in them says so, and the look ends with the last.
 */
export function attachBlocks(world: World, zone: number, firstBlock: number, count: number, freePages = Infinity): void {
	const { c } = world;
	if (count === 0) return;
	const memoryBlocks = Math.ceil(count / 64);
	c.memoryBlockZone.fill(zone + 1, firstBlock >>> 6, (firstBlock >>> 6) + memoryBlocks);
	c.zonePresentPages.set(zone, c.zonePresentPages.get(zone) + memoryBlocks * 64 * PAGES_PER_BLOCK);
	const words = c.blockWord.data;
	let left = freePages;
	for (let block = firstBlock; left > 0 && block < firstBlock + count; block += 1) {
		const kind = wordKind(words[block] as number);
		if (kind === BlockKind.free || kind === BlockKind.detail) left -= appendFree(world, zone, block);
	}
}

/** Appends the free chunks of one block to their lists. Returns their pages. */
function appendFree(world: World, zone: number, block: number): number {
	const { c } = world;
	const word = c.blockWord.get(block);
	const migratetype = migratetypeOf(world, block);
	if (wordKind(word) === BlockKind.free) {
		const payload = wordPayload(word);
		if (payload === FREE_TAIL) return 0;
		const order = payload === FREE_ORDER_10 ? ORDERS - 1 : BLOCK_ORDER;
		insert(world, zone, migratetype, order, block, true);
		return 1 << order;
	}
	let pages = 0;
	const base = rowsOf(world, block);
	if (base < 0 || c.structureFree.get(base / PAGES_PER_BLOCK) === 0) return 0;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(base + row))
		if (c.rowKind.get(base + row) === RowKind.free) {
			insert(world, zone, migratetype, c.rowOrder.get(base + row), base + row, true);
			pages += 1 << c.rowOrder.get(base + row);
		}
	return pages;
}
