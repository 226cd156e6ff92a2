import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { ZONE_TEXT } from '../../contract/machine-status.ts';
import type { AreaRecord, JsonValue } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord, PAGES_PER_SECTION, pfnOfFrame, zoneOfOsBlock } from '../os/os.ts';
import { forEachRun } from '../space/areas.ts';

/** What a process can learn about its pages through /proc/self/pagemap. */

/** Pages by zone, with the lowest and highest memory block they lie in. */
export function countZones(world: World, area: AreaRecord, first: number, pages: number): JsonValue {
	const zones: { [name: string]: { pages: number; block_lo: number; block_hi: number } } = {};
	const perBlock = PAGES_PER_SECTION * osRecord(world, area.os).sectionsPerBlock;
	let resident = 0;
	forEachRun(
		world,
		area,
		(frame, _page, count) => {
			const zone = world.r.zones[zoneOfOsBlock(world, area.os, Math.floor(frame / PAGES_PER_BLOCK))];
			const name = zone ? ZONE_TEXT[zone.name] : 'none';
			const low = Math.floor(pfnOfFrame(world, area.os, frame) / perBlock);
			const entry = (zones[name] ??= { pages: 0, block_lo: low, block_hi: low });
			entry.pages += count;
			entry.block_lo = Math.min(entry.block_lo, low);
			entry.block_hi = Math.max(entry.block_hi, low);
			resident += count;
		},
		first,
		pages
	);
	return {
		op: 'zones',
		area: area.name,
		absent: pages - resident - Math.min(area.swapped, pages - resident),
		swapped: Math.min(area.swapped, pages - resident),
		zones
	};
}

/** Runs of consecutive frames in virtual order: what a list of ranges would need. */
export function countFrames(world: World, area: AreaRecord, first: number, pages: number): JsonValue {
	let runs = 0;
	let resident = 0;
	let nextFrame = -1;
	let nextPage = -1;
	forEachRun(
		world,
		area,
		(frame, page, count) => {
			if (frame !== nextFrame || page !== nextPage) runs += 1;
			nextFrame = frame + count;
			nextPage = page + count;
			resident += count;
		},
		first,
		pages
	);
	return { op: 'frames', area: area.name, ret: 0, errno: 'OK', pages: resident, runs };
}
