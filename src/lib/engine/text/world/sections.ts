import type { ZoneName } from '../../contract/machine-status.ts';
import { MIXED_ZONES, SectionState } from '../../contract/words.ts';
import { BLOCKS_PER_SECTION, osRecord, zoneOfOsBlock } from '../../mm/os/os.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { firstBlockOf } from './runs.ts';

/** A present Linux memory block, read from the sections that it is made of. */
export interface BlockView {
	readonly id: number;
	readonly state: 'offline' | 'online' | 'going-offline';
	readonly node: number;
	/** Name when all of it is in one zone, 'none' when it spans several, null while it is offline. */
	readonly zone: ZoneName | 'none' | null;
	readonly firstSection: number;
	readonly sections: number;
	/** Memory group it came with, −1 for boot memory. */
	readonly group: number;
}

const STATES = { [SectionState.offline]: 'offline', [SectionState.online]: 'online', [SectionState.goingOffline]: 'going-offline' } as const;

/** All present memory blocks of a machine, ascending. Holes have no directory (drivers/base/memory.c). */
export function memoryBlocksOf(world: World, os: number): BlockView[] {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as { firstBlock: number; blockCount: number };
	const views: BlockView[] = [];
	const step = record.sectionsPerBlock;
	for (let first = 0; first * BLOCKS_PER_SECTION < memory.blockCount; first += step) {
		const view = memoryBlockView(world, os, first / step);
		if (view) views.push(view);
	}
	return views;
}

export function memoryBlockView(world: World, os: number, id: number): BlockView | null {
	const { c } = world;
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as { firstBlock: number; blockCount: number };
	const base = memory.firstBlock / BLOCKS_PER_SECTION;
	const sections = record.sectionsPerBlock;
	const firstSection = id * sections;
	if (id < 0 || firstSection * BLOCKS_PER_SECTION >= memory.blockCount) return null;
	let state: number = SectionState.absent;
	let node = -1;
	let group = -1;
	for (let at = 0; at < sections && (firstSection + at) * BLOCKS_PER_SECTION < memory.blockCount; at += 1) {
		const section = base + firstSection + at;
		const own = c.memoryBlockState.get(section);
		if (own === SectionState.absent) continue;
		if (state === SectionState.absent) {
			state = own;
			node = c.memoryBlockNode.get(section) - 1;
			group = c.memoryBlockGroup.get(section) - 1;
		}
	}
	if (state === SectionState.absent) return null;
	const name = STATES[state as keyof typeof STATES];
	return { id, state: name, node, zone: name === 'offline' ? null : zoneOf(world, os, base + firstSection, sections), firstSection, sections, group };
}

function zoneOf(world: World, os: number, firstSection: number, sections: number): ZoneName | 'none' {
	let zone = 0;
	for (let section = firstSection; section < firstSection + sections; section += 1) {
		const own = world.c.memoryBlockZone.get(section);
		// Holes do not matter (drivers/base/memory.c, early_node_zone_for_memory_block).
		if (own === 0) continue;
		if (own === MIXED_ZONES || (zone !== 0 && own !== zone)) return 'none';
		zone = own;
	}
	return (world.r.zones[zone - 1] as ZoneRecord | undefined)?.name ?? 'none';
}

/** Visits every 2 MiB block of a section with its zone index. */
export function zonesInSection(world: World, os: number, section: number, visit: (zone: number, firstBlock: number, count: number) => void): void {
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
