import type { AreaRecord, HoldRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { forEachRun } from '../space/areas.ts';
import { nextHold, settleOrphan } from './unmap.ts';
import { wakeParked } from '../os/wake.ts';

/** References that something keeps on pages of an area: pins of rings, pages in pipes. */

export function addHold(world: World, area: AreaRecord, process: string, first: number, count: number, term: HoldRecord['term']): void {
	world.r.holds.push({ id: nextHold(world), area: area.slot, process, firstPage: first, pageCount: count, term });
}

/** Holds on those pages of the range that have a frame. Returns how many pages that are. */
export function holdResident(
	world: World,
	area: AreaRecord,
	process: string,
	first: number,
	count: number,
	term: HoldRecord['term']
): number {
	const ranges: [number, number][] = [];
	forEachRun(
		world,
		area,
		(_frame, page, pages) => {
			const last = ranges.at(-1);
			if (last && last[0] + last[1] === page) last[1] += pages;
			else ranges.push([page, pages]);
		},
		first,
		count
	);
	for (const [page, pages] of ranges) addHold(world, area, process, page, pages, term);
	return ranges.reduce((sum, [, pages]) => sum + pages, 0);
}

/** References go; pages that only they kept are freed, and whoever waits for them looks again. Returns how many holds went. */
export function dropHolds(world: World, os: number, which: (hold: HoldRecord) => boolean): number {
	const { r } = world;
	const gone = r.holds.filter((hold) => r.areas[hold.area]?.os === os && which(hold));
	if (gone.length === 0) return 0;
	r.holds = r.holds.filter((hold) => !gone.includes(hold));
	for (const slot of new Set(gone.map((hold) => hold.area))) {
		const area = r.areas[slot];
		if (area) settleOrphan(world, area);
	}
	wakeParked(world, os);
	return gone.length;
}
