import { hashText, mix32 } from '../../base/hash.ts';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { BLOCKS_PER_MEMORY_BLOCK, formatBlocks } from './capacity.ts';
import { BlockKind, wordKind } from '../contract/words.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { ExtentRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Wherever capacity lies, or only in one piece. */
export type Placing = 'scattered' | 'contiguous';

/**
 * Capacity of the pool, handed out in extents under one tag. Whole memory blocks of 128 MiB here; the 64-byte granularity
 * of the standard comes with the fabric's own issue. One run is taken where it fits, aligned to 1 GiB if it can be;
 * otherwise the free pieces in address order (our simplification of the fabric manager's choice).
 */
export function reserveExtents(
	world: World,
	vm: number,
	blockCount: number,
	/** Page of the tag's linear space at which the first one begins. */
	tagOffset = 0,
	placing: Placing = 'scattered'
): Outcome<number[], 'no-room-pool' | 'no-shared-memory' | 'no-contiguous-run'> {
	const { r } = world;
	const memory = r.memories.findIndex((record) => record.kind === 'pool');
	const pool = r.memories[memory];
	if (!pool) return refused('no-shared-memory', 'the scenario has no pool');
	const wanted = Math.ceil(blockCount / BLOCKS_PER_MEMORY_BLOCK);
	const free: boolean[] = [];
	for (let at = 0; at < pool.blockCount; at += BLOCKS_PER_MEMORY_BLOCK) free.push(isUnassigned(world, memory, pool.firstBlock + at, at));
	const pieces = choosePieces(free, wanted);
	if (pieces === null) {
		const left = free.filter(Boolean).length;
		return refused('no-room-pool', `${formatBlocks(wanted)} wanted, ${formatBlocks(left)} of the pool outside every extent`);
	}
	if (placing === 'contiguous' && pieces.length > 1)
		return refused('no-contiguous-run', `${formatBlocks(wanted)} wanted in one piece, they would lie in ${pieces.length}`);
	const tag = tagFor(world, vm);
	let offset = tagOffset;
	const indices: number[] = [];
	for (const [first, count] of pieces) {
		const record: ExtentRecord = {
			id: `extent-${r.extents.length}`,
			tag,
			vm,
			memory,
			firstBlock: first * BLOCKS_PER_MEMORY_BLOCK,
			blockCount: count * BLOCKS_PER_MEMORY_BLOCK,
			tagOffset: offset,
			state: 'offered',
			onlineOn: -1,
			acceptedBy: [],
			onlineBlocks: 0
		};
		offset += record.blockCount * PAGES_PER_BLOCK;
		indices.push(r.extents.length);
		r.extents.push(record);
	}
	return ok(indices);
}

/** The tag of the VM's living extents, or one that nobody else has; 0 would be none (CXL 4.0 8.2.10.9.9.1). */
function tagFor(world: World, vm: number): number {
	const { r } = world;
	const living = r.extents.filter((extent) => extent.state !== 'released');
	const mine = living.find((extent) => extent.vm === vm);
	if (mine) return mine.tag;
	let tag = mix32(hashText((r.vms[vm] as { id: string }).id), r.extents.length, world.scenario.seed) & 0xffff;
	while (tag === 0 || living.some((extent) => extent.tag === tag)) tag = (tag + 1) & 0xffff;
	return tag;
}

/** Neither used by a peer or the super-page, nor part of a living extent. */
function isUnassigned(world: World, memory: number, block: number, at: number): boolean {
	for (let index = 0; index < BLOCKS_PER_MEMORY_BLOCK; index += 1)
		if (wordKind(world.c.blockWord.get(block + index)) !== BlockKind.offline) return false;
	return !world.r.extents.some(
		(extent) =>
			extent.memory === memory && extent.state !== 'released' && at >= extent.firstBlock && at < extent.firstBlock + extent.blockCount
	);
}

/** [first, count] pairs in memory blocks, or null when there is not enough. */
export function choosePieces(free: readonly boolean[], wanted: number): [number, number][] | null {
	const runAt = (start: number): number => {
		let count = 0;
		while (start + count < free.length && free[start + count] && count < wanted) count += 1;
		return count;
	};
	const align = Math.min(8, 1 << (31 - Math.clz32(wanted)));
	for (let start = 0; start < free.length; start += align) if (runAt(start) === wanted) return [[start, wanted]];
	for (let start = 0; start < free.length; start += 1) if (runAt(start) === wanted) return [[start, wanted]];
	const pieces: [number, number][] = [];
	let left = wanted;
	for (let start = 0; start < free.length && left > 0;) {
		const count = Math.min(left, runAt(start));
		if (count === 0) {
			start += 1;
			continue;
		}
		pieces.push([start, count]);
		left -= count;
		start += count;
	}
	return left > 0 ? null : pieces;
}

/** Device frame of page `offset` in the linear space of the tags of these extents; −1 beyond them. */
export function frameInTag(world: World, extents: readonly number[], offset: number): number {
	return runInTag(world, extents, offset)?.frame ?? -1;
}

/** The same, and how many pages follow each other on the device from there on. */
export function runInTag(
	world: World,
	extents: readonly number[],
	offset: number
): { readonly frame: number; readonly pages: number } | null {
	for (const index of extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		const inside = offset - extent.tagOffset;
		const left = extent.blockCount * PAGES_PER_BLOCK - inside;
		if (inside >= 0 && left > 0) return { frame: extent.firstBlock * PAGES_PER_BLOCK + inside, pages: left };
	}
	return null;
}

/** Offset in the tag's linear space of a device frame; −1 outside these extents. */
export function offsetInTag(world: World, extents: readonly number[], frame: number): number {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	for (const index of extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		if (block >= extent.firstBlock && block < extent.firstBlock + extent.blockCount)
			return extent.tagOffset + frame - extent.firstBlock * PAGES_PER_BLOCK;
	}
	return -1;
}
