import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import { BlockKind, BLOCK_ORDER, Migratetype, MIXED_ZONES, RowKind, SectionState, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { OsRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { rebuildZonelists } from '../alloc/zonelist.ts';
import { FREE_ORDER_9, release } from '../buddy.ts';
import { ensureRows, setFolio, setMigratetype, setWhole } from '../frames.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION, zoneIndex, ZONE_ORDER, zoneOfOsBlock } from '../os/os.ts';
import { bootBackground } from './background.ts';
import { readCommandLine } from './command-line.ts';
import { freeAfterBoot, rowsByBlock, type MemoryRange } from './reserved.ts';
import { bootZones, type BootZone } from './zone-ranges.ts';

/**
 * A kernel boots on what the firmware tells it: zones, memory blocks, what never enters the buddy, what the kernel takes
 * first (Linux 7.2.13 mm/mm_init.c, arch/x86/mm). `ranges` is usable memory, ascending; the blocks outside are absent.
 */
export function bootOs(world: World, os: number, ranges: readonly MemoryRange[], distanceTable: boolean): void {
	const record = osRecord(world, os);
	const wish = readCommandLine(record.append, record.settings);
	record.sectionsPerBlock = sectionsPerBlock(Math.max(0, ...ranges.map((range) => range.endPfn)));
	for (const node of record.nodes) node.online = node.cpus.length > 0 || ranges.some((range) => range.node === node.id);
	// mm/mempolicy.c, check_numabalancing_enable: on by default when more than one node is online at boot.
	if (!/(^|\s)numa_balancing=/.test(record.append) && record.nodes.filter((node) => node.online).length > 1)
		record.settings.numaBalancing = 1;
	const zones = bootZones(ranges, wish);
	makeZones(world, os, zones);
	markSections(world, os, ranges);
	fillMemory(world, os, ranges, freeAfterBoot(record, ranges, distanceTable));
	const present = zones.reduce((sum, zone) => sum + zone.presentPages, 0);
	rebuildZonelists(world, os, null, present);
	bootBackground(world, os);
	emit(world, {
		kind: 'online',
		rule: 'memory-boot',
		cause: null,
		host: record.id,
		values: { pages: present, nodes: record.nodes.length, sectionsPerBlock: record.sectionsPerBlock },
		text: `${record.id} boots with ${present} pages in ${zones.length} zones`
	});
}

const GIB_PAGES = 262_144;

/**
 * Memory block size (arch/x86/mm/init_64.c, probe_memory_block_size): 128 MiB below 64 GiB; else, as a guest, the largest
 * size up to 2 GiB that divides the end of RAM.
 */
function sectionsPerBlock(endPfn: number): number {
	if (endPfn < 64 * GIB_PAGES) return 1;
	let sections = 16;
	while (sections > 1 && endPfn % (sections * PAGES_PER_SECTION) !== 0) sections /= 2;
	return sections;
}

/** Every node has every zone it may ever need; a zone of ZONE_EXMEM only where the proposal is switched on. */
function makeZones(world: World, os: number, boot: readonly BootZone[]): void {
	const record = osRecord(world, os);
	for (const [at, node] of record.nodes.entries())
		for (const name of ZONE_ORDER) {
			if (name === 'EXMEM' && !record.settings.exmem) continue;
			const zone = boot.find((candidate) => candidate.node === node.id && candidate.name === name);
			record.zones.push(newZone(world, os, record, node.id, name, zone));
			if (zone && name !== 'MOVABLE') record.earlyKernelPages[at] = (record.earlyKernelPages[at] ?? 0) + zone.presentPages;
		}
}

function newZone(world: World, os: number, record: OsRecord, node: number, name: ZoneName, boot: BootZone | undefined): number {
	const { r, c } = world;
	const firstBlock = boot ? Math.floor(boot.startPfn / PAGES_PER_BLOCK) : 0;
	r.zones.push({
		host: -1,
		os,
		node,
		name,
		memory: record.memory,
		firstBlock,
		blockCount: boot ? Math.ceil(boot.endPfn / PAGES_PER_BLOCK) - firstBlock : 0,
		spanStartPfn: boot?.startPfn ?? 0,
		spanEndPfn: boot?.endPfn ?? 0
	});
	const index = r.zones.length - 1;
	c.zonePresentPages.set(index, boot?.presentPages ?? 0);
	return index;
}

/** State, node and zone of every section that holds memory. */
function markSections(world: World, os: number, ranges: readonly MemoryRange[]): void {
	const { c, r } = world;
	const record = osRecord(world, os);
	const first = (r.memories[record.memory] as { firstBlock: number }).firstBlock / BLOCKS_PER_SECTION;
	for (const range of ranges)
		for (let at = Math.floor(range.startPfn / PAGES_PER_SECTION); at * PAGES_PER_SECTION < range.endPfn; at += 1) {
			const section = first + at;
			c.memoryBlockState.set(section, SectionState.online);
			if (c.memoryBlockNode.get(section) === 0) c.memoryBlockNode.set(section, range.node + 1);
			const touching = record.zones.filter((index) => {
				const zone = r.zones[index] as ZoneRecord;
				return zone.spanStartPfn < (at + 1) * PAGES_PER_SECTION && zone.spanEndPfn > at * PAGES_PER_SECTION;
			});
			c.memoryBlockZone.set(section, touching.length === 1 ? (touching[0] as number) + 1 : MIXED_ZONES);
		}
}

/** Holes, reserved pages and free chunks. Free memory is given from the top down, so that the lowest comes first in the lists. */
function fillMemory(world: World, os: number, ranges: readonly MemoryRange[], free: readonly MemoryRange[]): void {
	const first = (world.r.memories[osRecord(world, os).memory] as { firstBlock: number }).firstBlock;
	const parts = new Map<number, { present: [number, number][]; free: [number, number][] }>();
	for (const [kind, list] of [
		['present', ranges],
		['free', free]
	] as const)
		for (const range of list)
			for (const [block, row, rows] of rowsByBlock(range)) {
				const part = parts.get(block) ?? { present: [], free: [] };
				part[kind].push([row, rows]);
				parts.set(block, part);
			}
	for (const [block, part] of [...parts].sort((a, b) => b[0] - a[0])) {
		const zone = zoneOfOsBlock(world, os, first + block);
		setWhole(world, first + block, BlockKind.use, usePayload(UseClass.reserved, 0));
		// mm/mm_init.c, memmap_init_range: every pageblock starts as Movable.
		setMigratetype(world, first + block, Migratetype.movable);
		if (part.free[0]?.[1] === PAGES_PER_BLOCK) release(world, (first + block) * PAGES_PER_BLOCK, BLOCK_ORDER);
		else if (part.present[0]?.[1] !== PAGES_PER_BLOCK || part.free.length > 0) fillRows(world, first + block, part);
		const pages = part.free.reduce((sum, [, rows]) => sum + rows, 0);
		world.c.zoneManagedPages.set(zone, world.c.zoneManagedPages.get(zone) + pages);
	}
}

function fillRows(world: World, block: number, part: { present: [number, number][]; free: [number, number][] }): void {
	setWhole(world, block, BlockKind.free, FREE_ORDER_9);
	ensureRows(world, block);
	const kinds = new Uint8Array(PAGES_PER_BLOCK).fill(RowKind.hole);
	for (const [row, rows] of part.present) kinds.fill(RowKind.reserved, row, row + rows);
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) setFolio(world, block, row, 0, kinds[row] as number, -1, 0);
	for (const [row, rows] of part.free)
		for (let end = row + rows; end > row; ) {
			let order = 0;
			while (order < BLOCK_ORDER - 1 && end % (2 << order) === 0 && end - (2 << order) >= row) order += 1;
			end -= 1 << order;
			release(world, block * PAGES_PER_BLOCK + end, order);
		}
}

/** Zone of a node into which plain kernel allocations fall: the highest populated one below MOVABLE; −1 if it has none. */
export function kernelZoneOf(world: World, os: number, node: number): number {
	for (const name of ['NORMAL', 'DMA32', 'DMA'] as const) {
		const zone = zoneIndex(world, os, node, name);
		if (zone >= 0 && world.c.zonePresentPages.get(zone) > 0) return zone;
	}
	return -1;
}
