import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { drawBelow } from '../../sim/streams.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { isIsolated, zoneOfBlock } from '../buddy.ts';
import type { FolioRun } from '../move/folio.ts';
import { flyingPages } from '../move/flight.ts';
import { migrateFolios } from '../move/migrate.ts';
import { count } from '../os/counters.ts';
import { nodeOfBlock, osRecord, ownerOfArea } from '../os/os.ts';
import { forEachRun } from '../space/areas.ts';
import { partsOutside } from '../space/runs.ts';
import { swapOut } from './swap.ts';
import { demotionTargets } from './tiers.ts';
import { zoneRank } from './zonelist.ts';

/**
 * Reclaim as an outcome (Linux 7.2.13 mm/vmscan.c, shrink_folio_list): the coldest pages of a node go to a lower tier, or to
 * swap. Cold is what was touched longest ago, by area, in page order (our simplification; Linux keeps two lists or
 * generations). Locked pages are not looked at, held ones do not move. There is no page cache here, so nothing is dropped.
 */
export type ReclaimBy = 'kswapd' | 'direct';

export function reclaim(world: World, os: number, node: number, highestRank: number, pages: number, by: ReclaimBy): number {
	const record = osRecord(world, os);
	let freed = 0;
	if (record.settings.demotion) freed += demote(world, os, node, highestRank, pages, by);
	if (freed < pages) freed += swapColdest(world, os, node, highestRank, pages - freed);
	return freed;
}

/** Areas whose pages are on the LRU lists, coldest first. */
function coldAreas(world: World, os: number): AreaRecord[] {
	return world.r.areas
		.filter(
			(area): area is AreaRecord => area !== null && area.os === os && !area.locked && (area.kind === 'anonymous' || area.kind === 'shared')
		)
		.sort((a, b) => a.touchedNs - b.touchedNs || a.slot - b.slot);
}

/** Pages of an area that are looked through in one go. */
const WINDOW_PAGES = 64 * PAGES_PER_BLOCK;

/** Runs of the area on the node, in zones that the allocation could use, up to so many pages; huge folios count whole. */
function coldRuns(world: World, area: AreaRecord, node: number, highestRank: number, pages: number): FolioRun[] {
	const runs: FolioRun[] = [];
	let wanted = pages;
	// What somebody moves just now is off the lists (mm/migrate.c, folio_isolate_lru).
	const flying = flyingPages(world, area);
	const look = (frame: number, page: number, length: number, order: number): void => {
		if (flying.length === 0) visit(frame, page, length, order);
		else for (const [first, pages] of partsOutside(flying, page, length)) visit(frame + first - page, first, pages, order);
	};
	const visit = (frame: number, page: number, length: number, order: number): void => {
		const block = Math.floor(frame / PAGES_PER_BLOCK);
		// Isolated blocks are being emptied by somebody else, who has these pages off the lists.
		if (wanted <= 0 || nodeOfBlock(world, block) !== node || isIsolated(world, area.os, block)) return;
		const zone = world.r.zones[zoneOfBlock(world, block)] as ZoneRecord;
		if (zoneRank(zone.name) > highestRank || (order > 0 && length !== 1 << order) || isHeld(world, area, page, length)) return;
		const take = order === 0 ? Math.min(length, wanted) : length;
		runs.push({ frame, page, pages: take, order, owner: ownerOfArea(world, area.slot) });
		wanted -= take;
	};
	for (let first = 0; first < area.pageCount && wanted > 0; first += WINDOW_PAGES) forEachRun(world, area, look, first, WINDOW_PAGES);
	return runs;
}

/** Something holds all of these pages: they would only be put back. */
function isHeld(world: World, area: AreaRecord, page: number, pages: number): boolean {
	return world.r.holds.some((hold) => hold.area === area.slot && hold.firstPage <= page && page + pages <= hold.firstPage + hold.pageCount);
}

/** demote_folio_list: to one of the nearest nodes of the next lower tier, else to any lower one; policies are not asked. */
function demote(world: World, os: number, node: number, highestRank: number, pages: number, by: ReclaimBy): number {
	const record = osRecord(world, os);
	const { preferred, fallback } = demotionTargets(world, os, node);
	if (preferred.length === 0) return 0;
	const target = preferred[preferred.length === 1 ? 0 : drawBelow(world, record.stream, preferred.length)] as number;
	const request = { os, gfp: 'movable', node: target, nodemask: fallback, noReclaim: true } as const;
	let moved = 0;
	for (const area of coldAreas(world, os)) {
		if (moved >= pages) break;
		const runs = coldRuns(world, area, node, highestRank, pages - moved);
		if (runs.length === 0) continue;
		const result = migrateFolios(world, os, runs, { mode: 'async', split: true, place: (run) => ({ request, pages: run.pages }) });
		moved += result.moved;
		if (result.moved > 0) tellDemotion(world, os, area, node, target, result.moved);
		if (result.enomem) break;
	}
	count(world, os, `pgdemote_${by}`, moved);
	count(world, os, `node${node}:pgdemote_${by}`, moved);
	return moved;
}

function tellDemotion(world: World, os: number, area: AreaRecord, node: number, target: number, pages: number): void {
	const machine = osRecord(world, os).id;
	const process = area.processes[0] ?? '';
	emit(world, {
		kind: 'reclaim',
		rule: 'demotion',
		cause: null,
		host: machine,
		vm: null,
		values: { process, area: area.name, node, target, pages },
		text: `${machine}: ${pages} cold pages of ${process}/${area.name} go from node ${node} to node ${target}`
	});
}

function swapColdest(world: World, os: number, node: number, highestRank: number, pages: number): number {
	const { settings, id } = osRecord(world, os);
	let out = 0;
	for (const area of coldAreas(world, os)) {
		const room = Math.min(pages - out, settings.swapPages - settings.swapUsedPages);
		if (room <= 0) break;
		let gone = 0;
		for (const run of coldRuns(world, area, node, highestRank, room)) gone += swapOut(world, os, area, run, room - gone);
		if (gone === 0) continue;
		out += gone;
		emit(world, {
			kind: 'reclaim',
			rule: 'swap-out',
			cause: null,
			host: id,
			vm: null,
			values: { process: area.processes[0] ?? '', area: area.name, node, pages: gone },
			text: `${id}: ${gone} cold pages of ${area.processes[0] ?? ''}/${area.name} on node ${node} are written to swap`
		});
	}
	return out;
}
