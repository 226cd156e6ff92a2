import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, mapDetailIndex, MapKind, mapKind, VM_LIMIT, wordKind } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { rowsOf, wholeWord } from '../frames.ts';
import { nodeOfBlock, osRecord } from '../os/os.ts';
import { frameOf, mappingRow, unmapBlock, wholeBlockOf } from './mapping.ts';
import { forgetWritten } from './written.ts';

/**
 * Areas: ranges of virtual memory of processes. Page p of an area is guest page p of an address space with one mapping
 * (instance 0); its rows in the columns are found first fit. After a fork the areas of one family may map the same frames:
 * mappings of a frame are counted by asking the family, as the kernel's reverse map does (Linux 7.2.13 mm/rmap.c).
 */
export interface NewArea {
	readonly os: number;
	readonly process: string;
	readonly name: string;
	readonly kind: AreaRecord['kind'];
	readonly pageCount: number;
	readonly secure?: AreaRecord['secure'];
	readonly device?: string;
	readonly zoneWish?: AreaRecord['zoneWish'];
	/** Address that mmap is asked for; it is a hint. */
	readonly hint?: number;
}

/** A fresh area with nothing mapped, or null when the world has no room for it. */
export function newArea(world: World, request: NewArea): AreaRecord | null {
	const { r } = world;
	const guestBlockCount = Math.max(1, Math.ceil(request.pageCount / PAGES_PER_BLOCK));
	const firstGuestBlock = freeGuestBlocks(world, guestBlockCount);
	if (firstGuestBlock < 0) return null;
	const gap = r.areas.indexOf(null);
	const slot = gap >= 0 ? gap : r.areas.length;
	if (r.vms.length + slot >= VM_LIMIT) return null;
	const area: AreaRecord = {
		slot,
		os: request.os,
		name: request.name,
		kind: request.kind,
		firstGuestBlock,
		guestBlockCount,
		pageCount: request.pageCount,
		startHva: freeAddress(world, request),
		policy: null,
		hugePages: request.kind === 'anonymous',
		hugeAdvised: false,
		locked: false,
		processes: [request.process],
		family: slot,
		zeroRuns: [],
		holes: [],
		secure: request.secure ?? null,
		device: request.device ?? '',
		swapped: 0,
		touchedNs: r.nowNs,
		checkedWrites: 0,
		zoneWish: request.zoneWish ?? 'any'
	};
	r.areas[slot] = area;
	return area;
}

function freeGuestBlocks(world: World, count: number): number {
	const { r } = world;
	const used = [...r.vms, ...r.areas.filter((area) => area !== null)].sort((a, b) => a.firstGuestBlock - b.firstGuestBlock);
	let at = 0;
	for (const space of used) {
		if (space.firstGuestBlock - at >= count) return at;
		at = Math.max(at, space.firstGuestBlock + space.guestBlockCount);
	}
	return world.capacities.guestBlock - at >= count ? at : -1;
}

/** mmap_min_addr, and the end of user space with four levels of page tables (TASK_SIZE). */
const LOWEST_HVA = 65_536;
const END_HVA = 0x7ffffffff000;
/** Highest gap below the stack, downwards as mmap goes; 2 MiB steps for what may be huge (our simplification: no ASLR). */
const TOP_HVA = 0x7ffff7800000;

/** A hint is taken where nothing is mapped there (Linux 7.2.13 mm/mmap.c, round_hint_to_min and generic_get_unmapped_area_topdown). */
function freeAddress(world: World, request: NewArea): number {
	const bytes = Math.max(1, request.pageCount) * PAGE_BYTES;
	// Page tables and the pages of pipes lie in no address space.
	const mapped = areasOf(world, request.os, request.process)
		.filter((area) => area.kind !== 'kernel' && area.kind !== 'pipe')
		.map((area) => ({ start: area.startHva, end: area.startHva + area.pageCount * PAGE_BYTES }))
		.sort((a, b) => b.start - a.start);
	if (request.hint !== undefined && request.hint >= PAGE_BYTES) {
		const start = Math.max(LOWEST_HVA, Math.floor(request.hint / PAGE_BYTES) * PAGE_BYTES);
		const end = start + bytes;
		if (end <= END_HVA && mapped.every((area) => end <= area.start || area.end <= start)) return start;
	}
	const step = bytes >= PAGES_PER_BLOCK * PAGE_BYTES ? PAGES_PER_BLOCK * PAGE_BYTES : PAGE_BYTES;
	const below = (top: number): number => Math.floor((top - bytes) / step) * step;
	let top = TOP_HVA;
	for (const area of mapped) {
		if (below(top) >= area.end) break;
		top = Math.min(top, area.start);
	}
	return below(top);
}

/** Areas that a process maps. */
export function areasOf(world: World, os: number, process: string): AreaRecord[] {
	return world.r.areas.filter((area): area is AreaRecord => area !== null && area.os === os && area.processes.includes(process));
}

/** Areas of the same family, the area itself included. */
export function familyOf(world: World, area: AreaRecord): AreaRecord[] {
	return world.r.areas.filter((other): other is AreaRecord => other !== null && other.os === area.os && other.family === area.family);
}

