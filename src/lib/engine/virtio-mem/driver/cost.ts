import { BLOCK_BYTES, GIB } from '../../../base/units.ts';
import { costNs } from '../../costs/cost-model.ts';
import type { World } from '../../state/world.ts';

/**
 * Simulated time of the driver's steps. Plugging and unplugging by the measured rates of virtio-mem; moving what was in the
 * way by the rate of page migration; adding and removing a memory block by its own measured time (cost table).
 */

const SECTION_BYTES = 64 * BLOCK_BYTES;

export function plugNs(world: World, bytes: number): number {
	return (bytes / GIB / world.costs.virtioMemPlugGiBps) * 1e9;
}

/** Per memory block, by its size in sections. */
export function addBlockNs(world: World, bytes: number): number {
	return costNs(world.costs, 'blockOnlineMs') * (bytes / SECTION_BYTES);
}

export function removeBlockNs(world: World, bytes: number): number {
	return costNs(world.costs, 'blockOfflineFreeMs') * (bytes / SECTION_BYTES);
}

/** Looking at the range, isolating it, giving it back. A try that fails has looked too. */
export function unplugNs(world: World, bytes: number): number {
	return (bytes / GIB / world.costs.virtioMemUnplugGiBps) * 1e9;
}

export function moveNs(world: World, pages: number): number {
	return pages * costNs(world.costs, 'migratePage4kUs');
}

/**
 * An allocation that may fail only after reclaim (RETRY_MAYFAIL): MAX_RECLAIM_RETRIES rounds without progress (Linux 7.2.13
 * mm/page_alloc.c, should_reclaim_retry), each as long as reclaim throttles when it finds nothing, a tenth of a second
 * (mm/vmscan.c, reclaim_throttle). Our simplification: always all of them.
 */
export const FRUITLESS_RECLAIM_NS = 16 * 100_000_000;
