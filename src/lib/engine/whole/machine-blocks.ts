import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, SectionState, wordKind } from '../contract/words.ts';
import { blocksOf, blockState, groupOf, memoryBlocks, nodeOfMemoryBlock, pagesPerBlock, zoneOfMemoryBlock } from '../mm/blocks/sections.ts';
import { BLOCKS_PER_SECTION } from '../mm/os/os.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { MemoryRecord, ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Statements about memory blocks of Linux machines: states, isolation, groups, struct pages. */

/** A section without memory holds none, an offline one holds nothing that is used, an online one has a zone of its node. */
export function memoryBlockStates(world: World): string | null {
	for (const os of world.r.oses) {
		const memory = world.r.memories[os.memory] as MemoryRecord;
		const first = memory.firstBlock / BLOCKS_PER_SECTION;
		for (let section = first; section < first + memory.blockCount / BLOCKS_PER_SECTION; section += 1) {
			const wrong = wrongSection(world, section);
			if (wrong !== null) return `${os.id}: section ${section - first}: ${wrong}`;
		}
	}
	return null;
}

function wrongSection(world: World, section: number): string | null {
	const { c } = world;
	const state = c.memoryBlockState.get(section);
	const inZone = c.memoryBlockZone.get(section) !== 0;
	const online = state === SectionState.online || state === SectionState.goingOffline;
	if (online !== inZone) return `state ${state} and zone ${c.memoryBlockZone.get(section) - 1} do not go together`;
	if ((state !== SectionState.absent) !== (c.memoryBlockNode.get(section) !== 0))
		return 'has a node without memory, or memory without a node';
	if (online) return null;
	const wanted = state === SectionState.offline ? BlockKind.offline : BlockKind.absent;
	for (let block = section * BLOCKS_PER_SECTION; block < (section + 1) * BLOCKS_PER_SECTION; block += 1)
		if (wordKind(c.blockWord.get(block)) !== wanted) return `block ${block} of kind ${wordKind(c.blockWord.get(block))} in state ${state}`;
	return null;
}

/** Zone and node of every online memory block agree, and the whole block has one state. */
export function memoryBlockZones(world: World): string | null {
	for (const [os, record] of world.r.oses.entries())
		for (const id of memoryBlocks(world, os)) {
			const zone = world.r.zones[zoneOfMemoryBlock(world, os, id)];
			if (zone && (zone.os !== os || zone.node !== nodeOfMemoryBlock(world, os, id)))
				return `${record.id}: memory${id} is in a zone of another node`;
			const { first, count } = blocksOf(world, os, id);
			const states = new Set<number>();
			for (let section = first / BLOCKS_PER_SECTION; section < (first + count) / BLOCKS_PER_SECTION; section += 1)
				states.add(world.c.memoryBlockState.get(section));
			states.delete(SectionState.absent);
			if (states.size > 1) return `${record.id}: memory${id} has several states`;
		}
	return null;
}

/** Between two events only pageblocks of memory blocks that are going offline are isolated, and of ranges that a driver is emptying; all of those. */
export function isolatedBlocks(world: World): string | null {
	for (const [os, record] of world.r.oses.entries()) {
		const isolated = record.isolated.reduce((sum, run) => sum + run.count, 0);
		const going = memoryBlocks(world, os).filter((id) => blockState(world, os, id) === 'going-offline');
		const wanted = going.reduce((sum, id) => sum + blocksOf(world, os, id).count, 0);
		const taken = world.r.virtioMems.filter((device) => device.os === os).reduce((sum, device) => sum + takenBlocks(device), 0);
		if (isolated !== wanted + taken)
			return `${record.id}: ${isolated} pageblocks are isolated, ${wanted} are going offline, ${taken} are being emptied`;
	}
	return null;
}

/** Pageblocks of the range that the driver is emptying just now (virtio-mem/driver/fake-offline.ts). */
function takenBlocks(device: VirtioMemRecord): number {
	const take = device.driver.work['take'] as { blocks: number } | undefined;
	return take?.blocks ?? 0;
}

/** What auto-movable counts per group is what is online of it. */
export function memoryGroups(world: World): string | null {
	for (const [os, record] of world.r.oses.entries()) {
		const kernel = record.groups.map(() => 0);
		const movable = record.groups.map(() => 0);
		for (const id of memoryBlocks(world, os)) {
			const group = groupOf(world, os, id);
			const zone = world.r.zones[zoneOfMemoryBlock(world, os, id)] as ZoneRecord | undefined;
			if (group < 0 || !zone) continue;
			const counts = zone.name === 'MOVABLE' ? movable : kernel;
			counts[group] = (counts[group] ?? 0) + pagesPerBlock(world, os);
		}
		for (const [at, group] of record.groups.entries())
			if (group.kernelPages !== kernel[at] || group.movablePages !== movable[at])
				return `${record.id}: group of ${group.device} counts ${group.kernelPages} + ${group.movablePages} pages, online are ${kernel[at]} + ${movable[at]}`;
	}
	return null;
}

/** Every added section has its struct pages, in a frame that is not free, and nothing else has. */
export function memmapsOfSections(world: World): string | null {
	for (const record of world.r.oses) {
		const memory = world.r.memories[record.memory] as MemoryRecord;
		const first = memory.firstBlock / BLOCKS_PER_SECTION;
		const described = new Set(record.memmaps.map((entry) => entry.section));
		if (described.size !== record.memmaps.length) return `${record.id}: a section is described twice`;
		for (let section = first; section < first + memory.blockCount / BLOCKS_PER_SECTION; section += 1) {
			const added = world.c.memoryBlockState.get(section) !== SectionState.absent && world.c.memoryBlockGroup.get(section) !== 0;
			if (added !== described.has(section))
				return `${record.id}: section ${section - first} ${added ? 'has no struct pages' : 'is gone, its struct pages are not'}`;
		}
		const free = record.memmaps.find(
			(entry) => wordKind(world.c.blockWord.get(Math.floor(entry.frame / PAGES_PER_BLOCK))) === BlockKind.free
		);
		if (free) return `${record.id}: struct pages of section ${free.section - first} lie in free memory`;
	}
	return null;
}
