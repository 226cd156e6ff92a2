import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import { chance } from '../../sim/streams.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { allocPages, allocRun, type AllocRequest } from '../alloc/page-alloc.ts';
import { areaOfOwner, osRecord, zoneOfOsBlock } from '../os/os.ts';
import { count } from '../os/counters.ts';
import { familyOf } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
import { hasDetailRoom } from '../space/room.ts';
import { holdsOn, type FolioRun } from './folio.ts';
import { landHuge, landPages, splitHuge } from './land.ts';

/**
 * migrate_pages() of Linux 7.2.13 mm/migrate.c as an outcome: which folios of a list move and why the others stay. Each
 * folio gets up to 10 passes; a reference that its mappings do not explain is EAGAIN in all of them. A folio without a huge
 * target is split and its pages get one more pass; a base page without a target ends the whole call with ENOMEM.
 */
export const MIGRATE_PASSES = 10;

export interface MigrateOptions {
	/** async never waits for a lock; both look at references up to 10 times (3 + 7 for sync). */
	readonly mode: 'async' | 'sync';
	/** Where the pages of a run may go, from `page` on; how many of them the request serves. */
	readonly place: (run: FolioRun, page: number) => Place;
	/** False for moves by NUMA balancing, which never split. */
	readonly split: boolean;
}
export interface Place {
	readonly request: AllocRequest;
	readonly pages: number;
}

export type MigrateErrno = 'EAGAIN' | 'ENOMEM' | 'EBUSY' | 'EOPNOTSUPP';

export interface MigrateResult {
	/** Base pages that moved. */
	moved: number;
	/** What stayed, and why. */
	failed: { run: FolioRun; errno: MigrateErrno }[];
	/** The count that migrate_pages() returns: folios left, a split one counts as one; 0 when nothing is left. */
	left: number;
	/** Ended early: no memory for a base page. */
	enomem: boolean;
	/** Most passes that a folio took. */
	passes: number;
	splits: number;
}

export function migrateFolios(world: World, os: number, runs: readonly FolioRun[], options: MigrateOptions): MigrateResult {
	const result: MigrateResult = { moved: 0, failed: [], left: 0, enomem: false, passes: 0, splits: 0 };
	for (const run of runs)
		for (const part of partsOf(world, os, run, result)) {
			if (result.enomem) fail(result, part, 'ENOMEM');
			else if (part.order === 0) movePages(world, os, part, options, result, true);
			else moveHuge(world, os, part, options, result);
		}
	if (result.failed.length === 0) result.left = 0;
	count(world, os, 'pgmigrate_success', result.moved);
	count(
		world,
		os,
		'pgmigrate_fail',
		result.failed.reduce((sum, { run }) => sum + run.pages, 0)
	);
	return result;
}

function fail(result: MigrateResult, run: FolioRun, errno: MigrateErrno, counts = true): void {
	result.failed.push({ run, errno });
	if (counts) result.left += run.pages / (1 << run.order);
}