/** Forgets an area whose pages are gone: its rows in the columns are free again, its holds go. */
export function freeArea(world: World, area: AreaRecord): void {
	const { r } = world;
	for (let guestBlock = 0; guestBlock < area.guestBlockCount; guestBlock += 1) {
		unmapBlock(world, area, 0, guestBlock);
		forgetWritten(world, area, guestBlock);
	}
	r.holds = r.holds.filter((hold) => hold.area !== area.slot);
	osRecord(world, area.os).settings.swapUsedPages -= area.swapped;
	r.areas[area.slot] = null;
	// A family outlives its first area: the others are named after the lowest slot that is left.
	const left = r.areas.filter((other): other is AreaRecord => other !== null && other.os === area.os && other.family === area.slot);
	for (const other of left) other.family = (left[0] as AreaRecord).slot;
}

/** Order of the folio that holds a frame of user memory. */
export function orderOfFrame(world: World, frame: number): number {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const word = wholeWord(world, block);
	if (wordKind(word) === BlockKind.huge) return BLOCK_ORDER;
	if (wordKind(word) !== BlockKind.detail) return 0;
	return world.c.rowOrder.get(rowsOf(world, block) + (frame % PAGES_PER_BLOCK));
}

/** A stretch of consecutive frames in virtual order inside one 2 MiB step; order 9: (part of) one huge folio. */
export type RunVisitor = (frame: number, firstPage: number, pages: number, order: number) => void;

export function forEachRun(world: World, area: AreaRecord, visit: RunVisitor, first = 0, count = area.pageCount): void {
	const end = Math.min(first + count, area.pageCount);
	for (let page = first; page < end;) {
		const stretch = stretchAt(world, area, page, end);
		if (stretch.frame >= 0) visit(stretch.frame, page, stretch.pages, stretch.order);
		page += stretch.pages;
	}
}

/** Pages from `page` on that lie in consecutive frames of one block, or that have no frames (frame −1), inside one 2 MiB step. */
export interface Stretch {
	readonly frame: number;
	readonly pages: number;
	readonly order: number;
}

export function stretchAt(world: World, area: AreaRecord, page: number, end: number): Stretch {
	const { c, r } = world;
	const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
	const stop = Math.min(end, (guestBlock + 1) * PAGES_PER_BLOCK);
	const word = c.mapWord.get(mappingRow(area, 0, guestBlock));
	const kind = mapKind(word);
	if (kind === MapKind.none) return { frame: -1, pages: stop - page, order: 0 };
	const frame = frameOf(world, area, 0, page);
	if (kind !== MapKind.detail) return { frame, pages: stop - page, order: kind === MapKind.huge ? BLOCK_ORDER : 0 };
	const base = mapDetailIndex(word) * PAGES_PER_BLOCK - guestBlock * PAGES_PER_BLOCK;
	const memories = c.mapRowMemory.data;
	const frames = c.mapRowFrame.data;
	let pages = 1;
	if (frame < 0) {
		while (page + pages < stop && memories[base + page + pages] === 0) pages += 1;
		return { frame, pages, order: 0 };
	}
	const memory = memories[base + page] as number;
	const first = (r.memories[memory - 1] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK;
	const most = Math.min(stop - page, PAGES_PER_BLOCK - (frame % PAGES_PER_BLOCK));
	while (pages < most && memories[base + page + pages] === memory && frames[base + page + pages] === frame - first + pages) pages += 1;
	return { frame, pages, order: orderOfFrame(world, frame) };
}

/** Parts of a range that have no frame: never touched, swapped out, zero page or hole. */
export function forEachGap(
	world: World,
	area: AreaRecord,
	visit: (firstPage: number, pages: number) => void,
	first = 0,
	count = area.pageCount
): void {
	let at = first;
	forEachRun(
		world,
		area,
		(_, page, pages) => {
			if (page > at) visit(at, page - at);
			at = page + pages;
		},
		first,
		count
	);
	const end = Math.min(first + count, area.pageCount);
	if (end > at) visit(at, end - at);
}

export function residentPages(world: World, area: AreaRecord): number {
	let sum = 0;
	forEachRun(world, area, (_frame, _page, pages) => {
		sum += pages;
	});
	return sum;
}

export function pagesByNode(world: World, area: AreaRecord): Map<number, number> {
	const nodes = new Map<number, number>();
	forEachRun(world, area, (frame, _page, pages) => {
		const node = nodeOfBlock(world, Math.floor(frame / PAGES_PER_BLOCK));
		nodes.set(node, (nodes.get(node) ?? 0) + pages);
	});
	return nodes;
}

/** Areas of the family that map this very frame at this page: the folio's mappings. */
export function mappersOf(world: World, area: AreaRecord, page: number, frame: number): AreaRecord[] {
	return familyOf(world, area).filter((other) => other.processes.length > 0 && frameOf(world, other, 0, page) === frame);
}

/** Block behind a 2 MiB step that is mapped as a whole, or −1. */
export const wholeBehind = (world: World, area: AreaRecord, guestBlock: number): number => wholeBlockOf(world, area, 0, guestBlock);
