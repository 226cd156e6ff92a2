import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, wordKind } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { wholeWord } from '../frames.ts';
import { freePages, splitHuge } from '../move/land.ts';
import { osRecord } from '../os/os.ts';
import { familyOf, forEachGap, forEachRun, freeArea, newArea, orderOfFrame } from '../space/areas.ts';
import { giveHugePage } from '../hugetlb/pool.ts';
import { frameOf, mapPage, mapWhole, unmapBlock, unmapPages, wholeBlockOf } from '../space/mapping.ts';
import { describedSteps, hasDetailRoom } from '../space/room.ts';
import { writtenOf } from '../space/written.ts';
import { copyWritten } from '../space/written.ts';
import { partsOutside, pagesIn, withRange, withoutRange } from '../space/runs.ts';
import { passFrames } from './content.ts';
import { wakeParked } from '../os/wake.ts';

/**
 * Taking memory away from a process (Linux 7.2.13 mm/mmap.c, mm/rmap.c). A frame that another area of the family maps passes
 * to it; one that a pin or a pipe holds stays, unmapped, until that is gone; every other one is freed. A huge folio of which
 * a part goes is split at once (Linux puts it on a list and splits it under pressure: our simplification).
 */

/** Pages of the range lose their mapping in this area. Held pages must not be among them. */
export function unmapRange(world: World, area: AreaRecord, first: number, count: number): void {
	const runs: [frame: number, page: number, pages: number][] = [];
	forEachRun(
		world,
		area,
		(frame, page, pages, order) => {
			if (order === BLOCK_ORDER && pages < PAGES_PER_BLOCK) splitHuge(world, area, page, frame);
			runs.push([frame, page, pages]);
		},
		first,
		count
	);
	for (const [frame, page, pages] of runs) dropRun(world, area, frame, page, pages);
}

function dropRun(world: World, area: AreaRecord, frame: number, page: number, pages: number): void {
	const others = familyOf(world, area).filter((other) => other !== area);
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
	const whole = pages === PAGES_PER_BLOCK && wordKind(wholeWord(world, block)) !== BlockKind.detail;
	if (whole) {
		const heir = others.find((other) => wholeBlockOf(world, other, 0, guestBlock) === block);
		const partly = others.some((other) => other !== heir && sharesAny(world, other, page, frame, pages));
		if (heir || !partly) {
			if (heir) passFrames(world, area, heir, page, frame, pages);
			unmapBlock(world, area, 0, guestBlock);
			if (area.kind === 'hugetlb') giveHugePage(world, area.os, block);
			else if (!heir) release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
			return;
		}
		if (orderOfFrame(world, frame) === BLOCK_ORDER) splitHuge(world, area, page, frame);
	}
	if (others.length === 0) {
		unmapPages(world, area, 0, page, pages);
		freePages(world, frame, pages);
		return;
	}
	for (let at = 0; at < pages; at += 1) {
		const heir = others.find((other) => frameOf(world, other, 0, page + at) === frame + at);
		if (heir) passFrames(world, area, heir, page + at, frame + at, 1);
		unmapPages(world, area, 0, page + at, 1);
		if (!heir) freePages(world, frame + at, 1);
	}
}

function sharesAny(world: World, other: AreaRecord, page: number, frame: number, pages: number): boolean {
	for (let at = 0; at < pages; at += 1) if (frameOf(world, other, 0, page + at) === frame + at) return true;
	return false;
}

/** munmap of a range. False when the world has no room to remember pages that something still holds. */
export function unmapPart(world: World, area: AreaRecord, first: number, count: number): boolean {
	if (first === 0 && count === area.pageCount) {
		leaveArea(world, area);
		return true;
	}
	const held = heldRuns(world, area, first, count, area.kind === 'hugetlb');
	// Two ends are cut, and what is held is remembered elsewhere.
	if (!hasDetailRoom(world, held.length > 0 ? 4 + describedSteps(world, area) : 4)) return false;
	if (held.length > 0 && !keepHeld(world, area, held)) return false;
	forgetSwap(world, area, first, count);
	unmapRange(world, area, first, count);
	area.zeroRuns = withoutRange(area.zeroRuns, first, count);
	area.holes = withRange(area.holes, first, count);
	if (pagesIn(area.holes, 0, area.pageCount) === area.pageCount) freeArea(world, area);
	wakeParked(world, area.os);
	return true;
}

