import { assert } from '../../base/assert.ts';
import { BLOCKS_PER_MEMORY_BLOCK, PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind } from '../contract/words.ts';
import { detachBlocks } from '../mm/buddy.ts';
import { setWhole } from '../mm/frames.ts';
import { emit } from '../sim/trace.ts';
import type { ExtentRecord, OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { hostName, vmOf } from './operation.ts';

/**
 * Extents of the pool and the VM that lives in them. A VM that stayed on the pool keeps its extents when it moves on: they
 * are staged already, and only what is missing is added.
 */

/** Extents in which the VM lives on this host. */
export function ownExtents(world: World, vm: number, host: number): number[] {
	return world.r.extents.flatMap((extent, index) =>
		extent.vm === vm && extent.state === 'accepted' && extent.onlineOn === host ? [index] : []
	);
}

/** Pages of the tag's linear space that these extents take up; the next extent begins there. */
export function tagEnd(world: World, extents: readonly number[]): number {
	return extents.reduce((end, index) => {
		const extent = world.r.extents[index] as ExtentRecord;
		return Math.max(end, extent.tagOffset + extent.blockCount * PAGES_PER_BLOCK);
	}, 0);
}

/** Offlines one empty memory block of an extent (Linux 7.2.13 mm/memory_hotplug.c: only what holds nothing goes at once). */
export function offlineBlock(world: World, extent: ExtentRecord, at: number): void {
	const first = (world.r.memories[extent.memory] as { firstBlock: number }).firstBlock + extent.firstBlock + at;
	const free = detachBlocks(world, first, BLOCKS_PER_MEMORY_BLOCK);
	assert(
		free === BLOCKS_PER_MEMORY_BLOCK * PAGES_PER_BLOCK,
		`${extent.id} goes offline with ${BLOCKS_PER_MEMORY_BLOCK * PAGES_PER_BLOCK - free} pages in use`
	);
	for (let block = first; block < first + BLOCKS_PER_MEMORY_BLOCK; block += 1) setWhole(world, block, BlockKind.offline, 0);
}

/** The process that lived in these extents is gone: they go back to the pool. */
export function vacate(world: World, operation: OperationRecord, host: number): void {
	delete vmOf(world, operation).dax;
	for (const index of ownExtents(world, operation.vm, host)) {
		const extent = world.r.extents[index] as ExtentRecord;
		for (let at = 0; at < extent.onlineBlocks; at += BLOCKS_PER_MEMORY_BLOCK) offlineBlock(world, extent, at);
		extent.state = 'released';
		extent.onlineOn = -1;
		extentRecord(world, operation, index, 'released', operation.phaseCauseSeq);
	}
}

export function extentRecord(world: World, operation: OperationRecord, index: number, state: string, cause: number): void {
	const extent = world.r.extents[index] as ExtentRecord;
	emit(world, {
		kind: 'extent',
		rule:
			state === 'online' ? 'extent-online' : state === 'passes' ? 'extent-pass' : state === 'released' ? 'extent-release' : 'extent-offer',
		cause,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		host: extent.onlineOn >= 0 ? hostName(world, extent.onlineOn) : null,
		values: { extent: extent.id, tag: extent.tag, firstBlock: extent.firstBlock, blocks: extent.blockCount, state },
		text: `${extent.id} of ${extent.blockCount} blocks: ${state}`
	});
}