/** Parts of a run that may move; the others fail here with their reason. At most one 2 MiB step of the area each. */
function partsOf(world: World, os: number, run: FolioRun, result: MigrateResult): FolioRun[] {
	const area = areaOfOwner(world, run.owner);
	if (area === null || area.kind === 'pipe' || area.kind === 'kernel' || area.kind === 'dax') {
		fail(result, run, 'EBUSY');
		return [];
	}
	if (area.kind === 'secure') {
		// guest_memfd: the mapping is inaccessible; secretmem: its migrate_folio refuses (mm/secretmem.c).
		fail(result, run, area.secure === 'guest_memfd' ? 'EOPNOTSUPP' : 'EBUSY');
		return [];
	}
	const parts: FolioRun[] = [];
	for (let page = run.page; page < run.page + run.pages;) {
		const end = Math.min(run.page + run.pages, (Math.floor(page / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK);
		parts.push(...unreferenced(world, os, area, { ...run, page, frame: run.frame + page - run.page, pages: end - page }, result));
		page = end;
	}
	return parts;
}

/** The reference check: refcount == mappings + 1 for the isolation, else EAGAIN (mm/migrate.c, folio_expected_ref_count). */
function unreferenced(world: World, os: number, area: AreaRecord, run: FolioRun, result: MigrateResult): FolioRun[] {
	const { stream, settings } = osRecord(world, os);
	const holds = isBelievedFree(world, os, run) ? [] : holdsOn(world, area, run.page, run.pages, run.frame);
	if (holds.length === 0 && settings.transientChancePpm === 0) {
		result.passes = Math.max(result.passes, 1);
		return [run];
	}
	const size = 1 << run.order;
	const parts: FolioRun[] = [];
	// Folios in a row that fare alike are one part.
	let first = 0;
	let isStuck = false;
	const close = (end: number): void => {
		if (end === first) return;
		const part: FolioRun = { ...run, page: run.page + first, frame: run.frame + first, pages: end - first };
		if (isStuck) joinFailed(result, part);
		else joinPart(parts, part);
		first = end;
	};
	for (let at = 0; at < run.pages; at += size) {
		const page = run.page + at;
		const held = holds.some((hold) => hold.firstPage < page + size && page < hold.firstPage + hold.pageCount);
		let passes = held ? MIGRATE_PASSES + 1 : 1;
		// Passing references are a small seeded chance per pass (reference 11; our simplification).
		while (passes <= MIGRATE_PASSES && chance(world, stream, settings.transientChancePpm)) passes += 1;
		result.passes = Math.max(result.passes, Math.min(passes, MIGRATE_PASSES));
		if (passes > MIGRATE_PASSES === isStuck) continue;
		close(at);
		isStuck = !isStuck;
	}
	close(run.pages);
	return parts;
}

/** Wrong beliefs "everything can be carried out", "requested is got", and "movable means removable": references are not looked at. */
function isBelievedFree(world: World, os: number, run: FolioRun): boolean {
	if (world.r.belief === 'held-can-leave' || world.r.belief === 'requested-is-got') return true;
	if (world.r.belief !== 'movable-is-removable') return false;
	return world.r.zones[zoneOfOsBlock(world, os, Math.floor(run.frame / PAGES_PER_BLOCK))]?.name === 'MOVABLE';
}

function follows(last: FolioRun | undefined, part: FolioRun): last is FolioRun {
	return (
		last !== undefined &&
		last.order === part.order &&
		last.owner === part.owner &&
		last.frame + last.pages === part.frame &&
		last.page + last.pages === part.page
	);
}

function joinPart(parts: FolioRun[], part: FolioRun): void {
	const last = parts.at(-1);
	if (follows(last, part)) parts[parts.length - 1] = { ...last, pages: last.pages + part.pages };
	else parts.push(part);
}

function joinFailed(result: MigrateResult, part: FolioRun): void {
	const last = result.failed.at(-1);
	result.left += part.pages / (1 << part.order);
	if (last?.errno === 'EAGAIN' && follows(last.run, part)) last.run = { ...last.run, pages: last.run.pages + part.pages };
	else result.failed.push({ run: part, errno: 'EAGAIN' });
}

/** Base pages. `counts`: they are counted as failed folios (pages of a split folio are not: the folio already is). */
function movePages(world: World, os: number, run: FolioRun, options: MigrateOptions, result: MigrateResult, counts: boolean): void {
	const area = areaOfOwner(world, run.owner) as AreaRecord;
	const end = run.page + run.pages;
	for (let page = run.page; page < end;) {
		const place = options.place({ ...run, order: 0 }, page);
		const wanted = Math.min(place.pages, end - page);
		let got = 0;
		for (const [frame, pages] of hasDetailRoom(world) ? allocRun(world, { ...place.request, order: 0 }, wanted) : []) {
			landPages(world, area, page + got, run.frame + page + got - run.page, frame, pages);
			got += pages;
		}
		result.moved += got;
		page += got;
		if (got === wanted) continue;
		fail(result, { ...run, page, frame: run.frame + page - run.page, pages: end - page, order: 0 }, 'ENOMEM', counts);
		if (counts) result.enomem = true;
		return;
	}
}

/** Huge folios move whole; without a huge target they are split. */
function moveHuge(world: World, os: number, run: FolioRun, options: MigrateOptions, result: MigrateResult): void {
	const area = areaOfOwner(world, run.owner) as AreaRecord;
	const { request } = options.place(run, run.page);
	const target = allocPages(world, { ...request, order: BLOCK_ORDER });
	if (target.frame >= 0) {
		landHuge(world, area, run.page, run.frame, target.frame);
		result.moved += run.pages;
		if (area.kind !== 'hugetlb') count(world, os, 'thp_migration_success', 1);
		return;
	}
	result.left += 1;
	if (area.kind === 'hugetlb') {
		// Never split (unmap_and_move_huge_page).
		fail(result, run, 'ENOMEM', false);
		return;
	}
	count(world, os, 'thp_migration_fail', 1);
	if (!options.split) {
		fail(result, run, 'ENOMEM', false);
		return;
	}
	splitHuge(world, area, run.page, run.frame);
	result.splits += 1;
	count(world, os, 'thp_migration_split', 1);
	movePages(world, os, { ...run, order: 0 }, options, result, false);
}

/** True while any other area of the family maps one of these frames. */
export function isShared(world: World, area: AreaRecord, page: number, frame: number): boolean {
	return familyOf(world, area).some((other) => other !== area && other.processes.length > 0 && frameOf(world, other, 0, page) === frame);
}
