import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, Migratetype, ORDERS, wordKind, wordPayload } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { ensureRows, setMigratetype, setWhole } from '../frames.ts';
import { osRecord } from '../os/os.ts';
import { releaseChunk } from './chunks.ts';
import { moveFreePages } from './fallback.ts';
import { FREE_ORDER_10, FREE_ORDER_9, FREE_TAIL, insert, isIsolated, listTypeOf, migratetypeOf, remove, zoneOfBlock } from './lists.ts';

/**
 * Isolation of pageblocks and memory that comes to and leaves the lists of a machine's zones (Linux 7.2.13
 * mm/page_isolation.c, mm/memory_hotplug.c). Counters of present and managed pages are the caller's.
 */

/** Sets the isolate bit of these blocks: their free chunks go to the isolate lists, chunks across a border are split. */
export function isolateBlocks(world: World, os: number, firstBlock: number, count: number): void {
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const zone = zoneOfBlock(world, block);
		if (zone < 0 || isIsolated(world, os, block)) continue;
		if (splitTen(world, zone, block) || isFreeNine(world, block)) {
			remove(world, zone, migratetypeOf(world, block), BLOCK_ORDER, block);
			insert(world, zone, Migratetype.isolate, BLOCK_ORDER, block, true);
		} else moveFreePages(world, zone, block, migratetypeOf(world, block), Migratetype.isolate);
		markIsolated(world, os, block);
	}
}

/** Clears the isolate bit: free chunks go back to the tails of their type's lists and merge again across blocks. */
export function unisolateBlocks(world: World, os: number, firstBlock: number, count: number): void {
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		if (!isIsolated(world, os, block)) continue;
		const zone = zoneOfBlock(world, block);
		if (zone < 0) {
			clearIsolated(world, os, block);
			continue;
		}
		const split = splitTen(world, zone, block);
		if (split || isFreeNine(world, block)) {
			remove(world, zone, Migratetype.isolate, BLOCK_ORDER, block);
			clearIsolated(world, os, block);
			// split_large_buddy frees to the head, putting back and moving go to the tail.
			releaseChunk(world, block * PAGES_PER_BLOCK, BLOCK_ORDER, !split);
		} else {
			clearIsolated(world, os, block);
			moveFreePages(world, zone, block, Migratetype.isolate, migratetypeOf(world, block));
		}
	}
}

const isFreeNine = (world: World, block: number): boolean => {
	const word = world.c.blockWord.get(block);
	return wordKind(word) === BlockKind.free && wordPayload(word) === FREE_ORDER_9;
};

/** Splits the order-10 chunk that covers the block, if there is one; both halves stay on the lists they are on. */
function splitTen(world: World, zone: number, block: number): boolean {
	const word = world.c.blockWord.get(block);
	if (wordKind(word) !== BlockKind.free || wordPayload(word) === FREE_ORDER_9) return false;
	const head = wordPayload(word) === FREE_TAIL ? block - 1 : block;
	remove(world, zone, listTypeOf(world, zone, head), ORDERS - 1, head);
	for (const half of [head, head + 1]) {
		setWhole(world, half, BlockKind.free, FREE_ORDER_9);
		insert(world, zone, listTypeOf(world, zone, half), BLOCK_ORDER, half, false);
	}
	return true;
}

function markIsolated(world: World, os: number, block: number): void {
	const { isolated } = osRecord(world, os);
	const before = isolated.find((run) => run.firstBlock + run.count === block);
	if (before) before.count += 1;
	else isolated.push({ firstBlock: block, count: 1 });
}

function clearIsolated(world: World, os: number, block: number): void {
	const record = osRecord(world, os);
	record.isolated = record.isolated.flatMap((run) => {
		const last = run.firstBlock + run.count - 1;
		if (block < run.firstBlock || block > last) return [run];
		return [
			{ firstBlock: run.firstBlock, count: block - run.firstBlock },
			{ firstBlock: block + 1, count: last - block }
		].filter((part) => part.count > 0);
	});
}

/**
 * Takes blocks off the lists if every page of them is free; the words become `offline` and the caller says what they are
 * now. False, and nothing done, when a page is in use.
 */
export function removeFreeBlocks(world: World, os: number, firstBlock: number, count: number): boolean {
	const words = world.c.blockWord;
	assert(osRecord(world, os) !== undefined, `no machine ${os}`);
	for (let block = firstBlock; block < firstBlock + count; block += 1) if (wordKind(words.get(block)) !== BlockKind.free) return false;
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const zone = zoneOfBlock(world, block);
		const payload = wordPayload(words.get(block));
		if (payload === FREE_ORDER_10 && block + 1 < firstBlock + count) {
			remove(world, zone, listTypeOf(world, zone, block), ORDERS - 1, block);
			setWhole(world, block, BlockKind.offline, 0);
			setWhole(world, block + 1, BlockKind.offline, 0);
			block += 1;
			continue;
		}
		splitTen(world, zone, block);
		remove(world, zone, listTypeOf(world, zone, block), BLOCK_ORDER, block);
		setWhole(world, block, BlockKind.offline, 0);
	}
	return true;
}

/**
 * Gives blocks that no list holds to their zone as free memory of movable pageblocks, in chunks as large as they fit (boot:
 * mm/memblock.c, __free_pages_memory; hotplug: mm/memory_hotplug.c, online_pages_range). The caller has put them in the zone.
 */
export function giveBlocks(world: World, os: number, zone: number, firstBlock: number, count: number, atTail: boolean): void {
	assert(osRecord(world, os).zones.includes(zone), `zone ${zone} is none of machine ${os}`);
	const end = firstBlock + count;
	let block = firstBlock;
	while (block < end) {
		const order = block % 2 === 0 && block + 2 <= end ? ORDERS - 1 : BLOCK_ORDER;
		const blocks = 1 << (order - BLOCK_ORDER);
		for (let at = block; at < block + blocks; at += 1) setMigratetype(world, at, Migratetype.movable);
		releaseChunk(world, block * PAGES_PER_BLOCK, order, atTail);
		block += blocks;
	}
}

/** Gives part of a pageblock: rows `firstRow` … of a block whose other rows hold something else or nothing. */
export function giveRows(world: World, os: number, zone: number, block: number, firstRow: number, count: number, atTail: boolean): void {
	assert(osRecord(world, os).zones.includes(zone), `zone ${zone} is none of machine ${os}`);
	ensureRows(world, block);
	setMigratetype(world, block, Migratetype.movable);
	const end = firstRow + count;
	let row = firstRow;
	while (row < end) {
		let order = 0;
		while (order < BLOCK_ORDER && row % (2 << order) === 0 && row + (2 << order) <= end) order += 1;
		releaseChunk(world, block * PAGES_PER_BLOCK + row, order, atTail);
		row += 1 << order;
	}
}
