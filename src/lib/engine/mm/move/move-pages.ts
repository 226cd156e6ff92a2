import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { AreaRecord, CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { memoryNodes } from '../alloc/zonelist.ts';
import { endCall } from '../os/calls.ts';
import { nodeOfBlock } from '../os/os.ts';
import { familyOf, stretchAt } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
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
	const { pending } = work;
	work.pending = [];
	startFlight(world, call, pending, { kind: 'node', node: work.node, process: call.actor });
}

type Entry =
	{ readonly run: FolioRun; readonly pages: number } | { readonly run?: undefined; readonly status: string; readonly pages: number };

/** add_folio_for_migration for the entry at the cursor and those after it that fare alike. */
function look(world: World, area: AreaRecord, work: MoveWork): Entry {
	const { at, end } = work;
	const bare = withoutFrame(area, at, end);
	// No VMA, a VMA that cannot migrate, the zero page (reported as EFAULT since EEXIST has no meaning here).
	if (bare.status !== null) return { status: bare.status, pages: bare.pages };
	const stretch = stretchAt(world, area, at, at + bare.pages);
	const { frame, order } = stretch;
	if (frame < 0) return { status: '-ENOENT', pages: stretch.pages };
	const node = nodeOfBlock(world, Math.floor(frame / PAGES_PER_BLOCK));
	if (node === work.node) return { status: `node${node}`, pages: stretch.pages };
	const shared = sharing(world, area, at, frame, order === BLOCK_ORDER ? 1 : stretch.pages);
	if (shared.shared && !work.all) return { status: '-EACCES', pages: shared.pages };
	const owner = ownerOfFrame(world, frame);
	if (order === BLOCK_ORDER) {
		const row = at % PAGES_PER_BLOCK;
		// A huge folio that this call has queued already is off its list: it cannot be isolated again.
		const queued = work.pending.at(-1);
		if (queued?.order === BLOCK_ORDER && queued.page === at - row) return { status: '-EBUSY', pages: 1 };
		return { run: { frame: frame - row, page: at - row, pages: PAGES_PER_BLOCK, order, owner }, pages: 1 };
	}
	return { run: { frame, page: at, pages: shared.pages, order: 0, owner }, pages: shared.pages };
}

/** A hole, the zero page or device memory at the entry, and how far it goes; status null: there may be a frame. */
function withoutFrame(area: AreaRecord, at: number, end: number): { readonly status: string | null; readonly pages: number } {
	if (area.kind === 'dax') return { status: '-EFAULT', pages: end - at };
	let next = end;
	for (const [first, pages] of [...area.holes, ...area.zeroRuns]) {
		if (at >= first && at < first + pages) return { status: '-EFAULT', pages: Math.min(end, first + pages) - at };
		if (first > at) next = Math.min(next, first);
	}
	return { status: null, pages: next - at };
}

/** Whether another process maps this page too, and how many of the following pages are alike. */
function sharing(
	world: World,
	area: AreaRecord,
	page: number,
	frame: number,
	most: number
): { readonly shared: boolean; readonly pages: number } {
	const others = familyOf(world, area).filter((other) => other !== area);
	if (others.length === 0) return { shared: false, pages: most };
	const isShared = (at: number): boolean =>
		others.some((other) => other.processes.length > 0 && frameOf(world, other, 0, page + at) === frame + at);
	const shared = isShared(0);
	const owner = ownerOfFrame(world, frame);
	let pages = 1;
	while (pages < most && isShared(pages) === shared && ownerOfFrame(world, frame + pages) === owner) pages += 1;
	return { shared, pages };
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
	const work: MoveWork = {
		area: area.slot,
		node: -1,
		all: true,
		first,
		end: first + pages,
		at: first,
		start: first,
		broke: -1,
		pending: [],
		status: {},
		list: null
	};
	for (let at = first; at < first + pages;) {
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
