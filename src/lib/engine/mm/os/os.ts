import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import { MIXED_ZONES } from '../../contract/words.ts';
import type { AreaRecord, OsRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/** Where things of one Linux instance are. A pfn counts 4 KiB from physical address 0 of its machine. */

export const PAGES_PER_SECTION = 32_768;
export const BLOCKS_PER_SECTION = 64;
/** Low to high, the kernel's enum order; EXMEM is seed S3's proposal and stands above MOVABLE there. */
export const ZONE_ORDER: readonly ZoneName[] = ['DMA', 'DMA32', 'NORMAL', 'MOVABLE', 'EXMEM', 'DEVICE'];

export function osRecord(world: World, os: number): OsRecord {
	const record = world.r.oses[os];
	assert(record !== undefined, `there is no machine ${os}`);
	return record;
}

/** Global index of the 2 MiB block that holds a pfn of this machine. */
export function blockOfPfn(world: World, os: number, pfn: number): number {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number };
	return memory.firstBlock + Math.floor(pfn / PAGES_PER_BLOCK);
}

/** Global frame (block × 512 + row) ↔ pfn of the machine. */
export function pfnOfFrame(world: World, os: number, frame: number): number {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number };
	return frame - memory.firstBlock * PAGES_PER_BLOCK;
}
export function frameOfPfn(world: World, os: number, pfn: number): number {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number };
	return memory.firstBlock * PAGES_PER_BLOCK + pfn;
}

/** Row of the `memoryBlock` region (a 128 MiB section) that holds a global block. Memories begin on section borders. */
export const sectionOfBlock = (block: number): number => Math.floor(block / BLOCKS_PER_SECTION);

/** Node of a global block; −1 where there is no memory. */
export function nodeOfBlock(world: World, block: number): number {
	return world.c.memoryBlockNode.get(sectionOfBlock(block)) - 1;
}

/** Zone index of a global block, −1 when it is in none. A section that several zones share asks their home ranges. */
export function zoneOfOsBlock(world: World, os: number, block: number): number {
	const value = world.c.memoryBlockZone.get(sectionOfBlock(block));
	if (value !== MIXED_ZONES) return value - 1;
	const record = osRecord(world, os);
	const first = (world.r.memories[record.memory] as { firstBlock: number }).firstBlock;
	for (const index of record.zones) {
		const zone = world.r.zones[index] as ZoneRecord;
		if (block - first >= zone.firstBlock && block - first < zone.firstBlock + zone.blockCount) return index;
	}
	return -1;
}

/** Index of a node's zone by name, −1 if the instance has none. */
export function zoneIndex(world: World, os: number, node: number, name: ZoneName): number {
	return (
		osRecord(world, os).zones.find((index) => {
			const zone = world.r.zones[index] as ZoneRecord;
			return zone.node === node && zone.name === name;
		}) ?? -1
	);
}

/** Owner number of an area in block words and rows (words.ts, vmPayload). */
export const ownerOfArea = (world: World, slot: number): number => world.r.vms.length + slot;

/** Area of an owner number, or null when the owner is a VM. */
export function areaOfOwner(world: World, owner: number): AreaRecord | null {
	return owner < world.r.vms.length ? null : (world.r.areas[owner - world.r.vms.length] ?? null);
}

/** Local node of a CPU. */
export function nodeOfCpu(world: World, os: number, cpu: number): number {
	return osRecord(world, os).nodes.find((node) => node.cpus.includes(cpu))?.id ?? 0;
}

export function logLine(world: World, os: number, text: string): void {
	const { log } = osRecord(world, os);
	log.push({ atNs: world.r.nowNs, text });
	if (log.length > 400) log.shift();
}
