import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, ORDERS, RowKind, UseClass, usePayload } from '../../contract/words.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { ensureRows, setFolio, setWhole } from '../frames.ts';
import { osRecord } from '../os/os.ts';
import { gfpOf, zoneRanks } from './gfp.ts';
import type { AllocRequest } from './request.ts';
import { directReclaim, wakeKswapd } from './shortage.ts';
import { sweep, type Taken, type Walk } from './sweep.ts';
import { isTyped } from './typed-nodes.ts';
import { allWatermarks, zoneNames, type Watermarks } from './watermarks.ts';
import { zonesBetween } from './zonelist.ts';

/**
 * The walk of a page allocation (Linux 7.2.13 mm/page_alloc.c, __alloc_frozen_pages, get_page_from_freelist): the whole list
 * with mark LOW; only when every allowed zone is below it, kswapd of the listed nodes and the list again with MIN; then
 * direct reclaim; then, for small requests that may, the OOM killer. kswapd works at once here (our simplification), so that
 * no sweep has to skip nodes whose kswapd runs.
 */
export type { AllocRequest } from './request.ts';

export type AllocFailure = 'enomem' | 'oom-killed';
export type AllocResult =
	| { readonly frame: number; readonly zone: number; readonly why?: undefined }
	| { readonly frame: -1; readonly zone: -1; readonly why: AllocFailure };

/** PAGE_ALLOC_COSTLY_ORDER: larger requests get one round of reclaim and never wake the OOM killer. */
const COSTLY_ORDER = 3;

/** One allocation: its first frame (global block × 512 + row) and zone, or why there is none. */
export function allocPages(world: World, request: AllocRequest): AllocResult {
	const order = orderOf(request);
	const taken = take(world, request, 1 << order);
	if (typeof taken === 'string') return { frame: -1, zone: -1, why: taken };
	return { frame: taken.frame, zone: taken.zone };
}

/**
 * Many allocations of one order after each other: [first frame, pages] as they came. Less than asked for means that memory
 * ran out. What is taken is marked as used; the caller says what it is.
 */
export function allocRun(world: World, request: AllocRequest, pages: number): [frame: number, pages: number][] {
	const order = orderOf(request);
	assert(pages % (1 << order) === 0, `${pages} pages are not whole chunks of order ${order}`);
	const runs: [frame: number, pages: number][] = [];
	for (let left = pages; left > 0;) {
		const taken = take(world, request, left);
		if (taken === 'oom-killed') {
			// Nobody is there any more who could use what came so far.
			for (const [frame, count] of runs) giveBack(world, frame, count);
			return [];
		}
		if (typeof taken === 'string') break;
		claimFrames(world, taken);
		const last = runs.at(-1);
		if (last && last[0] + last[1] === taken.frame) last[1] += taken.pages;
		else runs.push([taken.frame, taken.pages]);
		left -= taken.pages;
	}
	return runs;
}

/** Until the caller says what they are, taken frames belong to nobody: a neighbour that is freed must not merge with them. */
function claimFrames(world: World, { frame, pages }: Taken): void {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	if (pages >= PAGES_PER_BLOCK) {
		for (let at = block; at < block + pages / PAGES_PER_BLOCK; at += 1) setWhole(world, at, BlockKind.use, usePayload(UseClass.other, 0));
		return;
	}
	ensureRows(world, block);
	setFolio(world, block, frame % PAGES_PER_BLOCK, 31 - Math.clz32(pages), RowKind.other, -1, 0);
}

/** Frees a run in chunks as large as they fit. */
function giveBack(world: World, frame: number, pages: number): void {
	const end = frame + pages;
	for (let at = frame; at < end;) {
		let order = 0;
		while (order < ORDERS - 1 && at % (2 << order) === 0 && at + (2 << order) <= end) order += 1;
		release(world, at, order);
		at += 1 << order;
	}
}

const orderOf = (request: AllocRequest): number => request.order ?? gfpOf(request.gfp).order;

function take(world: World, request: AllocRequest, pages: number): Taken | AllocFailure {
	if (request.gfp !== 'thp') return walk(makeWalk(world, request, request.noReclaim !== true), pages);
	// A huge page for a fault comes from the node where the policy wants it, without reclaim; only an advised area then looks further.
	const here = request.interleaved || request.nodemask?.includes(request.node) === false ? request : { ...request, thisNode: true };
	const near = walk(makeWalk(world, here, false), pages);
	if (typeof near !== 'string' || !request.advised) return near;
	return walk(makeWalk(world, request, true), pages);
}

function makeWalk(world: World, request: AllocRequest, mayReclaim: boolean): Walk {
	const record = osRecord(world, request.os);
	const gfp = gfpOf(request.gfp, request.pinning);
	const { lowest, highest } = zoneRanks(record, gfp, request.zoneWish ?? 'any');
	const listed = zonesBetween(world, request.os, request.node, lowest, highest, request.thisNode === true);
	const { nodemask } = request;
	const zones = nodemask === null ? listed : listed.filter((zone) => nodemask.includes((world.r.zones[zone] as ZoneRecord).node));
	// Typed nodes are on nobody else's list; a mask that names them adds them at its end.
	if (nodemask !== null && request.thisNode !== true)
		for (const node of nodemask)
			if (node !== request.node && isTyped(record, node)) zones.push(...zonesBetween(world, request.os, node, lowest, highest, true));
	const all = allWatermarks(world, request.os);
	return {
		world,
		request,
		order: orderOf(request),
		migratetype: gfp.migratetype,
		zones,
		highestRank: highest,
		reserveAt: Math.min(highest, zoneNames(record).length - 1),
		marks: zones.map((zone) => all[record.zones.indexOf(zone)] as Watermarks),
		mayReclaim
	};
}

function walk(of: Walk, pages: number): Taken | AllocFailure {
	if (of.zones.length === 0) return 'enomem';
	const fast = sweep(of, 'low', pages);
	if (fast) return fast;
	if (of.request.gfp !== 'thp' && of.request.noReclaim !== true) wakeKswapd(of);
	return sweep(of, 'min', pages) ?? slowly(of, pages);
}

/** Direct reclaim while it gets anywhere, then the OOM killer where the kernel would call it. */
function slowly(of: Walk, pages: number): Taken | AllocFailure {
	if (!of.mayReclaim) return 'enomem';
	for (let freed = 1; freed > 0;) {
		freed = directReclaim(of);
		const taken = sweep(of, 'min', pages);
		if (taken) return taken;
		if (of.order > COSTLY_ORDER) return 'enomem';
	}
	const { request } = of;
	const mayKill = of.highestRank >= 2 && request.thisNode !== true && request.retryMayfail !== true;
	if (!mayKill) return 'enomem';
	for (;;) {
		const victim = of.world.relief.kill(of.world, request.os, request.nodemask);
		if (victim === null) return 'enomem';
		if (victim === request.process) return 'oom-killed';
		const taken = sweep(of, 'min', pages);
		if (taken) return taken;
	}
}
