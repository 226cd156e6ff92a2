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
