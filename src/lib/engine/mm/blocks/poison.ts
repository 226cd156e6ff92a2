import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { RowKind, SectionState } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { release, takePageOff } from '../buddy.ts';
import { rowsOf, setFolio } from '../frames.ts';
import { folioAt, type Folio, type FolioRun } from '../move/folio.ts';
import { splitHuge } from '../move/land.ts';
import { migrateFolios } from '../move/migrate.ts';
import { blockOfPfn, logLine, osRecord, sectionOfBlock } from '../os/os.ts';
import { exitProcess } from '../process/end.ts';
import { mappersOf } from '../space/areas.ts';
import { targetOf } from './scan.ts';

/**
 * Pages with a hardware error (Linux 7.2.13 mm/memory-failure.c; drivers/base/memory.c, hard_offline_page and
 * soft_offline_page). A poisoned page never comes back: it is off the free lists, offlining passes over it, and the memory
 * block that holds it cannot come online again.
 */

/** Poisoned pages of a range of pfns. */
export function poisonedIn(world: World, os: number, firstPfn: number, pages: number): number {
	return (osRecord(world, os).poisonedPfns ?? []).filter((pfn) => pfn >= firstPfn && pfn < firstPfn + pages).length;
}

/** Memory goes away, and the memory of its errors with it (mm/memory_hotplug.c, memblk_nr_poison lives with the block). */
export function forgetPoison(world: World, os: number, firstPfn: number, pages: number): void {
	const record = osRecord(world, os);
	if (!record.poisonedPfns) return;
	record.poisonedPfns = record.poisonedPfns.filter((pfn) => pfn < firstPfn || pfn >= firstPfn + pages);
}

/** A block that leaves takes its poisoned pages along: they go back to the isolated lists for the moment in which all are taken off. */
export function gatherPoison(world: World, os: number, firstPfn: number, pages: number): void {
	for (const pfn of osRecord(world, os).poisonedPfns ?? [])
		if (pfn >= firstPfn && pfn < firstPfn + pages) release(world, frameOf(world, os, pfn), 0);
}

/** Another kernel boots on memory that only seemed to fail: it knows of no error. */
export function healAll(world: World, os: number): void {
	const record = osRecord(world, os);
	for (const pfn of record.poisonedPfns ?? []) {
		const frame = frameOf(world, os, pfn);
		if (isOnline(world, os, pfn) && folioAt(world, os, frame).kind === 'poisoned') release(world, frame, 0);
	}
	delete record.poisonedPfns;
}

const frameOf = (world: World, os: number, pfn: number): number => blockOfPfn(world, os, pfn) * PAGES_PER_BLOCK + (pfn % PAGES_PER_BLOCK);

/** pfn_to_online_page. */
function isOnline(world: World, os: number, pfn: number): boolean {
	const memory = world.r.memories[osRecord(world, os).memory];
	if (!memory || pfn >= memory.blockCount * PAGES_PER_BLOCK) return false;
	const state = world.c.memoryBlockState.get(sectionOfBlock(blockOfPfn(world, os, pfn)));
	return state === SectionState.online || state === SectionState.goingOffline;
}

/**
 * memory_failure: a free page is taken off; a page of processes costs them their life (as with vm.memory_failure_early_kill=1;
 * by default they die when they touch it, our simplification); kernel memory is beyond help: EBUSY.
 */
export function hardOffline(world: World, os: number, pfn: number): string | null {
	if (!isOnline(world, os, pfn)) return 'ENXIO';
	const frame = frameOf(world, os, pfn);
	const folio = folioAt(world, os, frame);
	if (folio.kind === 'poisoned') return 'EHWPOISON';
	if (folio.kind === 'hole') return 'ENXIO';
	if (folio.area !== null && folio.movable) kill(world, os, pfn, folio, frame);
	return takeAway(world, os, pfn, 'hard') ? null : 'EBUSY';
}

/** Every process that maps the page is killed; what else was in its huge folio is freed with them. */
function kill(world: World, os: number, pfn: number, folio: Folio, frame: number): void {
	const area = folio.area as AreaRecord;
	for (const mapper of mappersOf(world, area, folio.page + frame - folio.frame, frame))
		for (const process of [...mapper.processes]) {
			logLine(world, os, `Memory failure: 0x${pfn.toString(16)}: Sending SIGBUS to ${process}`);
			exitProcess(world, os, process, 'killed');
		}
}

/** soft_offline_page: the page moves away first, content and all; what will not move stays in use: EBUSY. */
export function softOffline(world: World, os: number, pfn: number): string | null {
	if (!isOnline(world, os, pfn)) return 'EIO';
	const frame = frameOf(world, os, pfn);
	const folio = folioAt(world, os, frame);
	if (folio.kind === 'poisoned') return null;
	if (folio.area !== null && folio.movable) {
		// Pages of the pool are left alone (our simplification: Linux moves them and takes them out of the pool).
		if (folio.area.kind === 'hugetlb') return 'EBUSY';
		const page = folio.page + frame - folio.frame;
		if (folio.order > 0) splitHuge(world, folio.area, page, frame);
		const run: FolioRun = { frame, page, pages: 1, order: 0, owner: folio.owner };
		const moved = migrateFolios(world, os, [run], { mode: 'sync', place: targetOf(world, os, 'contig'), split: true });
		if (moved.left > 0) return 'EBUSY';
	}
	return takeAway(world, os, pfn, 'soft') ? null : 'EBUSY';
}

/** take_page_off_buddy. False when the page is not free. */
function takeAway(world: World, os: number, pfn: number, how: 'hard' | 'soft'): boolean {
	const frame = frameOf(world, os, pfn);
	const { kind, frame: head, order } = folioAt(world, os, frame);
	if (kind !== 'free') return false;
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	takePageOff(world, head, order, frame);
	setFolio(world, block, frame % PAGES_PER_BLOCK, 0, RowKind.poisoned, -1, 0);
	const record = osRecord(world, os);
	(record.poisonedPfns ??= []).push(pfn);
	const text = how === 'hard' ? 'Memory failure' : 'soft offline';
	logLine(
		world,
		os,
		`${text}: 0x${pfn.toString(16)}: recovery action for ${how === 'hard' ? 'free buddy page: Recovered' : 'page: page migrated'}`
	);
	emit(world, {
		kind: 'offline',
		rule: 'poisoned-page',
		cause: null,
		host: record.id,
		values: { pfn, how },
		text: `${record.id}: the page at pfn 0x${pfn.toString(16)} is poisoned and out of use for good`
	});
	return rowsOf(world, block) >= 0;
}
