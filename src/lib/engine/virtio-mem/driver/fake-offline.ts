import { BLOCK_BYTES } from '../../../base/units.ts';
import { beginContigRange, emptyBlock, endContigRange, fakeOffline, type ContigResult } from '../../mm/blocks/contig.ts';
import { unisolateBlocks } from '../../mm/buddy.ts';
import { blockAtAddress } from '../../mm/drivers/find.ts';
import { osRecord, zoneOfOsBlock } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { FRUITLESS_RECLAIM_NS, moveNs } from './cost.ts';
import type { Errno } from './send.ts';

/**
 * Takes a range away from the buddy allocator, page by page if need be, and marks it PageOffline (Linux 7.2.13
 * drivers/virtio/virtio_mem.c, virtio_mem_fake_offline): one try in a kernel zone, up to five in ZONE_MOVABLE, none once the
 * configuration changed.
 */
const MOVABLE_TRIES = 5;
/** Sub-blocks that stayed, with who is in them: as many as the page shows. */
const MOST_BLOCKERS = 32;

/** Not done: one pageblock was emptied, which took so long; ask again then. */
export type Taking =
	{ readonly done: false; readonly costNs: number } | { readonly done: true; readonly errno: Errno | null; readonly costNs: number };

/** Where the range stands, in the run's notes. */
interface Progress {
	firstBlock: number;
	blocks: number;
	next: number;
	moved: number;
	attempt: number;
}

/** One step of taking the range; to be called with the same range until it is done. */
export function takeRange(world: World, device: VirtioMemRecord, addr: number, bytes: number, note: boolean): Taking {
	const { os, driver } = device;
	const firstBlock = blockAtAddress(world, os, addr);
	const blocks = bytes / BLOCK_BYTES;
	for (let attempt = progressOf(device)?.attempt ?? 1; ; attempt += 1) {
		if (progressOf(device) === null) {
			if (driver.configChanged) return { done: true, errno: 'EAGAIN', costNs: 0 };
			const refused = beginContigRange(world, os, firstBlock, blocks);
			if (refused !== null) return end(device, addr, refused, note);
			driver.work['take'] = { firstBlock, blocks, next: firstBlock, moved: 0, attempt };
		}
		const progress = progressOf(device) as Progress;
		const result = goThrough(world, os, progress);
		if (typeof result === 'number') return { done: false, costNs: moveNs(world, result) };
		delete driver.work['take'];
		// Nothing moved and nothing passes by: another try at the same instant would find the same.
		const same = result.moved === 0 && osRecord(world, os).settings.transientChancePpm === 0;
		const again = result.outcome === 'EBUSY' && attempt < triesIn(world, os, firstBlock) && !same;
		if (again) continue;
		if (result.outcome === 'ok') fakeOffline(world, os, firstBlock, blocks);
		return end(device, addr, result, note);
	}
}

const triesIn = (world: World, os: number, block: number): number => (isMovable(world, os, block) ? MOVABLE_TRIES : 1);

/** Empties the next pageblock that holds anything: the pages that moved. When none is left, or one fails, the result. */
function goThrough(world: World, os: number, progress: Progress): number | ContigResult {
	const { firstBlock, blocks } = progress;
	while (progress.next < firstBlock + blocks) {
		const { moved, failed } = emptyBlock(world, os, progress.next);
		progress.next += 1;
		progress.moved += moved;
		if (failed !== null) return endContigRange(world, os, firstBlock, blocks, progress.moved, failed === 'ENOMEM');
		if (moved > 0) return moved;
	}
	return endContigRange(world, os, firstBlock, blocks, progress.moved, false);
}

function end(device: VirtioMemRecord, addr: number, result: ContigResult, note: boolean): Taking {
	if (result.outcome === 'ok') return { done: true, errno: null, costNs: 0 };
	if (result.outcome === 'ENOMEM') return { done: true, errno: 'ENOMEM', costNs: FRUITLESS_RECLAIM_NS };
	if (note && result.blocker) noteBlocker(device, addr, result.blocker.why);
	return { done: true, errno: 'EBUSY', costNs: 0 };
}

/** The guest is gone in the middle of it: the pageblocks get their type back. */
export function abandonRange(world: World, device: VirtioMemRecord): void {
	const progress = progressOf(device);
	if (progress === null) return;
	unisolateBlocks(world, device.os, progress.firstBlock, progress.blocks);
	delete device.driver.work['take'];
}

function progressOf(device: VirtioMemRecord): Progress | null {
	return (device.driver.work['take'] ?? null) as Progress | null;
}

export function isMovable(world: World, os: number, block: number): boolean {
	const zone = zoneOfOsBlock(world, os, block);
	return zone >= 0 && world.r.zones[zone]?.name === 'MOVABLE';
}

/** `work.blocking`: pairs of address and reason, of this run. */
function noteBlocker(device: VirtioMemRecord, addr: number, why: string): void {
	const { work } = device.driver;
	const list = Array.isArray(work['blocking']) ? work['blocking'] : [];
	if (list.length < MOST_BLOCKERS) work['blocking'] = [...list, [addr, why]];
}
