import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, Migratetype, SectionState, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { MemoryRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { memoryNodes, rebuildZonelists, zonelistOf } from '../alloc/zonelist.ts';
import { addChannelRange, dropChannelRange } from '../boot/grouped-nodes.ts';
import { nodeTold } from '../boot/nodes-told.ts';
import { allocate, release } from '../buddy.ts';
import { setMigratetype, setWhole } from '../frames.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION } from '../os/os.ts';
import { wakeParked } from '../os/wake.ts';
import { onlineMemoryBlock } from './online.ts';
import { forgetPoison } from './poison.ts';
import { blockState, pagesPerBlock } from './sections.ts';

/** add_memory and remove_memory (Linux 7.2.13 mm/memory_hotplug.c). Zones are not touched: that is onlining. */

export interface AddRequest {
	readonly addr: number;
	readonly bytes: number;
	readonly node: number;
	/** Index in the machine's memory groups. */
	readonly group: number;
	/** memmap_on_memory is honoured for this device (DIMM and dax-kmem, never virtio-mem). */
	readonly memmapOnMemory?: boolean;
}

/** Adds memory blocks and onlines them as auto_online_blocks says. null, or the errno of add_memory. */
export function addMemory(world: World, os: number, request: AddRequest): string | null {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as MemoryRecord;
	const blockBytes = pagesPerBlock(world, os) * PAGE_BYTES;
	const { addr, bytes } = request;
	if (bytes <= 0 || addr % blockBytes !== 0 || bytes % blockBytes !== 0) return 'EINVAL';
	const id = nodeTold(world, os, request.node);
	const node = record.nodes.find((candidate) => candidate.id === id);
	if (!node) return 'EINVAL';
	if ((addr + bytes) / PAGE_BYTES / PAGES_PER_BLOCK > memory.blockCount) return 'E2BIG';
	const first = addr / blockBytes;
	const count = bytes / blockBytes;
	for (let id = first; id < first + count; id += 1) if (blockState(world, os, id) !== null) return 'EEXIST';
	if (!node.online) {
		rebuildZonelists(world, os, node.id);
		node.online = true;
	}
	const sections = memory.firstBlock / BLOCKS_PER_SECTION + addr / PAGE_BYTES / PAGES_PER_SECTION;
	const sectionCount = bytes / PAGE_BYTES / PAGES_PER_SECTION;
	const onMemory = request.memmapOnMemory === true && record.settings.memmapOnMemory;
	if (!chargeMemmap(world, os, node.id, sections, sectionCount, onMemory)) {
		forgetMemmap(world, os, sections, sectionCount);
		tryOfflineNode(world, os, node.id);
		return 'ENOMEM';
	}
	for (let section = sections; section < sections + sectionCount; section += 1) {
		world.c.memoryBlockState.set(section, SectionState.offline);
		world.c.memoryBlockNode.set(section, node.id + 1);
		world.c.memoryBlockGroup.set(section, request.group + 1);
		world.c.memoryBlockZone.set(section, 0);
	}
	for (let at = 0; at < sectionCount * BLOCKS_PER_SECTION; at += 1)
		setWhole(world, sections * BLOCKS_PER_SECTION + at, BlockKind.offline, 0);
	addChannelRange(world, os, request.node, addr / PAGE_BYTES, bytes / PAGE_BYTES);
	emit(world, {
		kind: 'online',
		rule: 'memory-add',
		cause: null,
		host: record.id,
		values: { memoryBlock: first, count, node: node.id, addr, bytes },
		text: `${record.id}: memory${first} … memory${first + count - 1} are there, offline, on node ${node.id}`
	});
	if (record.settings.autoOnline !== 'offline')
		for (let id = first; id < first + count; id += 1) onlineMemoryBlock(world, os, id, record.settings.autoOnline);
	return null;
}

/** struct pages for each section: 512 pages, 2 MiB, from the node's own kernel zone if it has one, else from the nearest. */
function chargeMemmap(world: World, os: number, node: number, first: number, count: number, onMemory: boolean): boolean {
	const record = osRecord(world, os);
	const state = record.background.find((each) => each.node === node);
	for (let section = first; section < first + count; section += 1) {
		const frame = onMemory ? ownFrame(world, os, first, section) : kernelBlock(world, os, node);
		if (frame < 0) return false;
		record.memmaps.push({ section, frame, pages: PAGES_PER_BLOCK });
		if (state) state.memmapPages += PAGES_PER_BLOCK;
	}
	return true;
}

/** memmap_on_memory: the first pageblocks of the Linux memory block hold the struct pages of all its sections. */
function ownFrame(world: World, os: number, first: number, section: number): number {
	const { sectionsPerBlock } = osRecord(world, os);
	const inBlock = (section - first) % sectionsPerBlock;
	return ((section - inBlock) * BLOCKS_PER_SECTION + inBlock) * PAGES_PER_BLOCK;
}

/** One pageblock of kernel memory. vmemmap pages are allocated with RETRY_MAYFAIL: no OOM kill, -1 when there is none. */
function kernelBlock(world: World, os: number, node: number): number {
	for (const zone of zonelistOf(world, os, node, 'NORMAL', false)) {
		const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.unmovable);
		if (frame < 0) continue;
		const block = frame / PAGES_PER_BLOCK;
		setWhole(world, block, BlockKind.use, usePayload(UseClass.kernel, 0));
		setMigratetype(world, block, Migratetype.unmovable);
		return frame;
	}
	return -1;
}

