import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import { BlockKind, Migratetype, MIXED_ZONES, RowKind, SectionState, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { OsRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { readTypedNodes } from '../alloc/typed-nodes.ts';
import { rebuildZonelists } from '../alloc/zonelist.ts';
import { addManaged } from '../blocks/zone-size.ts';
import { FREE_ORDER_9, giveBlocks, giveRows } from '../buddy.ts';
import { ensureRows, setFolio, setMigratetype, setWhole } from '../frames.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION, ZONE_ORDER, zoneOfOsBlock } from '../os/os.ts';
import { bootBackground } from './background.ts';
import { numaOff, readCommandLine } from './command-line.ts';
import { groupsOf } from './grouped-nodes.ts';
import { rangesTold } from './nodes-told.ts';
import { freeAfterBoot, type BootFacts, type MemoryRange } from './reserved.ts';
import { bootZones, type BootZone } from './zone-ranges.ts';

/**
 * A kernel boots on what the firmware tells it: zones, memory blocks, what never enters the buddy, what the kernel takes
 * first (Linux 7.2.13 mm/mm_init.c, arch/x86/mm). `told` is usable memory, ascending; the blocks outside are absent.
 */
export function bootOs(world: World, os: number, told: readonly MemoryRange[], facts: BootFacts): void {
	const ranges = rangesTold(world, os, told);
	const record = osRecord(world, os);
	const wish = readCommandLine(record.append, record.settings);
	const advice = numaOff(record.append) ? null : facts.windowAlignBytes;
	record.sectionsPerBlock = sectionsPerBlock(Math.max(0, ...ranges.map((range) => range.endPfn)), advice, facts.hypervisor);
	for (const node of record.nodes) node.online = node.cpus.length > 0 || ranges.some((range) => range.node === node.id);
	// mm/mempolicy.c, check_numabalancing_enable: on by default when more than one node is online at boot.
	if (!/(^|\s)numa_balancing=/.test(record.append) && record.nodes.filter((node) => node.online).length > 1)
		record.settings.numaBalancing = 1;
	readTypedNodes(world, os);
	const zones = bootZones(ranges, wish);
	makeZones(world, os, zones);
	markSections(world, os, ranges);
	fillMemory(world, os, ranges, freeAfterBoot(record, ranges, facts));
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
	for (const { node, channels } of groupsOf(world.scenario.machines[os]))
		emit(world, {
			kind: 'online',
			rule: 'grouped-node',
			cause: null,
			host: record.id,
			values: { node, channels: channels.length },
			text: `${record.id}: channels ${channels.join(', ')} are one node, ${node} (proposed, in no kernel)`
		});
}

const GIB_PAGES = 262_144;
const SECTION_BYTES = PAGES_PER_SECTION * 4096;
/** 2 GiB. */
const MOST_SECTIONS = 16;

/**
 * Memory block size (arch/x86/mm/init_64.c, probe_memory_block_size): 128 MiB below 64 GiB; else what the CXL windows advise
 * (drivers/acpi/numa/srat.c, acpi_parse_cfmws), or 2 GiB, halved until it divides the end of RAM. A machine of metal without
 * windows keeps 2 GiB.
 */
function sectionsPerBlock(endPfn: number, advisedBytes: number | null, hypervisor: boolean): number {
	if (endPfn < 64 * GIB_PAGES) return 1;
	if (advisedBytes === null && !hypervisor) return MOST_SECTIONS;
	let sections = Math.max(1, Math.min(MOST_SECTIONS, Math.floor((advisedBytes ?? Infinity) / SECTION_BYTES)));
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

/**
 * Holes, reserved pages and free chunks. Free memory is given in address order to the tails of the lists, as memblock does
 * (mm/memblock.c, free_low_memory_core_early). Whole blocks go by runs, what is cut by a border row by row.
 */
function fillMemory(world: World, os: number, ranges: readonly MemoryRange[], free: readonly MemoryRange[]): void {
	const first = (world.r.memories[osRecord(world, os).memory] as { firstBlock: number }).firstBlock;
	const cut = new Set<number>();
	for (const range of ranges)
		for (const part of partsOf(range, free)) {
			const from = Math.ceil(part.startPfn / PAGES_PER_BLOCK);
			const to = Math.floor(part.endPfn / PAGES_PER_BLOCK);
			if (from * PAGES_PER_BLOCK !== part.startPfn) cut.add(from - 1);
			if (to * PAGES_PER_BLOCK !== part.endPfn) cut.add(to);
			if (from >= to) continue;
			if (part.free) giveRun(world, os, first + from, first + to);
			else reserveRun(world, first + from, first + to);
		}
	for (const block of [...cut].sort((x, y) => x - y)) fillRows(world, os, block, first + block, ranges, free);
}

/** A range of present memory as free and reserved parts in turn. */
function partsOf(range: MemoryRange, free: readonly MemoryRange[]): { startPfn: number; endPfn: number; free: boolean }[] {
	const parts: { startPfn: number; endPfn: number; free: boolean }[] = [];
	let at = range.startPfn;
	for (const each of free) {
		const from = Math.max(each.startPfn, range.startPfn);
		const to = Math.min(each.endPfn, range.endPfn);
		if (from >= to) continue;
		if (at < from) parts.push({ startPfn: at, endPfn: from, free: false });
		parts.push({ startPfn: from, endPfn: to, free: true });
		at = to;
	}
	if (at < range.endPfn) parts.push({ startPfn: at, endPfn: range.endPfn, free: false });
	return parts;
}

function giveRun(world: World, os: number, from: number, to: number): void {
	const record = osRecord(world, os);
	const first = (world.r.memories[record.memory] as { firstBlock: number }).firstBlock;
	for (const zone of record.zones) {
		const { firstBlock, blockCount } = world.r.zones[zone] as ZoneRecord;
		const start = Math.max(from, first + firstBlock);
		const end = Math.min(to, first + firstBlock + blockCount);
		if (start >= end) continue;
		giveBlocks(world, os, zone, start, end - start, true);
		addManaged(world, zone, (end - start) * PAGES_PER_BLOCK);
	}
}

/** mm/mm_init.c, memmap_init_range: every pageblock starts as Movable. */
function reserveRun(world: World, from: number, to: number): void {
	for (let block = from; block < to; block += 1) {
		setWhole(world, block, BlockKind.use, usePayload(UseClass.reserved, 0));
		setMigratetype(world, block, Migratetype.movable);
	}
}

function fillRows(world: World, os: number, at: number, block: number, ranges: readonly MemoryRange[], free: readonly MemoryRange[]): void {
	reserveRun(world, block, block + 1);
	const present = rowsIn(ranges, at);
	const given = rowsIn(free, at);
	if (given.length === 0 && present.length === 1 && present[0]?.[1] === PAGES_PER_BLOCK) return;
	const zone = zoneOfOsBlock(world, os, block);
	setWhole(world, block, BlockKind.free, FREE_ORDER_9);
	ensureRows(world, block);
	const kinds = new Uint8Array(PAGES_PER_BLOCK).fill(RowKind.hole);
	for (const [row, rows] of present) kinds.fill(RowKind.reserved, row, row + rows);
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) setFolio(world, block, row, 0, kinds[row] as number, -1, 0);
	for (const [row, rows] of given) {
		giveRows(world, os, zone, block, row, rows, true);
		addManaged(world, zone, rows);
	}
}

/** Rows of one block that the ranges cover: [first row, rows]; those that touch are one. */
function rowsIn(ranges: readonly MemoryRange[], block: number): [row: number, rows: number][] {
	const found: [number, number][] = [];
	const base = block * PAGES_PER_BLOCK;
	for (const range of ranges) {
		const from = Math.max(range.startPfn - base, 0);
		const to = Math.min(range.endPfn - base, PAGES_PER_BLOCK);
		if (from >= to) continue;
		const last = found.at(-1);
		if (last && last[0] + last[1] === from) last[1] += to - from;
		else found.push([from, to - from]);
	}
	return found;
}
