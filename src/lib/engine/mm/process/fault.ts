import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, mapKind, vmPayload } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { ensureDetail, setWhole, stampOf } from '../frames.ts';
import { placement } from '../alloc/mempolicy.ts';
import { takeHugePage } from '../hugetlb/pool.ts';
import { putPage, putPages, splitHuge } from '../move/land.ts';
import { osRecord, ownerOfArea } from '../os/os.ts';
import { familyOf, forEachGap, forEachRun } from '../space/areas.ts';
import { frameOf, mappingRow, mapPage, mapPages, mapWhole, wholeBlockOf } from '../space/mapping.ts';
import { hasDetailRoom } from '../space/room.ts';
import { isIn, pagesIn, partsOutside, withoutRange, withRange } from '../space/runs.ts';
import { uniformWritten, writtenOf } from '../space/written.ts';
import { chargeTables } from './tables.ts';
import { passFrames } from './content.ts';
import { passHolds } from './unmap.ts';
import { sourceOf, takeFrames, type Toucher } from './where.ts';

/**
 * Page faults (Linux 7.2.13 mm/memory.c, mm/huge_memory.c): pages come into being when they are first written, as a huge
 * folio where a whole aligned 2 MiB step is empty and allows it. Reading what was never written shows the zero page.
 */

export interface Faulted {
	/** 'killed': the OOM killer took the toucher itself. */
	outcome: 'ok' | 'enomem' | 'killed';
	hugeFolios: number;
	basePages: number;
}

