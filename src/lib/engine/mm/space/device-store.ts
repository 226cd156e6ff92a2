import { PAGE_BYTES } from '../../../base/units.ts';
import type { CxlDecoderRecord, CxlMemdevRecord, CxlRecord, CxlRegionRecord, DaxDeviceRecord, StoreRun } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';

/**
 * What memory devices hold, page by page: runs of pages that were written alike. A store belongs to a backend, or to a file that
 * several machines share; a set of interleaved devices is one store, seen only through the same interleave (our simplification:
 * a page that lies on several devices is not taken apart).
 */
export interface StoreRange {
	readonly store: string;
	/** First page of the device in the store. */
	readonly firstPage: number;
}

/** Where a dax device's pages lie. */
export function storeOf(cxl: CxlRecord, dax: DaxDeviceRecord): StoreRange {
	const region = cxl.regions.find((each) => each.id === dax.region) as CxlRegionRecord;
	const decoders = region.targets.map((index) => cxl.decoders[index] as CxlDecoderRecord);
	const stores = decoders.map((decoder) => (cxl.memdevs[cxl.ports[decoder.port]?.memdev ?? -1] as CxlMemdevRecord).store);
	const base = (decoders[0]?.dpaStart ?? 0) * region.ways + dax.start - region.start;
	const store = region.ways === 1 ? (stores[0] as string) : `${stores.join('+')}@${region.granularityBytes}`;
	return { store, firstPage: base / PAGE_BYTES };
}

const runsOf = (world: World, store: string): StoreRun[] => world.r.stores.find((each) => each.id === store)?.runs ?? [];

/** Pages become what `run` says; what it overlaps is cut. null: they hold nothing that anybody knows. */
export function writeStore(
	world: World,
	store: string,
	firstPage: number,
	pages: number,
	what: Pick<StoreRun, 'origin' | 'write'> | null
): void {
	const end = firstPage + pages;
	const kept: StoreRun[] = [];
	for (const run of runsOf(world, store)) {
		const runEnd = run.firstPage + run.pages;
		if (run.firstPage < firstPage) kept.push({ ...run, pages: Math.min(runEnd, firstPage) - run.firstPage });
		if (runEnd > end) kept.push({ ...run, firstPage: Math.max(run.firstPage, end), pages: runEnd - Math.max(run.firstPage, end) });
	}
	if (what !== null) kept.push({ firstPage, pages, ...what });
	kept.sort((a, b) => a.firstPage - b.firstPage);
	const record = world.r.stores.find((each) => each.id === store);
	if (record !== undefined) record.runs = joined(kept);
	else if (kept.length > 0) world.r.stores.push({ id: store, runs: joined(kept), writes: 0 });
}

function joined(runs: readonly StoreRun[]): StoreRun[] {
	const all: StoreRun[] = [];
	for (const run of runs) {
		const last = all.at(-1);
		if (last !== undefined && last.firstPage + last.pages === run.firstPage && last.origin === run.origin && last.write === run.write)
			last.pages += run.pages;
		else all.push({ ...run });
	}
	return all;
}

/** Number of the next write that leaves something other than the pattern. */
export function nextWrite(world: World, store: string): number {
	const record = world.r.stores.find((each) => each.id === store);
	if (record === undefined) {
		world.r.stores.push({ id: store, runs: [], writes: 1 });
		return 1;
	}
	record.writes += 1;
	return record.writes;
}

/** Pages of a range that hold the pattern of pages counted from `origin` on. */
export function patternPages(world: World, store: string, firstPage: number, pages: number, origin: number): number {
	let held = 0;
	for (const run of runsOf(world, store)) {
		const from = Math.max(run.firstPage, firstPage);
		const to = Math.min(run.firstPage + run.pages, firstPage + pages);
		if (from < to && run.write === 0 && run.origin === origin) held += to - from;
	}
	return held;
}
