import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, Migratetype, SectionState, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { rebuildZonelists } from '../alloc/zonelist.ts';
import { onZonePopulated } from '../boot/background.ts';
import { giveBlocks } from '../buddy.ts';
import { goingOnline, keptBack, wentOnline } from '../drivers/notifier.ts';
import { setMigratetype, setWhole } from '../frames.ts';
import { BLOCKS_PER_SECTION, osRecord } from '../os/os.ts';
import { wakeParked } from '../os/wake.ts';
import { poisonedIn } from './poison.ts';
import { blocksOf, blockState, firstPfnOf, groupOf, pagesPerBlock, sectionsOf, setBlockState } from './sections.ts';
import { zoneFor, type OnlineWord } from './zone-choice.ts';
import { addManaged, addPresent, countForPolicy, growSpan } from './zone-size.ts';

/**
 * Onlines one memory block (Linux 7.2.13 mm/memory_hotplug.c, online_pages): zone, veto of drivers, pages to the buddy at the
 * tail of its lists, zonelists, what the kernel then puts there. null, or the errno that a writer of `state` sees.
 */
export function onlineMemoryBlock(
	world: World,
	os: number,
	memoryBlock: number,
	how: OnlineWord,
	cause: number | null = null
): string | null {
	const { r, c } = world;
	if (blockState(world, os, memoryBlock) !== 'offline') return 'EINVAL';
	// drivers/base/memory.c, memory_block_online: a block with hardware errors does not come back.
	if (poisonedIn(world, os, firstPfnOf(world, os, memoryBlock), pagesPerBlock(world, os)) > 0) return 'EHWPOISON';
	const record = osRecord(world, os);
	const zone = zoneFor(world, os, memoryBlock, how);
	if (zone < 0) return 'EINVAL';
	const { name, node } = r.zones[zone] as ZoneRecord;
	const veto = goingOnline(world, os, memoryBlock, name);
	if (veto !== null) return veto;
	const pages = pagesPerBlock(world, os);
	const empty = c.zonePresentPages.get(zone) === 0;
	const { first, end } = sectionsOf(world, os, memoryBlock);
	c.memoryBlockZone.fill(zone + 1, first, end);
	setBlockState(world, os, memoryBlock, SectionState.online);
	growSpan(world, zone, firstPfnOf(world, os, memoryBlock), pages);
	addPresent(world, zone, pages);
	addManaged(world, zone, giveToBuddy(world, os, memoryBlock, zone));
	countForPolicy(world, os, groupOf(world, os, memoryBlock), zone, pages);
	if (empty) rebuildZonelists(world, os);
	wentOnline(world, os, memoryBlock, name);
	emit(world, {
		kind: 'online',
		rule: 'memory-online',
		cause,
		host: record.id,
		values: { memoryBlock, zone: name, node, pfn: firstPfnOf(world, os, memoryBlock), pages, how },
		text: `${record.id}: memory${memoryBlock} is online in ${name} of node ${node}`
	});
	if (empty) onZonePopulated(world, os, zone);
	wakeParked(world, os);
	return null;
}

/** Blocks of the range that hold its own struct pages: only with memmap_on_memory, which is fixed at boot. */
function ownMemmaps(world: World, os: number, first: number, count: number): ReadonlySet<number> {
	const { memmaps, settings } = osRecord(world, os);
	if (!settings.memmapOnMemory) return NONE;
	return new Set(memmaps.map((entry) => entry.frame / PAGES_PER_BLOCK).filter((block) => block >= first && block < first + count));
}
const NONE: ReadonlySet<number> = new Set();

/** What a driver keeps back stays PageOffline, what holds the block's own struct pages stays reserved. Pages given. */
function giveToBuddy(world: World, os: number, memoryBlock: number, zone: number): number {
	const { first, count } = blocksOf(world, os, memoryBlock);
	const own = ownMemmaps(world, os, first, count);
	let given = 0;
	let from = -1;
	for (let block = first; block <= first + count; block += 1) {
		const use = block === first + count || own.has(block) ? UseClass.reserved : keptBack(world, os, block) ? UseClass.pageOffline : null;
		if (use === null) {
			if (from < 0) from = block;
			continue;
		}
		if (from >= 0) {
			giveBlocks(world, os, zone, from, block - from, true);
			given += (block - from) * PAGES_PER_BLOCK;
			from = -1;
		}
		if (block < first + count) {
			setWhole(world, block, BlockKind.use, usePayload(use, 0));
			setMigratetype(world, block, Migratetype.movable);
		}
	}
	return given;
}

/** Sections of the machine per memory block, for callers that count in 2 MiB blocks. */
export const blocksPerMemoryBlock = (world: World, os: number): number => osRecord(world, os).sectionsPerBlock * BLOCKS_PER_SECTION;