function forgetMemmap(world: World, os: number, first: number, count: number): void {
	const record = osRecord(world, os);
	const described = (entry: { section: number }): boolean => entry.section >= first && entry.section < first + count;
	const gone = record.memmaps.filter(described);
	record.memmaps = record.memmaps.filter((entry) => !described(entry));
	const node = record.background.find((each) => each.node === world.c.memoryBlockNode.get(first) - 1);
	for (const entry of gone) {
		if (node) node.memmapPages = Math.max(0, node.memmapPages - entry.pages);
		const block = Math.floor(entry.frame / PAGES_PER_BLOCK);
		const inside = Math.floor(block / BLOCKS_PER_SECTION);
		if (inside < first || inside >= first + count) release(world, entry.frame, BLOCK_ORDER);
	}
}

/** Takes memory blocks away. null, or EBUSY while one of them is not offline. */
export function removeMemory(world: World, os: number, addr: number, bytes: number): string | null {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as MemoryRecord;
	const blockBytes = pagesPerBlock(world, os) * PAGE_BYTES;
	if (bytes <= 0 || addr % blockBytes !== 0 || bytes % blockBytes !== 0) return 'EINVAL';
	const first = addr / blockBytes;
	const count = bytes / blockBytes;
	for (let id = first; id < first + count; id += 1) if (blockState(world, os, id) !== 'offline') return 'EBUSY';
	const section = memory.firstBlock / BLOCKS_PER_SECTION + addr / PAGE_BYTES / PAGES_PER_SECTION;
	const sectionCount = bytes / PAGE_BYTES / PAGES_PER_SECTION;
	const node = world.c.memoryBlockNode.get(section) - 1;
	forgetMemmap(world, os, section, sectionCount);
	forgetPoison(world, os, addr / PAGE_BYTES, bytes / PAGE_BYTES);
	dropChannelRange(world, os, addr / PAGE_BYTES, bytes / PAGE_BYTES);
	world.c.memoryBlockState.fill(SectionState.absent, section, section + sectionCount);
	world.c.memoryBlockNode.fill(0, section, section + sectionCount);
	world.c.memoryBlockGroup.fill(0, section, section + sectionCount);
	world.c.memoryBlockZone.fill(0, section, section + sectionCount);
	for (let at = 0; at < sectionCount * BLOCKS_PER_SECTION; at += 1) setWhole(world, section * BLOCKS_PER_SECTION + at, BlockKind.absent, 0);
	tryOfflineNode(world, os, node);
	wakeParked(world, os);
	emit(world, {
		kind: 'offline',
		rule: 'memory-remove',
		cause: null,
		host: record.id,
		values: { memoryBlock: first, count, node },
		text: `${record.id}: memory${first} … memory${first + count - 1} are gone`
	});
	return null;
}

/** A node without memory blocks and without CPUs goes offline (try_offline_node). */
function tryOfflineNode(world: World, os: number, node: number): void {
	const record = osRecord(world, os);
	const found = record.nodes.find((candidate) => candidate.id === node);
	if (!found || found.cpus.length > 0 || memoryNodes(world, os).includes(node)) return;
	const memory = world.r.memories[record.memory] as MemoryRecord;
	const base = memory.firstBlock / BLOCKS_PER_SECTION;
	for (let at = 0; at < memory.blockCount / BLOCKS_PER_SECTION; at += 1) if (world.c.memoryBlockNode.get(base + at) === node + 1) return;
	found.online = false;
}