/** Swap entries of the range are given up: pages that were written and have no frame. */
function forgetSwap(world: World, area: AreaRecord, first: number, count: number): void {
	if (area.swapped === 0) return;
	let gone = 0;
	const gaps: [number, number][] = [];
	forEachGap(world, area, (page, pages) => gaps.push(...partsOutside(area.holes, page, pages)), first, count);
	for (const [page, pages] of gaps) for (let at = page; at < page + pages; at += 1) if (writtenOf(world, area, at) > 0) gone += 1;
	gone = Math.min(gone, area.swapped);
	area.swapped -= gone;
	osRecord(world, area.os).settings.swapUsedPages -= gone;
}

/** The process lets the whole area go. What is held lives on in it, mapped by nobody. */
export function leaveArea(world: World, area: AreaRecord): void {
	area.processes = [];
	settleOrphan(world, area);
	wakeParked(world, area.os);
}

/** Pages of an area that nobody maps any more are freed as soon as nothing holds them. */
export function settleOrphan(world: World, area: AreaRecord): void {
	if (area.processes.length > 0) return;
	const held = heldRuns(world, area, 0, area.pageCount, true);
	for (const [first, pages] of partsOutside(held, 0, area.pageCount)) unmapRange(world, area, first, pages);
	if (held.length === 0) freeArea(world, area);
}

/**
 * Runs of pages of the area that holds cover. `folios`: a huge folio is held as a whole; not so where it is split because a
 * part of it is unmapped.
 */
function heldRuns(world: World, area: AreaRecord, first: number, count: number, folios: boolean): [number, number][] {
	let runs: [number, number][] = [];
	for (const hold of world.r.holds) {
		if (hold.area !== area.slot) continue;
		forEachRun(
			world,
			area,
			(_frame, page, pages, order) => {
				const whole = folios && order === BLOCK_ORDER;
				runs = withRange(runs, whole ? page - (page % PAGES_PER_BLOCK) : page, whole ? PAGES_PER_BLOCK : pages);
			},
			hold.firstPage,
			hold.pageCount
		);
	}
	const outside = partsOutside([[first, count]], 0, area.pageCount);
	for (const [from, pages] of outside) runs = withoutRange(runs, from, pages);
	return runs;
}

/** Held pages of a mapped area move, with their holds, into an area that no process maps. */
function keepHeld(world: World, area: AreaRecord, held: readonly [number, number][]): boolean {
	const orphan = newArea(world, {
		os: area.os,
		process: area.processes[0] ?? '',
		name: area.name,
		kind: area.kind,
		pageCount: area.pageCount,
		secure: area.secure
	});
	if (orphan === null) return false;
	orphan.processes = [];
	orphan.family = area.family;
	copyWritten(world, area, orphan);
	for (const [first, count] of held) {
		const runs: [frame: number, page: number, pages: number][] = [];
		forEachRun(
			world,
			area,
			(frame, page, pages, order) => {
				if (order === BLOCK_ORDER && pages < PAGES_PER_BLOCK) splitHuge(world, area, page, frame);
				runs.push([frame, page, pages]);
			},
			first,
			count
		);
		for (const [frame, page, pages] of runs) {
			const block = Math.floor(frame / PAGES_PER_BLOCK);
			const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
			if (pages === PAGES_PER_BLOCK && wordKind(wholeWord(world, block)) !== BlockKind.detail)
				mapWhole(world, orphan, 0, guestBlock, block, orderOfFrame(world, frame) === BLOCK_ORDER ? 1 : 2);
			else for (let at = 0; at < pages; at += 1) mapPage(world, orphan, 0, page + at, frame + at);
		}
		passHolds(world, area, orphan, first, count);
	}
	return true;
}

/** Holds on pages of the range belong to another area of the family from now on; parts outside the range stay. */
export function passHolds(world: World, from: AreaRecord, to: AreaRecord, first: number, count: number): void {
	const { r } = world;
	const end = first + count;
	for (const hold of [...r.holds]) {
		if (hold.area !== from.slot || hold.firstPage >= end || hold.firstPage + hold.pageCount <= first) continue;
		const holdEnd = hold.firstPage + hold.pageCount;
		const cut = (firstPage: number, stop: number, area: number) => {
			if (stop > firstPage) r.holds.push({ ...hold, id: nextHold(world), area, firstPage, pageCount: stop - firstPage });
		};
		r.holds.splice(r.holds.indexOf(hold), 1);
		cut(hold.firstPage, first, from.slot);
		cut(Math.max(first, hold.firstPage), Math.min(end, holdEnd), to.slot);
		cut(end, holdEnd, from.slot);
	}
}

export const nextHold = (world: World): number => world.r.holds.reduce((most, hold) => Math.max(most, hold.id), 0) + 1;
