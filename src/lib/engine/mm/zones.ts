import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BLOCK_ORDER, MIGRATETYPES, Migratetype, ORDERS } from '../contract/words.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { allocate } from './buddy.ts';

/**
 * Where a movable user allocation of a host may land: ZONE_MOVABLE of node 0 first, then ZONE_NORMAL (Linux 7.2.13
 * mm/page_alloc.c, the zonelist of a movable allocation). Watermarks are not modelled yet; the compute-less node is used
 * only when asked for by name, as move_pages with one target node does (__GFP_THISNODE).
 */
export function allocateOnDram(world: World, host: number, order: number): number {
	const record = world.r.hosts[host];
	if (!record) return -1;
	const frame = allocate(world, record.movableZone, order, Migratetype.movable);
	return frame >= 0 ? frame : allocate(world, record.normalZone, order, Migratetype.movable);
}

/** In the extents that were reserved for this VM alone (decision D4). */
export function allocateOnPool(world: World, vm: VmRecord, order: number): number {
	const zone = vm.poolZones[vm.running];
	return zone < 0 ? -1 : allocate(world, zone, order, Migratetype.movable);
}

/** Pages that movable allocations of the host could still take from its DRAM. */
export function freeDramPages(world: World, host: number): number {
	const record = world.r.hosts[host];
	if (!record) return 0;
	return world.c.zoneFreePages.get(record.movableZone) + world.c.zoneFreePages.get(record.normalZone);
}

/** True when the zone could not give single pages without breaking a block: then 512 of them in a row form one run. */
export function smallListsEmpty(world: World, zone: number, migratetype: number = Migratetype.movable): boolean {
	const { c } = world;
	for (let order = 0; order < BLOCK_ORDER; order += 1)
		if (c.freeCount.get((zone * MIGRATETYPES + migratetype) * ORDERS + order) !== 0) return false;
	return true;
}

/** Global block index of a frame number, and its row. */
export const blockOfFrame = (frame: number): number => Math.floor(frame / PAGES_PER_BLOCK);
export const rowOfFrame = (frame: number): number => frame % PAGES_PER_BLOCK;
