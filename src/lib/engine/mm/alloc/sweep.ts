import { MIGRATETYPES, ORDERS } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { OsNodeRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { allocateRun, freePages } from '../buddy.ts';
import { nodeOfCpu, osRecord } from '../os/os.ts';
import type { AllocRequest } from './request.ts';
import type { Watermarks } from './watermarks.ts';
import { nodeIndex } from './zonelist.ts';

/** One sweep over a zonelist with one mark (Linux 7.2.13 mm/page_alloc.c, get_page_from_freelist), and what it counts. */
export interface Walk {
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
export interface Taken {
	readonly zone: number;
	readonly frame: number;
	readonly pages: number;
}

export const nodeOf = (of: Walk, zone: number): number => (of.world.r.zones[zone] as ZoneRecord).node;

/** get_page_from_freelist: the first zone of the list that stays above the mark. */
export function sweep(of: Walk, mark: 'low' | 'min', pages: number): Taken | null {
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
