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
import { hasDetailRoom } from '../space/room.ts';
import { writtenOf } from '../space/written.ts';

/**
 * Swap as an outcome (Linux 7.2.13 mm/swapfile.c, mm/memory.c): a page of an area that was written and has no frame is in
 * swap. Its content is the oracle's, since nothing can change it there. Each area that mapped it has an entry of its own (our
 * simplification: Linux shares them after a fork). Huge folios are split on the way out.
 */

/** Writes up to `limit` pages of a run out; pages that somebody holds stay. Returns how many left. */
export function swapOut(world: World, os: number, area: AreaRecord, run: FolioRun, limit: number): number {
	// Every step of 2 MiB that is swapped in part needs a description of its own (mm/space/room.ts).
	if (!hasDetailRoom(world)) return 0;
	if (run.order === BLOCK_ORDER) splitHuge(world, area, run.page, run.frame);
	const { settings } = osRecord(world, os);
	let out = 0;
	for (let page = run.page; page < run.page + run.pages && out < limit; page += 1) {
		const frame = frameOf(world, area, 0, page);
		if (frame < 0 || holdsOn(world, area, page, 1, frame).length > 0) continue;
		const members = mappersOf(world, area, page, frame);
		if (settings.swapUsedPages + members.length > settings.swapPages) break;
		for (const member of members) {
			unmapPages(world, member, 0, page, 1);
			// A page that nobody wrote is zero again when it is touched: nothing is kept of it.
			if (writtenOf(world, member, page) === 0) continue;
			member.swapped += 1;
			settings.swapUsedPages += 1;
		}
		ensureRows(world, Math.floor(frame / PAGES_PER_BLOCK));
		release(world, frame, 0);
		out += 1;
	}
	count(world, os, 'pswpout', out);
	return out;
}
