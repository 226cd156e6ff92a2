import { assert } from '../../../base/assert.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, MIGRATETYPES, ORDERS, RowKind, UseClass, usePayload } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { OsNodeRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { allocateRun, freePages, release } from '../buddy.ts';
import { ensureRows, setFolio, setWhole } from '../frames.ts';
import { nodeOfCpu, osRecord } from '../os/os.ts';
import { gfpOf, zoneRanks, type GfpClass, type ZoneWish } from './gfp.ts';
import { isTyped } from './typed-nodes.ts';
import { allWatermarks, zoneNames, type Watermarks } from './watermarks.ts';
import { nodeIndex, zonesBetween } from './zonelist.ts';

/**
 * The walk of a page allocation (Linux 7.2.13 mm/page_alloc.c, __alloc_frozen_pages, get_page_from_freelist): the whole list
 * with mark LOW; only when every allowed zone is below it, kswapd of the listed nodes and the list again with MIN; then
 * direct reclaim; then, for small requests that may, the OOM killer. kswapd works at once here (our simplification), so that
 * no sweep has to skip nodes whose kswapd runs.
 */
export interface AllocRequest {
	readonly os: number;
	readonly gfp: GfpClass;
	/** Default: that of the class. */
	readonly order?: number;
	/** Node whose list is walked: where a policy wants the page, or the local node. */
	readonly node: number;
	readonly nodemask: readonly number[] | null;
	/** __GFP_THISNODE. */
	readonly thisNode?: boolean;
	/** __GFP_RETRY_MAYFAIL: no OOM kill. */
	readonly retryMayfail?: boolean;
	/** No direct reclaim and no OOM kill: demotion, promotion, a first try that has another behind it. */
	readonly noReclaim?: boolean;
	/** Made inside a long-term pin: PF_MEMALLOC_PIN. */
	readonly pinning?: boolean;
	/** Who asks: its CPU decides what numastat calls local. */
	readonly process?: string;
	readonly zoneWish?: ZoneWish;
	/** The area asked for huge pages (MADV_HUGEPAGE): a huge page may then come from another node and by reclaim. */
	readonly advised?: boolean;
	/** The request follows an interleaving policy: a hit on `node` counts as interleave_hit. */
	readonly interleaved?: boolean;
}

export type AllocFailure = 'enomem' | 'oom-killed';
export type AllocResult =
	| { readonly frame: number; readonly zone: number; readonly why?: undefined }
	| { readonly frame: -1; readonly zone: -1; readonly why: AllocFailure };

/** PAGE_ALLOC_COSTLY_ORDER: larger requests get one round of reclaim and never wake the OOM killer. */
const COSTLY_ORDER = 3;
/** SWAP_CLUSTER_MAX: what one round of direct reclaim is after. */
const RECLAIM_PAGES = 32;

interface Walk {
	readonly world: World;
	readonly request: AllocRequest;
	readonly order: number;
	readonly migratetype: number;
	readonly zones: readonly number[];
	readonly highestRank: number;
	/** Place of the ceiling in lowmem_reserve. */
	readonly reserveAt: number;
	/** Watermarks of the zones, in their order. */
	readonly marks: readonly Watermarks[];
	readonly mayReclaim: boolean;
}

