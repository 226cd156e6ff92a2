import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { AreaRecord, CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { memoryNodes } from '../alloc/zonelist.ts';
import { endCall } from '../os/calls.ts';
import { nodeOfBlock } from '../os/os.ts';
import { familyOf, orderOfFrame } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
import { isIn } from '../space/runs.ts';
import { ownerOfFrame } from '../process/content.ts';
import type { FolioRun } from './folio.ts';
import { isFlying, landBatch, resumeFlight, startFlight } from './flight.ts';

/**
 * move_pages(2), Linux 7.2.13 mm/migrate.c, do_pages_move: entries are collected until one needs no move or the list ends;
 * then the collected run moves, and its statuses are written only if all of it moved. A failing run ends the call: its
 * folios that stayed and every entry after it are the return value.
 */
interface MoveWork {
	area: number;
	node: number;
	all: boolean;
	first: number;
	/** One past the last entry. */
	end: number;
	/** Entry to look at next, and first entry of the run being collected. */
	at: number;
	start: number;
	/** Entry that ended the run and got its own status, −1 for none. */
	broke: number;
	pending: FolioRun[];
	status: Record<string, number>;
	/** Statuses in order for a list of few entries. */
	list: string[] | null;
}

export interface MoveRequest {
	readonly area: AreaRecord;
	readonly node: number;
	/** MPOL_MF_MOVE_ALL. */
	readonly all: boolean;
	readonly first: number;
	readonly pages: number;
	/** Tell every status in its order, not only how many there are of each. */
	readonly listed: boolean;
}

/** Longest list of entries whose statuses are told one by one. */
const LISTED = 64;
const UNTOUCHED = 'untouched';

const workOf = (call: CallRecord): MoveWork => call.work['move'] as unknown as MoveWork;

export function startMovePages(world: World, call: CallRecord, request: MoveRequest): void {
	const { area, node, all, first, pages, listed } = request;
	const work: MoveWork = {
		area: area.slot,
		node,
		all,
		first,
		end: first + pages,
		at: first,
		start: first,
		broke: -1,
		pending: [],
		status: {},
		list: listed && pages <= LISTED ? Array.from({ length: pages }, () => UNTOUCHED) : null
	};
	call.work['walk'] = 'move-pages';
	call.work['move'] = work as never;
	call.work['total'] = pages;
	if (!memoryNodes(world, call.os).includes(node)) finish(world, call, -1, 'ENODEV');
	else collect(world, call);
}

export function runMovePages(world: World, call: CallRecord): void {
	if (resumeFlight(world, call)) return;
	if (!isFlying(call)) return collect(world, call);
	const result = landBatch(world, call);
	if (result === null) return;
	const work = workOf(call);
	work.pending = [];
	if (result.enomem) return finish(world, call, -1, 'ENOMEM');
	if (result.left > 0) {
		// Entries that were not attempted count too; the one that ended the run is accounted for.
		const rest = work.broke < 0 ? 0 : work.end - work.broke - 1;
		return finish(world, call, result.left + rest, 'OK');
	}
	const stop = work.broke < 0 ? work.end : work.broke;
	tell(work, work.start, stop - work.start, `node${work.node}`);
	work.at = work.broke < 0 ? work.end : work.broke + 1;
	work.start = work.at;
	work.broke = -1;
	collect(world, call);
}

function tell(work: MoveWork, at: number, count: number, status: string): void {
	if (count <= 0) return;
	work.status[status] = (work.status[status] ?? 0) + count;
	work.list?.fill(status, at - work.first, at - work.first + count);
}

function collect(world: World, call: CallRecord): void {
	const work = workOf(call);
	const area = world.r.areas[work.area];
	if (!area) return finish(world, call, -1, 'EFAULT');
	while (work.at < work.end) {
		const entry = look(world, area, work);
		if (entry.run) {
			work.pending.push(entry.run);
			work.at += entry.pages;
			continue;
		}
		if (work.pending.length > 0) {
			tell(work, work.at, 1, entry.status);
			work.broke = work.at;
			break;
		}
		tell(work, work.at, entry.pages, entry.status);
		work.at += entry.pages;
		work.start = work.at;
	}
	if (work.pending.length === 0) return finish(world, call, 0, 'OK');
	startFlight(world, call, work.pending, { kind: 'node', node: work.node, process: call.actor });
}

type Entry = { readonly run: FolioRun; readonly pages: number } | { readonly run?: undefined; readonly status: string; readonly pages: number };

/** add_folio_for_migration for the entry at the cursor and those after it that fare alike. */
function look(world: World, area: AreaRecord, work: MoveWork): Entry {
	const { at } = work;
	const stop = Math.min(work.end, (Math.floor(at / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK);
	const first = fate(world, area, work, at);
	if (first.status === undefined && first.order === BLOCK_ORDER) {
		const head = first.frame - (at % PAGES_PER_BLOCK);
		return { run: { frame: head, page: at - (at % PAGES_PER_BLOCK), pages: PAGES_PER_BLOCK, order: BLOCK_ORDER, owner: first.owner }, pages: 1 };
	}
	let pages = 1;
	while (at + pages < stop) {
		const next = fate(world, area, work, at + pages);
		if (next.status !== first.status) break;
		if (first.status === undefined && (next.frame !== first.frame + pages || next.owner !== first.owner || next.order > 0)) break;
		pages += 1;
	}
	if (first.status !== undefined) return { status: first.status, pages };
	return { run: { frame: first.frame, page: at, pages, order: 0, owner: first.owner }, pages };
}

interface Fate {
	/** Undefined: it is queued. */
	readonly status: string | undefined;
	readonly frame: number;
	readonly order: number;
	readonly owner: number;
}

function fate(world: World, area: AreaRecord, work: MoveWork, page: number): Fate {
	const none = (status: string): Fate => ({ status, frame: -1, order: 0, owner: -1 });
	// No VMA, a VMA that cannot migrate, the zero page (reported as EFAULT since EEXIST has no meaning here).
	if (isIn(area.holes, page) || area.kind === 'dax' || isIn(area.zeroRuns, page)) return none('-EFAULT');
	const frame = frameOf(world, area, 0, page);
	if (frame < 0) return none('-ENOENT');
	const node = nodeOfBlock(world, Math.floor(frame / PAGES_PER_BLOCK));
	if (node === work.node) return none(`node${node}`);
	if (!work.all && mappedTwice(world, area, page, frame)) return none('-EACCES');
	const order = orderOfFrame(world, frame);
	// A huge folio that this call has queued already is off its list: it cannot be isolated again.
	const queued = work.pending.at(-1);
	if (order === BLOCK_ORDER && queued?.order === BLOCK_ORDER && queued.page === page - (page % PAGES_PER_BLOCK)) return none('-EBUSY');
	return { status: undefined, frame, order, owner: ownerOfFrame(world, frame) };
}

function mappedTwice(world: World, area: AreaRecord, page: number, frame: number): boolean {
	return familyOf(world, area).some((other) => other !== area && other.processes.length > 0 && frameOf(world, other, 0, page) === frame);
}

function finish(world: World, call: CallRecord, ret: number, errno: string): void {
	const work = workOf(call);
	const area = world.r.areas[work.area];
	const pages = work.end - work.first;
	const told = Object.values(work.status).reduce((sum, count) => sum + count, 0);
	if (told < pages) work.status[UNTOUCHED] = pages - told;
	endCall(world, call, errno === 'OK' ? null : errno, {
		op: 'move',
		area: area?.name ?? '',
		ret,
		errno,
		pages,
		status: work.status,
		...(work.list === null ? {} : { list: work.list })
	});
}

/** Node or error of every page of a range, as move_pages without target nodes tells it. */
export function pageStatuses(world: World, area: AreaRecord, first: number, pages: number): Record<string, number> {
	const work: MoveWork = { area: area.slot, node: -1, all: true, first, end: first + pages, at: first, start: first, broke: -1, pending: [], status: {}, list: null };
	for (let at = first; at < first + pages; ) {
		work.at = at;
		const entry = look(world, area, work);
		if (!entry.run) tell(work, at, entry.pages, entry.status);
		else {
			const covered = entry.run.order === 0 ? entry.pages : Math.min(first + pages, entry.run.page + PAGES_PER_BLOCK) - at;
			tell(work, at, covered, `node${nodeOfBlock(world, Math.floor(entry.run.frame / PAGES_PER_BLOCK))}`);
			at += covered;
			continue;
		}
		at += entry.pages;
	}
	return work.status;
}
