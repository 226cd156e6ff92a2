import { MIXED_ZONES } from '../../contract/words.ts';
import type { MemoryRecord, ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION } from '../os/os.ts';

/**
 * Sizes of a zone as blocks come and go: spanned ≥ present ≥ managed (Linux 7.2.13 mm/memory_hotplug.c,
 * resize_zone_range, shrink_zone_span, adjust_present_page_count).
 */

export function growSpan(world: World, zone: number, firstPfn: number, pages: number): void {
	const record = world.r.zones[zone] as ZoneRecord;
	const empty = record.spanEndPfn === record.spanStartPfn;
	record.spanStartPfn = empty ? firstPfn : Math.min(record.spanStartPfn, firstPfn);
	record.spanEndPfn = empty ? firstPfn + pages : Math.max(record.spanEndPfn, firstPfn + pages);
}

/** After a range left the zone: its borders move to the next sections that are still in it. */
export function shrinkSpan(world: World, os: number, zone: number, firstPfn: number, pages: number): void {
	const record = world.r.zones[zone] as ZoneRecord;
	const endPfn = firstPfn + pages;
	if (record.spanStartPfn >= firstPfn && record.spanStartPfn < endPfn) {
		let pfn = endPfn;
		while (pfn < record.spanEndPfn && !inZone(world, os, zone, pfn)) pfn += PAGES_PER_SECTION;
		if (pfn >= record.spanEndPfn) {
			record.spanStartPfn = 0;
			record.spanEndPfn = 0;
			return;
		}
		record.spanStartPfn = pfn;
	}
	if (record.spanEndPfn > firstPfn && record.spanEndPfn <= endPfn) {
		let pfn = firstPfn;
		while (pfn > record.spanStartPfn && !inZone(world, os, zone, pfn - PAGES_PER_SECTION)) pfn -= PAGES_PER_SECTION;
		if (pfn <= record.spanStartPfn) {
			record.spanStartPfn = 0;
			record.spanEndPfn = 0;
		} else record.spanEndPfn = pfn;
	}
}

/** Does the section at this pfn belong to the zone, wholly or in part? */
function inZone(world: World, os: number, zone: number, pfn: number): boolean {
	const memory = world.r.memories[osRecord(world, os).memory] as MemoryRecord;
	const at = Math.floor(pfn / PAGES_PER_SECTION);
	const value = world.c.memoryBlockZone.get(memory.firstBlock / BLOCKS_PER_SECTION + at);
	if (value !== MIXED_ZONES) return value - 1 === zone;
	const { firstBlock, blockCount } = world.r.zones[zone] as ZoneRecord;
	return firstBlock < (at + 1) * BLOCKS_PER_SECTION && firstBlock + blockCount > at * BLOCKS_PER_SECTION;
}

export function addPresent(world: World, zone: number, pages: number): void {
	world.c.zonePresentPages.set(zone, world.c.zonePresentPages.get(zone) + pages);
}

export function addManaged(world: World, zone: number, pages: number): void {
	world.c.zoneManagedPages.set(zone, world.c.zoneManagedPages.get(zone) + pages);
}

/** Counts of auto-movable: pages of a group by zone class, or, for boot memory, early kernel memory of the node. */
export function countForPolicy(world: World, os: number, group: number, zone: number, pages: number): void {
	const record = osRecord(world, os);
	const { name, node } = world.r.zones[zone] as ZoneRecord;
	const owner = record.groups[group];
	if (owner) {
		if (name === 'MOVABLE') owner.movablePages += pages;
		else owner.kernelPages += pages;
		return;
	}
	const at = record.nodes.findIndex((candidate) => candidate.id === node);
	if (name !== 'MOVABLE') record.earlyKernelPages[at] = (record.earlyKernelPages[at] ?? 0) + pages;
}
