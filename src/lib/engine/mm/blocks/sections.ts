import { MIXED_ZONES, SectionState } from '../../contract/words.ts';
import type { MemoryRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION } from '../os/os.ts';

/**
 * Linux memory blocks (drivers/base/memory.c of 7.2.13): id = physical address / block size; one or more sections of
 * 128 MiB, of which some may hold no memory.
 */

export type BlockState = 'offline' | 'online' | 'going-offline';

const STATE_NAMES: Readonly<Record<number, BlockState>> = {
	[SectionState.offline]: 'offline',
	[SectionState.online]: 'online',
	[SectionState.goingOffline]: 'going-offline'
};

export function pagesPerBlock(world: World, os: number): number {
	return osRecord(world, os).sectionsPerBlock * PAGES_PER_SECTION;
}

/** Rows of the region `memoryBlock` that a Linux memory block covers; empty where the machine has no such address. */
export function sectionsOf(world: World, os: number, memoryBlock: number): { readonly first: number; readonly end: number } {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as MemoryRecord;
	const base = memory.firstBlock / BLOCKS_PER_SECTION;
	const last = base + memory.blockCount / BLOCKS_PER_SECTION;
	const first = base + memoryBlock * record.sectionsPerBlock;
	return { first: Math.min(first, last), end: Math.min(first + record.sectionsPerBlock, last) };
}

/** Global 2 MiB blocks of a Linux memory block. */
export function blocksOf(world: World, os: number, memoryBlock: number): { readonly first: number; readonly count: number } {
	const { first, end } = sectionsOf(world, os, memoryBlock);
	return { first: first * BLOCKS_PER_SECTION, count: (end - first) * BLOCKS_PER_SECTION };
}

export function memoryBlockOfBlock(world: World, os: number, block: number): number {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as MemoryRecord;
	return Math.floor((block - memory.firstBlock) / (BLOCKS_PER_SECTION * record.sectionsPerBlock));
}

export function firstPfnOf(world: World, os: number, memoryBlock: number): number {
	return memoryBlock * pagesPerBlock(world, os);
}

/** First section with memory; −1 when the memory block does not exist. */
function firstPresent(world: World, os: number, memoryBlock: number): number {
	const { first, end } = sectionsOf(world, os, memoryBlock);
	for (let section = first; section < end; section += 1) if (world.c.memoryBlockState.get(section) !== SectionState.absent) return section;
	return -1;
}

/** null: there is no such memory block. */
export function blockState(world: World, os: number, memoryBlock: number): BlockState | null {
	const section = firstPresent(world, os, memoryBlock);
	return section < 0 ? null : (STATE_NAMES[world.c.memoryBlockState.get(section)] ?? null);
}

export function setBlockState(world: World, os: number, memoryBlock: number, state: number): void {
	const { first, end } = sectionsOf(world, os, memoryBlock);
	for (let section = first; section < end; section += 1)
		if (world.c.memoryBlockState.get(section) !== SectionState.absent) world.c.memoryBlockState.set(section, state);
}

/** Node id of the memory block, −1 when there is none. */
export function nodeOfMemoryBlock(world: World, os: number, memoryBlock: number): number {
	const section = firstPresent(world, os, memoryBlock);
	return section < 0 ? -1 : world.c.memoryBlockNode.get(section) - 1;
}

/** Index of the memory group, −1 for boot memory. */
export function groupOf(world: World, os: number, memoryBlock: number): number {
	const section = firstPresent(world, os, memoryBlock);
	return section < 0 ? -1 : world.c.memoryBlockGroup.get(section) - 1;
}

/** The one zone that an online memory block lies in; −1 when it spans several ("none") or is in none. */
export function zoneOfMemoryBlock(world: World, os: number, memoryBlock: number): number {
	const { first, end } = sectionsOf(world, os, memoryBlock);
	let zone = -1;
	for (let section = first; section < end; section += 1) {
		if (world.c.memoryBlockState.get(section) === SectionState.absent) continue;
		const value = world.c.memoryBlockZone.get(section);
		if (value === 0 || value === MIXED_ZONES || (zone >= 0 && zone !== value - 1)) return -1;
		zone = value - 1;
	}
	return zone;
}

/** Ids of the memory blocks that exist, ascending. */
export function memoryBlocks(world: World, os: number): number[] {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as MemoryRecord;
	const base = memory.firstBlock / BLOCKS_PER_SECTION;
	const ids: number[] = [];
	for (let at = 0; at < memory.blockCount / BLOCKS_PER_SECTION; at += 1) {
		if (world.c.memoryBlockState.get(base + at) === SectionState.absent) continue;
		const id = Math.floor(at / record.sectionsPerBlock);
		if (ids.at(-1) !== id) ids.push(id);
	}
	return ids;
}