/** Every page of the range has a frame of the area's own afterwards, as after a write. */
export function faultForWrite(world: World, toucher: Toucher, first: number, count: number): Faulted {
	const faulted: Faulted = { outcome: 'ok', hugeFolios: 0, basePages: 0 };
	const end = Math.min(first + count, toucher.area.pageCount);
	for (let page = first; page < end && faulted.outcome === 'ok';) {
		const stop = Math.min(end, (Math.floor(page / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK);
		faultStep(world, toucher, page, stop - page, faulted);
		if (faulted.outcome === 'ok') breakCopies(world, toucher, page, stop - page, faulted);
		page = stop;
	}
	return faulted;
}

/** True when the step may become one huge folio: 2 MiB inside the area, nothing there yet, huge pages wanted. */
function mayBeHuge(world: World, { os, area }: Toucher, guestBlock: number): boolean {
	const { thp } = osRecord(world, os).settings;
	if (area.kind !== 'anonymous' || !area.hugePages || thp === 'never' || (thp === 'madvise' && !area.hugeAdvised)) return false;
	const first = guestBlock * PAGES_PER_BLOCK;
	if (first + PAGES_PER_BLOCK > area.pageCount || pagesIn(area.holes, first, PAGES_PER_BLOCK) > 0) return false;
	const zero = pagesIn(area.zeroRuns, first, PAGES_PER_BLOCK);
	return isEmpty(world, area, guestBlock) && (zero === 0 || zero === PAGES_PER_BLOCK);
}

function isEmpty(world: World, area: AreaRecord, guestBlock: number): boolean {
	const kind = mapKind(world.c.mapWord.get(mappingRow(area, 0, guestBlock)));
	if (kind !== MapKind.detail) return kind === MapKind.none;
	let mapped = 0;
	forEachRun(world, area, (_frame, _page, pages) => (mapped += pages), guestBlock * PAGES_PER_BLOCK, PAGES_PER_BLOCK);
	return mapped === 0;
}

const isDead = ({ process }: Toucher): boolean => process.state === 'ended';

function faultStep(world: World, toucher: Toucher, first: number, count: number, faulted: Faulted): void {
	const { area } = toucher;
	const guestBlock = Math.floor(first / PAGES_PER_BLOCK);
	if (area.kind === 'hugetlb') {
		faultHuge(world, toucher, guestBlock, faulted);
		return;
	}
	if (area.kind === 'shared') findShared(world, area, first, count);
	if (mayBeHuge(world, toucher, guestBlock) && takeHuge(world, toucher, guestBlock)) {
		faulted.hugeFolios += 1;
		return;
	}
	const gaps: [number, number][] = [];
	forEachGap(world, area, (page, pages) => gaps.push(...partsOutside(area.holes, page, pages)), first, count);
	if (gaps.length > 0 && area.kind !== 'pipe') chargeTables(world, toucher, guestBlock);
	// Room for the table may have been found by killing the toucher: there is nobody any more to give pages to.
	if (isDead(toucher)) {
		faulted.outcome = 'killed';
		return;
	}
	for (const [page, pages] of gaps) {
		const got = takeBase(world, toucher, page, pages);
		faulted.basePages += got;
		area.zeroRuns = withoutRange(area.zeroRuns, page, got);
		if (got === pages) continue;
		faulted.outcome = isDead(toucher) ? 'killed' : 'enomem';
		return;
	}
}

function takeHuge(world: World, toucher: Toucher, guestBlock: number): boolean {
	const { area } = toucher;
	const source = sourceOf(world, { ...toucher, page: guestBlock * PAGES_PER_BLOCK, order: BLOCK_ORDER });
	const [run] = takeFrames(world, source, PAGES_PER_BLOCK);
	if (!run) return false;
	const block = run[0] / PAGES_PER_BLOCK;
	setWhole(world, block, BlockKind.huge, vmPayload(ownerOfArea(world, area.slot), guestBlock));
	mapWhole(world, area, 0, guestBlock, block, MapKind.huge);
	fillFromSwap(world, area, guestBlock, block);
	area.zeroRuns = withoutRange(area.zeroRuns, guestBlock * PAGES_PER_BLOCK, PAGES_PER_BLOCK);
	return true;
}

/** A page of the pool, as the policy of the area has it; SIGBUS where there is none, here ENOMEM (mm/hugetlb.c, hugetlb_no_page). */
function faultHuge(world: World, { os, process, area }: Toucher, guestBlock: number, faulted: Faulted): void {
	if (!isEmpty(world, area, guestBlock)) return;
	const at = placement(world, os, process, area, guestBlock, true);
	let block = takeHugePage(world, os, at.node, at.nodemask);
	if (block < 0 && at.thenAll) block = takeHugePage(world, os, at.node, null);
	if (block < 0) {
		faulted.outcome = 'enomem';
		return;
	}
	setWhole(world, block, BlockKind.huge, vmPayload(ownerOfArea(world, area.slot), guestBlock));
	mapWhole(world, area, 0, guestBlock, block, MapKind.huge);
	faulted.hugeFolios += 1;
}

/** Base pages for a range without frames. Returns how many came. */
function takeBase(world: World, toucher: Toucher, first: number, count: number): number {
	const { area } = toucher;
	if (!hasDetailRoom(world)) return 0;
	for (let page = first; page < first + count;) {
		const source = sourceOf(world, { ...toucher, page, order: 0 });
		const wanted = Math.min(source.pages, first + count - page);
		let got = 0;
		for (const [frame, pages] of takeFrames(world, source, wanted)) {
			install(world, area, page + got, frame, pages);
			got += pages;
		}
		page += got;
		if (got < wanted) return page - first;
	}
	return count;
}

/** Frames that the allocator gave become pages of the area. A page that was on swap has its content again. */
function install(world: World, area: AreaRecord, page: number, frame: number, pages: number): void {
	const owner = ownerOfArea(world, area.slot);
	if (pages === PAGES_PER_BLOCK && page % PAGES_PER_BLOCK === 0 && frame % PAGES_PER_BLOCK === 0) {
		const guestBlock = page / PAGES_PER_BLOCK;
		setWhole(world, frame / PAGES_PER_BLOCK, BlockKind.run, vmPayload(owner, guestBlock));
		mapWhole(world, area, 0, guestBlock, frame / PAGES_PER_BLOCK, MapKind.run);
		fillFromSwap(world, area, guestBlock, frame / PAGES_PER_BLOCK);
		return;
	}
	let swapped = 0;
	for (let at = 0; at < pages;) {
		const count = Math.min(pages - at, PAGES_PER_BLOCK - ((frame + at) % PAGES_PER_BLOCK));
		const stamps = Array.from({ length: count }, (_, index) => {
			const written = writtenOf(world, area, page + at + index);
			if (written > 0) swapped += 1;
			return stampOf(owner, page + at + index, written);
		});
		putPages(world, owner, page + at, frame + at, stamps);
		mapPages(world, area, 0, page + at, frame + at, count);
		at += count;
	}
	swappedIn(world, area, swapped);
}

function fillFromSwap(world: World, area: AreaRecord, guestBlock: number, block: number): void {
	const owner = ownerOfArea(world, area.slot);
	const written = uniformWritten(world, area, guestBlock);
	if (written === 0) return;
	if (written > 0 && written <= 0xffff && !world.forceDetail) world.c.blockContent.set(block, written);
	else {
		const base = ensureDetail(world, block) * PAGES_PER_BLOCK;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
			world.c.contentStamp.set(
				base + row,
				stampOf(owner, guestBlock * PAGES_PER_BLOCK + row, writtenOf(world, area, guestBlock * PAGES_PER_BLOCK + row))
			);
	}
	swappedIn(world, area, PAGES_PER_BLOCK);
}

function swappedIn(world: World, area: AreaRecord, pages: number): void {
	const back = Math.min(pages, area.swapped);
	area.swapped -= back;
	osRecord(world, area.os).settings.swapUsedPages -= back;
}

/** Pages of shared memory that another process already touched are mapped, not made. */
function findShared(world: World, area: AreaRecord, first: number, count: number): void {
	const others = familyOf(world, area).filter((other) => other !== area);
	if (others.length === 0) return;
	const guestBlock = Math.floor(first / PAGES_PER_BLOCK);
	const whole =
		count === PAGES_PER_BLOCK && isEmpty(world, area, guestBlock)
			? others.map((other) => wholeBlockOf(world, other, 0, guestBlock)).find((block) => block >= 0)
			: undefined;
	if (whole !== undefined) {
		mapWhole(world, area, 0, guestBlock, whole, MapKind.run);
		return;
	}
	for (let page = first; page < first + count; page += 1) {
		if (frameOf(world, area, 0, page) >= 0 || isIn(area.holes, page)) continue;
		const frame = others.map((other) => frameOf(world, other, 0, page)).find((found) => found >= 0);
		if (frame !== undefined) mapPage(world, area, 0, page, frame);
	}
}

/** Copy on write: pages that another private area of the family maps too are replaced by copies. */
export function breakCopies(world: World, toucher: Toucher, first: number, count: number, faulted: Faulted): void {
	const { area } = toucher;
	if (area.kind !== 'anonymous') return;
	const others = familyOf(world, area).filter((other) => other !== area);
	if (others.length === 0) return;
	for (let page = first; page < first + count; page += 1) {
		const frame = frameOf(world, area, 0, page);
		const heir = frame < 0 ? undefined : others.find((other) => frameOf(world, other, 0, page) === frame);
		if (!heir) continue;
		// A huge folio is copied page by page (do_huge_pmd_wp_page falls back to base pages).
		splitHuge(world, area, page, frame);
		passFrames(world, area, heir, page, frame, 1);
		passGets(world, area, heir, page);
		const [copy] = takeFrames(world, sourceOf(world, { ...toucher, page, order: 0 }), 1);
		if (!copy) {
			faulted.outcome = isDead(toucher) ? 'killed' : 'enomem';
			return;
		}
		const owner = ownerOfArea(world, area.slot);
		putPage(world, owner, page, copy[0], stampOf(owner, page, writtenOf(world, area, page)));
		mapPage(world, area, 0, page, copy[0]);
		faulted.basePages += 1;
	}
}

/** What a pipe holds stays the old page. */
function passGets(world: World, from: AreaRecord, to: AreaRecord, page: number): void {
	if (world.r.holds.some((hold) => hold.area === from.slot && page >= hold.firstPage && page < hold.firstPage + hold.pageCount))
		passHolds(world, from, to, page, 1);
}

/** Reading: nothing is allocated; where nothing was written the zero page shows, a huge one where a huge folio might be. */
export function faultForRead(world: World, toucher: Toucher, first: number, count: number): Faulted {
	const { area } = toucher;
	const faulted: Faulted = { outcome: 'ok', hugeFolios: 0, basePages: 0 };
	if (area.kind !== 'anonymous') return faultForWrite(world, toucher, first, count);
	const gaps: [number, number][] = [];
	forEachGap(world, area, (page, pages) => gaps.push(...partsOutside(area.holes, page, pages)), first, count);
	for (const [page, pages] of gaps)
		for (let at = page; at < page + pages; at += 1) {
			if (writtenOf(world, area, at) > 0) {
				// It was on swap.
				faulted.basePages += takeBase(world, toucher, at, 1);
				continue;
			}
			if (isIn(area.zeroRuns, at)) continue;
			const guestBlock = Math.floor(at / PAGES_PER_BLOCK);
			const huge = mayBeHuge(world, toucher, guestBlock);
			area.zeroRuns = huge ? withRange(area.zeroRuns, guestBlock * PAGES_PER_BLOCK, PAGES_PER_BLOCK) : withRange(area.zeroRuns, at, 1);
		}
	return faulted;
}
