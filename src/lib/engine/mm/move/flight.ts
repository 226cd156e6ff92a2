import { PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import { costBytesPerSecond, costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { continueLater } from '../os/calls.ts';
import { areaOfOwner, nodeOfBlock, osRecord, pfnOfFrame } from '../os/os.ts';
import { ownerOfFrame } from '../process/content.ts';
import { orderOfFrame, stretchAt } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
import type { FolioRun } from './folio.ts';
import { foldRun } from './land.ts';
import { migrateFolios } from './migrate.ts';
import { placeOf, type PlaceSpec } from './place.ts';

/**
 * A list of folios on its way, batch by batch of 512 base pages (Linux 7.2.13 mm/migrate.c, NR_MAX_BATCHED_MIGRATION). Each
 * batch has two visible moments: entries replaced, and mapped at the new place or restored (decision D5). What happened to
 * a page in between decides at the end: one that is gone is left out, one that is held now stays.
 */
export const BATCH_PAGES = 512;

export interface FlightResult {
	/** Folios that stayed, as migrate_pages() counts them. */
	readonly left: number;
	readonly moved: number;
	readonly enomem: boolean;
}

/** Sends the first batch off. The walk of the call is run again when it has landed. */
export function startFlight(world: World, call: CallRecord, runs: readonly FolioRun[], place: PlaceSpec): void {
	const flight: Flight = { runs: joined(runs), run: 0, offset: 0, flying: 0, landsNs: 0, left: 0, moved: 0, place };
	call.work['flight'] = flight as never;
	launch(world, call);
}

/** Neighbours become one run: a list of much memory stays short. */
function joined(runs: readonly FolioRun[]): FolioRun[] {
	const list: FolioRun[] = [];
	for (const run of runs) {
		const last = list.at(-1);
		const follows =
			last &&
			last.order === run.order &&
			last.owner === run.owner &&
			last.frame + last.pages === run.frame &&
			last.page + last.pages === run.page;
		if (follows) list[list.length - 1] = { ...last, pages: last.pages + run.pages };
		else list.push({ ...run });
	}
	return list;
}

interface Flight {
	runs: FolioRun[];
	/** Runs before `run`, and `offset` pages of it, have landed; so many pages after them are in flight until `landsNs`. */
	run: number;
	offset: number;
	flying: number;
	landsNs: number;
	left: number;
	moved: number;
	place: PlaceSpec;
}
const flightOf = (call: CallRecord): Flight => call.work['flight'] as unknown as Flight;

/** The next so many pages of the list, in pieces of at most one 2 MiB step. */
function pieces(flight: Flight, most: number): FolioRun[] {
	const list: FolioRun[] = [];
	let { run: index, offset } = flight;
	for (let pages = 0; pages < most && index < flight.runs.length;) {
		const run = flight.runs[index] as FolioRun;
		const page = run.page + offset;
		const count = Math.min(run.pages - offset, PAGES_PER_BLOCK - (page % PAGES_PER_BLOCK));
		list.push({ ...run, page, frame: run.frame + offset, pages: count });
		pages += count;
		offset += count;
		if (offset < run.pages) continue;
		index += 1;
		offset = 0;
	}
	return list;
}

const sum = (runs: readonly FolioRun[]): number => runs.reduce((pages, run) => pages + run.pages, 0);

function launch(world: World, call: CallRecord): void {
	const flight = flightOf(call);
	const batch = pieces(flight, BATCH_PAGES);
	flight.flying = sum(batch);
	const base = sum(batch.filter((run) => run.order === 0)) * PAGE_BYTES;
	const huge = flight.flying * PAGE_BYTES - base;
	const lastsNs =
		(base > 0 ? transferNs(base, costBytesPerSecond(world.costs, 'migratePages4kGBps')) : 0) +
		(huge > 0 ? transferNs(huge, costBytesPerSecond(world.costs, 'migratePages2mGBps')) : 0);
	const first = batch[0] as FolioRun;
	flight.landsNs = world.r.nowNs + lastsNs;
	call.work['pfn'] = pfnOfFrame(world, call.os, first.frame);
	note(world, call, first, 'begin', flight.flying, { lastsNs });
	continueLater(world, call, lastsNs);
}

/** What has landed is behind us. */
function advance(flight: Flight): void {
	for (let left = flight.flying; left > 0;) {
		const run = flight.runs[flight.run] as FolioRun;
		const count = Math.min(left, run.pages - flight.offset);
		left -= count;
		flight.offset += count;
		if (flight.offset < run.pages) continue;
		flight.run += 1;
		flight.offset = 0;
	}
	flight.flying = 0;
}

/** The batch lands; null while more is on its way, else what became of all. */
export function landBatch(world: World, call: CallRecord): FlightResult | null {
	const flight = flightOf(call);
	const sent = pieces(flight, flight.flying);
	const first = sent[0] as FolioRun;
	const batch = sent.flatMap((run) => present(world, run));
	const result = migrateFolios(world, call.os, batch, { mode: 'sync', place: placeOf(world, call.os, flight.place), split: true });
	// Room for it was found by killing its own process: nobody waits any more.
	if (call.state !== 'running') return null;
	foldSteps(world, batch);
	flight.left += result.left;
	flight.moved += result.moved;
	advance(flight);
	call.work['done'] = Number(call.work['done'] ?? 0) + result.moved;
	call.movedPages += result.moved;
	note(world, call, first, 'end', result.moved, { left: result.left, passes: result.passes, splits: result.splits });
	if (result.enomem || flight.run >= flight.runs.length) {
		const ended = { left: flight.left, moved: flight.moved, enomem: result.enomem };
		delete call.work['flight'];
		return ended;
	}
	// Passes that found references cost a round of shootdowns each.
	if (result.passes > 1) {
		const pass = costNs(world.costs, 'tlbShootdownBaseUs') + costNs(world.costs, 'tlbShootdownPerCpuUs');
		launchAfter(world, call, result.passes * pass);
		return null;
	}
	launch(world, call);
	return null;
}

function launchAfter(world: World, call: CallRecord, delayNs: number): void {
	call.work['pause'] = true;
	continueLater(world, call, delayNs);
}

/** True while the walk only waits between two batches: it then starts the next one. */
export function resumeFlight(world: World, call: CallRecord): boolean {
	if (call.work['pause'] !== true) return false;
	delete call.work['pause'];
	launch(world, call);
	return true;
}

export const isFlying = (call: CallRecord): boolean => call.work['flight'] !== undefined;

/**
 * First page of the range that is in flight, and when it lands: whoever touches it faults on the migration entry, waits and
 * then goes on (mm/migrate.c, migration_entry_wait).
 */
export function inFlight(
	world: World,
	area: AreaRecord,
	first: number,
	stop: number
): { readonly page: number; readonly landsNs: number } | null {
	let found: { page: number; landsNs: number } | null = null;
	for (const call of world.r.calls) {
		if (call.os !== area.os || call.state !== 'running' || !isFlying(call)) continue;
		const flight = flightOf(call);
		const { landsNs } = flight;
		for (const run of pieces(flight, flight.flying)) {
			const page = Math.max(first, run.page);
			if (page >= Math.min(stop, run.page + run.pages) || (found !== null && found.page <= page)) continue;
			if (areaOfOwner(world, run.owner)?.family === area.family) found = { page, landsNs };
		}
	}
	return found;
}

/** Pages of an area that are in flight now: [first page, pages]. They are off the lists until they land. */
export function flyingPages(world: World, area: AreaRecord): [firstPage: number, pages: number][] {
	const found: [number, number][] = [];
	for (const call of world.r.calls) {
		if (call.os !== area.os || call.state !== 'running' || !isFlying(call)) continue;
		const flight = flightOf(call);
		for (const run of pieces(flight, flight.flying))
			if (areaOfOwner(world, run.owner)?.family === area.family) found.push([run.page, run.pages]);
	}
	return found;
}

/**
 * What of a run is still where it was when it was collected. Pages that the process let go meanwhile may live on in a child:
 * they belong to it now. A huge folio that was split meanwhile is base pages.
 */
function present(world: World, collected: FolioRun): FolioRun[] {
	const split = collected.order > 0 && orderOfFrame(world, collected.frame) !== collected.order;
	const run = split ? { ...collected, order: 0 } : collected;
	const area = areaOfOwner(world, run.owner);
	const whole = area ? stretchAt(world, area, run.page, run.page + run.pages) : null;
	if (whole?.frame === run.frame && whole.pages === run.pages) return [run];
	const ownerAt = (at: number): number => {
		const owner = ownerOfFrame(world, run.frame + at);
		const now = areaOfOwner(world, owner);
		return now !== null && now.family === (area?.family ?? now.family) && frameOf(world, now, 0, run.page + at) === run.frame + at
			? owner
			: -1;
	};
	if (run.order > 0) return ownerAt(0) >= 0 ? [{ ...run, owner: ownerAt(0) }] : [];
	const parts: FolioRun[] = [];
	for (let at = 0; at < run.pages; at += 1) {
		const owner = ownerAt(at);
		if (owner < 0) continue;
		const last = parts.at(-1);
		if (last && last.owner === owner && last.page + last.pages === run.page + at)
			parts[parts.length - 1] = { ...last, pages: last.pages + 1 };
		else parts.push({ ...run, owner, page: run.page + at, frame: run.frame + at, pages: 1 });
	}
	return parts;
}

/** Steps that came to lie in one run are uniform again, and their contents where they are equal. */
function foldSteps(world: World, runs: readonly FolioRun[]): void {
	for (const key of new Set(runs.map((run) => `${run.owner}/${Math.floor(run.page / PAGES_PER_BLOCK)}`))) {
		const [owner = 0, step = 0] = key.split('/').map(Number);
		const area = areaOfOwner(world, owner);
		if (area) foldRun(world, area, step);
	}
}

function note(world: World, call: CallRecord, run: FolioRun, moment: 'begin' | 'end', pages: number, more: Record<string, number>): void {
	const area = areaOfOwner(world, run.owner);
	const page = run.page;
	const frame = area ? frameOf(world, area, 0, page) : -1;
	const at = frame >= 0 ? frame : run.frame;
	const node = nodeOfBlock(world, Math.floor(at / PAGES_PER_BLOCK));
	emit(world, {
		kind: 'move',
		rule: 'migrate-batch',
		cause: call.causeSeq,
		host: osRecord(world, call.os).id,
		vm: null,
		values: {
			call: call.id,
			process: call.actor,
			moment,
			area: area?.name ?? '',
			page,
			pages,
			pfn: pfnOfFrame(world, call.os, at),
			node,
			...more
		},
		text:
			moment === 'begin'
				? `${call.actor}: ${pages} pages from page ${page} of ${area?.name ?? '?'} on node ${node} are taken off their lists`
				: `${call.actor}: ${pages} pages from page ${page} of ${area?.name ?? '?'} have moved, ${more['left'] ?? 0} folios stay`
	});
}
