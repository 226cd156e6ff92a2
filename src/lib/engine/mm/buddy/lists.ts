import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, MIGRATETYPES, Migratetype, MIXED_ZONES, ORDERS, wordMigratetype } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { osRecord, zoneOfOsBlock } from '../os/os.ts';

/**
 * The free lists themselves (decision D3): doubly linked, per zone, migratetype and order. Chunks of order 9 and 10 are
 * linked by block, smaller ones by row inside a structure. An order-10 chunk is two blocks; the second is marked as its tail.
 */

/** Payload of a free block's word. */
export const FREE_ORDER_9 = 0;
export const FREE_ORDER_10 = 1;
export const FREE_TAIL = 2;

export const listIndex = (zone: number, migratetype: number, order: number): number => (zone * MIGRATETYPES + migratetype) * ORDERS + order;

export function linkNext(world: World, order: number, id: number): number {
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

export function insert(world: World, zone: number, migratetype: number, order: number, id: number, atTail: boolean): void {
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

export function remove(world: World, zone: number, migratetype: number, order: number, id: number): void {
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

/** Type of the pageblock; isolation does not change it (Linux 7.2.13 include/linux/pageblock-flags.h). */
export function migratetypeOf(world: World, block: number): number {
	return wordMigratetype(world.c.blockWord.get(block));
}

/** True while the pageblock's isolate bit is set. */
export function isIsolated(world: World, os: number, block: number): boolean {
	for (const run of osRecord(world, os).isolated) if (block >= run.firstBlock && block < run.firstBlock + run.count) return true;
	return false;
}

/** Which lists of its zone the free chunks of a block stand on: those of its type, or the isolate lists. */
export function listTypeOf(world: World, zone: number, block: number): number {
	const os = world.r.zones[zone]?.os ?? -1;
	return os >= 0 && isIsolated(world, os, block) ? Migratetype.isolate : migratetypeOf(world, block);
}

/** Zone in which the block is online, or −1. */
export function zoneOfBlock(world: World, block: number): number {
	const value = world.c.memoryBlockZone.get(block >>> 6);
	return value === MIXED_ZONES ? zoneOfOsBlock(world, osOfBlock(world, block), block) : value - 1;
}

/** Linux instance whose physical memory the block is part of. */
export function osOfBlock(world: World, block: number): number {
	return world.r.oses.findIndex((os) => {
		const memory = world.r.memories[os.memory];
		return memory !== undefined && block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount;
	});
}

/** Block of a list's id: itself from order 9 on, the block of the row below. */
export function blockOfId(world: World, order: number, id: number): number {
	return order >= BLOCK_ORDER ? id : world.c.structureBlock.get(Math.floor(id / PAGES_PER_BLOCK)) - 1;
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

/** Free pages on the lists of one type. */
export function freePagesOf(world: World, zone: number, migratetype: number): number {
	let pages = 0;
	for (let order = 0; order < ORDERS; order += 1) pages += world.c.freeCount.get(listIndex(zone, migratetype, order)) * (1 << order);
	return pages;
}

/** NR_FREE_PAGES of the zone: what is isolated does not count (Linux 7.2.13 mm/page_alloc.c, account_freepages). */
export function freePages(world: World, zone: number): number {
	const all = world.c.zoneFreePages.get(zone);
	const os = world.r.oses[world.r.zones[zone]?.os ?? -1];
	return os && os.isolated.length > 0 ? all - freePagesOf(world, zone, Migratetype.isolate) : all;
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
