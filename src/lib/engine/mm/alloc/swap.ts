import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { ensureRows } from '../frames.ts';
import { holdsOn, type FolioRun } from '../move/folio.ts';
import { splitHuge } from '../move/land.ts';
import { count } from '../os/counters.ts';
import { osRecord } from '../os/os.ts';
import { mappersOf } from '../space/areas.ts';
import { frameOf, unmapPages } from '../space/mapping.ts';
import { writtenOf } from '../space/written.ts';

/**
 * Swap as an outcome (Linux 7.2.13 mm/swapfile.c, mm/memory.c): a page of an area that was written and has no frame is in
 * swap. Its content is the oracle's, since nothing can change it there. Huge folios are split on the way out.
 */

/** Writes up to `limit` pages of a run out; pages that somebody holds stay. Returns how many left. */
export function swapOut(world: World, os: number, area: AreaRecord, run: FolioRun, limit: number): number {
	if (run.order === BLOCK_ORDER) splitHuge(world, area, run.page, run.frame);
	const { settings } = osRecord(world, os);
	let out = 0;
	for (let page = run.page; page < run.page + run.pages && out < limit; page += 1) {
		const frame = frameOf(world, area, 0, page);
		if (frame < 0 || holdsOn(world, area, page, 1, frame).length > 0) continue;
		for (const member of mappersOf(world, area, page, frame)) {
			unmapPages(world, member, 0, page, 1);
			if (writtenOf(world, member, page) > 0) member.swapped += 1;
		}
		ensureRows(world, Math.floor(frame / PAGES_PER_BLOCK));
		release(world, frame, 0);
		out += 1;
	}
	settings.swapUsedPages += out;
	count(world, os, 'pswpout', out);
	return out;
}

/** True for a page that comes back from swap at its next touch. */
export function isSwapped(world: World, area: AreaRecord, page: number): boolean {
	return area.swapped > 0 && frameOf(world, area, 0, page) < 0 && writtenOf(world, area, page) > 0;
}

/** Book-keeping for pages of an area that came back, or were given up with it. */
export function swapIn(world: World, os: number, area: AreaRecord, pages: number, given: 'back' | 'up' = 'back'): void {
	const { settings } = osRecord(world, os);
	area.swapped = Math.max(0, area.swapped - pages);
	settings.swapUsedPages = Math.max(0, settings.swapUsedPages - pages);
	if (given === 'back') count(world, os, 'pswpin', pages);
}
