import type { ZoneName } from '../../contract/machine-status.ts';
import { MIXED_ZONES } from '../../contract/words.ts';
import { blockState, groupOf, memoryBlocks, nodeOfMemoryBlock, zoneOfMemoryBlock, type BlockState } from '../../mm/blocks/sections.ts';
import { BLOCKS_PER_SECTION, osRecord, zoneOfOsBlock } from '../../mm/os/os.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { firstBlockOf } from './runs.ts';

/** A present Linux memory block as its folder in sysfs tells it. */
export interface BlockView {
	readonly id: number;
	readonly state: BlockState;
	readonly node: number;
	/** Name when all of it is in one zone, 'none' when it spans several, null while it is offline. */
	readonly zone: ZoneName | 'none' | null;
	readonly firstSection: number;
	readonly sections: number;
	/** Memory group it came with, −1 for boot memory. */
	readonly group: number;
}

/** All present memory blocks of a machine, ascending. Holes have no folder (drivers/base/memory.c). */
export function memoryBlocksOf(world: World, os: number): BlockView[] {
	return memoryBlocks(world, os).flatMap((id) => memoryBlockView(world, os, id) ?? []);
}

export function memoryBlockView(world: World, os: number, id: number): BlockView | null {
	const state = blockState(world, os, id);
	if (state === null) return null;
	const zone = zoneOfMemoryBlock(world, os, id);
	const sections = osRecord(world, os).sectionsPerBlock;
	return {
		id,
		state,
		node: nodeOfMemoryBlock(world, os, id),
		zone: state === 'offline' ? null : ((world.r.zones[zone] as ZoneRecord | undefined)?.name ?? 'none'),
		firstSection: id * sections,
		sections,
		group: groupOf(world, os, id)
	};
}

/** Visits every 2 MiB block of a section with its zone index. */
export function zonesInSection(
	world: World,
	os: number,
	section: number,
	visit: (zone: number, firstBlock: number, count: number) => void
): void {
	const first = firstBlockOf(world, os) + section * BLOCKS_PER_SECTION;
	const value = world.c.memoryBlockZone.get(first / BLOCKS_PER_SECTION);
	if (value !== MIXED_ZONES) {
		if (value > 0) visit(value - 1, first, BLOCKS_PER_SECTION);
		return;
	}
	for (let block = first; block < first + BLOCKS_PER_SECTION; block += 1) {
		const zone = zoneOfOsBlock(world, os, block);
		if (zone >= 0) visit(zone, block, 1);
	}
}
