import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { isIsolated, release } from '../buddy.ts';
import { nodeOfBlock, osRecord } from '../os/os.ts';
import { freshPage, hugeCounts } from './pool.ts';

/** Pool pages in a range that is to be emptied (Linux 7.2.13 mm/hugetlb.c). Those in use are moved like other folios. */

/**
 * dissolve_free_hugetlb_folios: free ones of the range leave the pool; one that a mapping has reserved stays, and the range
 * with it: false.
 */
export function dissolveFree(world: World, os: number, firstBlock: number, count: number): boolean {
	const pool = osRecord(world, os).hugePool;
	if (!pool) return true;
	for (const block of [...pool.free].sort((a, b) => a - b)) {
		if (block < firstBlock || block >= firstBlock + count) continue;
		const { free, reserved } = hugeCounts(world, os, null);
		if (free - reserved <= 0) return false;
		leave(world, os, block);
	}
	return true;
}

/** isolate_or_dissolve_huge_folio: a free one is replaced by a fresh one of the same node; false when there is none. */
export function replaceFree(world: World, os: number, block: number): boolean {
	const pool = osRecord(world, os).hugePool;
	if (!pool?.free.includes(block)) return true;
	const fresh = freshPage(world, os, nodeOfBlock(world, block));
	if (fresh < 0 || isIsolated(world, os, fresh)) return false;
	leave(world, os, block);
	pool.free.push(fresh);
	return true;
}

function leave(world: World, os: number, block: number): void {
	const pool = osRecord(world, os).hugePool;
	if (!pool) return;
	pool.free.splice(pool.free.indexOf(block), 1);
	release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
}