/** What was taken from one zone. */
interface Taken {
	readonly zone: number;
	readonly frame: number;
	readonly pages: number;
}

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
	for (let left = pages; left > 0; ) {
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
	for (let at = frame; at < end; ) {
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
		for (const node of nodemask) if (node !== request.node && isTyped(record, node)) zones.push(...zonesBetween(world, request.os, node, lowest, highest, true));
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
	for (let freed = 1; freed > 0; ) {
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

const nodeOf = (of: Walk, zone: number): number => (of.world.r.zones[zone] as ZoneRecord).node;

/** get_page_from_freelist: the first zone of the list that stays above the mark. */
function sweep(of: Walk, mark: 'low' | 'min', pages: number): Taken | null {
	const [preferred] = of.zones as [number];
	let noFragment = avoidsFragments(of, preferred);
	for (;;) {
		let restart = false;
		for (let at = 0; at < of.zones.length; at += 1) {
			const zone = of.zones[at] as number;
			// Locality is worth more than keeping pageblocks whole.
			if (noFragment && nodeOf(of, zone) !== nodeOf(of, preferred)) {
				restart = true;
				break;
			}
			const allowed = Math.min(pages, pagesAbove(of, at, mark));
			if (allowed <= 0) continue;
			const [frame, got] = allocateRun(of.world, zone, of.order, of.migratetype, allowed, noFragment);
			if (frame < 0) continue;
			countNuma(of, zone, preferred, got >> of.order);
			noteSpill(of, zone, preferred);
			return { zone, frame, pages: got };
		}
		if (!noFragment && !restart) return null;
		noFragment = false;
	}
}

/** alloc_flags_nofragment: the preferred zone is NORMAL and the node has a populated DMA32 below it. */
function avoidsFragments(of: Walk, preferred: number): boolean {
	const { r, c } = of.world;
	const zone = r.zones[preferred] as ZoneRecord;
	if (zone.name !== 'NORMAL') return false;
	return osRecord(of.world, of.request.os).zones.some((index) => {
		const other = r.zones[index] as ZoneRecord;
		return other.node === zone.node && other.name === 'DMA32' && c.zoneManagedPages.get(index) > 0;
	});
}

/** __zone_watermark_ok: how many pages in chunks of the order the zone gives before it falls to the mark. */
function pagesAbove(of: Walk, at: number, mark: 'low' | 'min'): number {
	const zone = of.zones[at] as number;
	const marks = of.marks[at] as Watermarks;
	const limit = marks[mark] + (marks.reserve[of.reserveAt] ?? 0);
	const size = 1 << of.order;
	const spare = freePages(of.world, zone) - (size - 1) - limit;
	if (spare <= 0 || !hasChunk(of, zone)) return 0;
	return Math.ceil(spare / size) * size;
}

/** Some free chunk of the order or larger that is not isolated. */
function hasChunk(of: Walk, zone: number): boolean {
	for (let order = of.order; order < ORDERS; order += 1)
		for (let type = 0; type < MIGRATETYPES - 1; type += 1)
			if (of.world.c.freeCount.get((zone * MIGRATETYPES + type) * ORDERS + order) > 0) return true;
	return false;
}

/** zone_statistics. */
function countNuma(of: Walk, zone: number, preferred: number, times: number): void {
	const { world, request } = of;
	const record = osRecord(world, request.os);
	const got = record.nodes[nodeIndex(record, nodeOf(of, zone))] as OsNodeRecord;
	const wanted = record.nodes[nodeIndex(record, nodeOf(of, preferred))] as OsNodeRecord;
	if (got === wanted) got.numastat[0] += times;
	else {
		got.numastat[1] += times;
		wanted.numastat[2] += times;
	}
	if (request.interleaved && got.id === request.node) got.numastat[3] += times;
	const cpu = world.r.processes.find((process) => process.os === request.os && process.id === request.process)?.cpu ?? 0;
	got.numastat[nodeOfCpu(world, request.os, cpu) === got.id ? 4 : 5] += times;
}

/** Says once that allocations of a kind begin to come from another node than they prefer, and forgets it when they come home. */
function noteSpill(of: Walk, zone: number, preferred: number): void {
	const { world, request } = of;
	const record = osRecord(world, request.os);
	const wanted = nodeOf(of, preferred);
	const got = nodeOf(of, zone);
	const key = `spill:${wanted}:${of.highestRank}`;
	if (record.counters[key] === got + 1 || (got === wanted && record.counters[key] === undefined)) return;
	if (got === wanted) {
		delete record.counters[key];
		return;
	}
	record.counters[key] = got + 1;
	emit(world, {
		kind: 'allocation',
		rule: 'spill',
		cause: null,
		host: record.id,
		vm: null,
		values: { process: request.process ?? 'kernel', node: got, preferred: wanted, zone: (world.r.zones[zone] as ZoneRecord).name },
		text: `${record.id}: zones of node ${wanted} are at their mark; ${request.process ?? 'the kernel'} gets pages on node ${got}, nothing is reclaimed`
	});
}

/** Pages that kswapd goes after in one round (our simplification; Linux: the sum of its zones' HIGH marks, by priority). */
const KSWAPD_ROUND = 512;

/** wake_all_kswapds, and what kswapd then does: reclaim until one eligible zone of the node is above HIGH. */
function wakeKswapd(of: Walk): void {
	const { world, request } = of;
	const record = osRecord(world, request.os);
	for (const node of new Set(of.zones.map((zone) => nodeOf(of, zone)))) {
		let freed = 0;
		while (kswapdShort(of, node) > 0) {
			const round = world.relief.reclaim(world, request.os, node, of.highestRank, KSWAPD_ROUND, 'kswapd');
			freed += round;
			if (round === 0) break;
		}
		if (freed > 0)
			emit(world, {
				kind: 'reclaim',
				rule: 'kswapd',
				cause: null,
				host: record.id,
				vm: null,
				values: { node, pages: freed },
				text: `${record.id}: every allowed zone is below LOW; kswapd of node ${node} frees ${freed} pages`
			});
	}
}

/** Pages missing until the node counts as balanced: the least that one of its eligible zones lacks. PROMO under NUMA tiering. */
function kswapdShort(of: Walk, node: number): number {
	const promotes = (osRecord(of.world, of.request.os).settings.numaBalancing & 2) !== 0;
	let least = Infinity;
	for (const [at, zone] of of.zones.entries()) {
		if (nodeOf(of, zone) !== node) continue;
		const marks = of.marks[at] as Watermarks;
		const mark = (promotes ? marks.promo : marks.high) + (marks.reserve[of.reserveAt] ?? 0);
		least = Math.min(least, mark + 1 - freePages(of.world, zone));
	}
	return Number.isFinite(least) ? least : 0;
}

function directReclaim(of: Walk): number {
	const { world, request } = of;
	let freed = 0;
	for (const node of new Set(of.zones.map((zone) => nodeOf(of, zone)))) {
		freed += world.relief.reclaim(world, request.os, node, of.highestRank, Math.max(RECLAIM_PAGES, 1 << of.order), 'direct');
		if (freed >= RECLAIM_PAGES) break;
	}
	return freed;
}
