import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { World } from '../../state/world.ts';
import { giveBlocks, isIsolated, isolateBlocks, removeFreeBlocks, unisolateBlocks, zoneOfBlock } from '../buddy.ts';
import { setWhole } from '../frames.ts';
import { replaceFree } from '../hugetlb/range.ts';
import { migrateFolios } from '../move/migrate.ts';
import { osRecord, pfnOfFrame } from '../os/os.ts';
import { wakeParked } from '../os/wake.ts';
import { firstUnmovable, leftIn, movableIn, targetOf, type Blocker } from './scan.ts';
import { addManaged } from './zone-size.ts';

/**
 * Emptying an exact range (Linux 7.2.13 mm/page_alloc.c, alloc_contig_range): isolate, move what is in it, own node first,
 * check that all is free, take it. Ranges here are whole pageblocks. virtio-mem walks through the steps by events, so that each
 * pageblock is seen to empty (decision D5).
 */
export interface ContigResult {
	readonly outcome: 'ok' | 'EBUSY' | 'ENOMEM';
	/** What stood in the way. */
	readonly blocker: Blocker | null;
	/** Base pages that had to move. */
	readonly moved: number;
}

/** Tries per batch before it gives up (mm/page_alloc.c, __alloc_contig_migrate_range). */
const CONTIG_TRIES = 5;

/** All steps at one instant. */
export function allocContigRange(world: World, os: number, firstBlock: number, count: number): ContigResult {
	const refused = beginContigRange(world, os, firstBlock, count);
	if (refused !== null) return refused;
	let moved = 0;
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const emptied = emptyBlock(world, os, block);
		moved += emptied.moved;
		if (emptied.failed !== null) return endContigRange(world, os, firstBlock, count, moved, emptied.failed === 'ENOMEM');
	}
	return endContigRange(world, os, firstBlock, count, moved, false);
}

/** First step: every pageblock is isolated. Null when they are now, else why not. */
export function beginContigRange(world: World, os: number, firstBlock: number, count: number): ContigResult | null {
	for (let block = firstBlock; block < firstBlock + count; block += 1)
		if (isIsolated(world, os, block))
			return busy(world, os, { pfn: pfnOfFrame(world, os, block * PAGES_PER_BLOCK), why: 'somebody else isolates it' }, 0);
	const unmovable = firstUnmovable(world, os, firstBlock, count, 'contig');
	if (unmovable !== null) return busy(world, os, unmovable, 0);
	isolateBlocks(world, os, firstBlock, count);
	return null;
}

/** Second step, pageblock by pageblock: what can move moves. A failure ends the whole range: there is no use in the rest. */
export function emptyBlock(world: World, os: number, block: number): Emptied {
	let moved = 0;
	if (!replaceFree(world, os, block)) return tellMoved(world, os, block, { moved, failed: 'ENOMEM' });
	for (let attempt = 1; ; attempt += 1) {
		const runs = movableIn(world, os, block);
		if (runs.length === 0) return tellMoved(world, os, block, { moved, failed: null });
		const result = migrateFolios(world, os, runs, { mode: 'sync', place: targetOf(world, os, 'contig'), split: true });
		moved += result.moved;
		if (result.enomem) return tellMoved(world, os, block, { moved, failed: 'ENOMEM' });
		if (attempt === CONTIG_TRIES) return tellMoved(world, os, block, { moved, failed: result.failed.length > 0 ? 'EBUSY' : null });
	}
}

interface Emptied {
	readonly moved: number;
	readonly failed: 'EBUSY' | 'ENOMEM' | null;
}

function tellMoved(world: World, os: number, block: number, emptied: Emptied): Emptied {
	const { id } = osRecord(world, os);
	const pfn = pfnOfFrame(world, os, block * PAGES_PER_BLOCK);
	if (emptied.moved > 0)
		emit(world, {
			kind: 'move',
			rule: 'contig-range',
			cause: null,
			host: id,
			values: { pfn, pages: PAGES_PER_BLOCK, moved: emptied.moved },
			text: `${id}: ${emptied.moved} pages leave the pageblock at pfn 0x${pfn.toString(16)}`
		});
	return emptied;
}

/** Last step: taken when all of it is free, else the pageblocks get their type back. */
export function endContigRange(world: World, os: number, firstBlock: number, count: number, moved: number, enomem: boolean): ContigResult {
	const blocker = firstLeft(world, os, firstBlock, count);
	if (blocker === null && removeFreeBlocks(world, os, firstBlock, count)) {
		for (let block = firstBlock; block < firstBlock + count; block += 1)
			setWhole(world, block, BlockKind.use, usePayload(UseClass.kernel, 0));
		unisolateBlocks(world, os, firstBlock, count);
		return { outcome: 'ok', blocker: null, moved };
	}
	unisolateBlocks(world, os, firstBlock, count);
	return enomem ? { ...busy(world, os, blocker, moved), outcome: 'ENOMEM' } : busy(world, os, blocker, moved);
}

function firstLeft(world: World, os: number, firstBlock: number, count: number): Blocker | null {
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const left = leftIn(world, os, block, 'contig');
		if (left !== null) return left;
	}
	return null;
}

function busy(world: World, os: number, blocker: Blocker | null, moved: number): ContigResult {
	const { id } = osRecord(world, os);
	if (blocker !== null)
		emit(world, {
			kind: 'move',
			rule: 'contig-range',
			cause: null,
			host: id,
			values: { pfn: blocker.pfn, moved },
			text: `${id}: the range cannot be emptied: ${blocker.why} at pfn 0x${blocker.pfn.toString(16)}`
		});
	return { outcome: 'EBUSY', blocker, moved };
}

/** Gives a range back that allocContigRange took. */
export function freeContigRange(world: World, os: number, firstBlock: number, count: number): void {
	giveBlocks(world, os, zoneOfBlock(world, firstBlock), firstBlock, count, false);
	wakeParked(world, os);
}

/** A range that was taken becomes PageOffline: in the memmap, but not usable; managed shrinks, present does not. */
export function fakeOffline(world: World, os: number, firstBlock: number, count: number): void {
	for (let block = firstBlock; block < firstBlock + count; block += 1)
		setWhole(world, block, BlockKind.use, usePayload(UseClass.pageOffline, 0));
	addManaged(world, zoneOfBlock(world, firstBlock), -count * PAGES_PER_BLOCK);
}

/** PageOffline pages become usable again and go to the buddy (virtio_mem_fake_online). */
export function fakeOnline(world: World, os: number, firstBlock: number, count: number): void {
	const zone = zoneOfBlock(world, firstBlock);
	addManaged(world, zone, count * PAGES_PER_BLOCK);
	giveBlocks(world, os, zone, firstBlock, count, true);
	wakeParked(world, os);
}
