import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { MapKind, mapBlock, mapDetailIndex, mapKind, mapMemory } from '../../contract/words.ts';
import { nodeOfBlock, pfnOfFrame } from '../../mm/os/os.ts';
import { mappingRow } from '../../mm/space/mapping.ts';
import type { AreaRecord, HoldRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';

/** Where the pages of areas lie, told in runs of consecutive frames: a long area costs one look per 2 MiB. */

export type RunVisit = (firstPfn: number, pages: number, firstPage: number) => void;

/** Visits the frames behind pages `firstPage` … of an area in virtual order; what has no frame is left out. */
export function visitRuns(world: World, area: AreaRecord, firstPage: number, pageCount: number, visit: RunVisit): void {
	const end = firstPage + pageCount;
	const { c } = world;
	for (let page = firstPage; page < end;) {
		const next = Math.min(end, (Math.floor(page / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK);
		const word = c.mapWord.get(mappingRow(area, 0, Math.floor(page / PAGES_PER_BLOCK)));
		switch (mapKind(word)) {
			case MapKind.none:
				break;
			case MapKind.detail:
				visitRows(world, mapDetailIndex(word), page, next, visit);
				break;
			default: {
				const first = (world.r.memories[mapMemory(word)] as { firstBlock: number }).firstBlock + mapBlock(word);
				visit(pfnOfFrame(world, area.os, first * PAGES_PER_BLOCK + (page % PAGES_PER_BLOCK)), next - page, page);
			}
		}
		page = next;
	}
}

/** All pages of an area lie in the one memory of its machine: a frame inside it is its pfn. */
function visitRows(world: World, detail: number, from: number, to: number, visit: RunVisit): void {
	const frames = world.c.mapRowFrame.data;
	const memories = world.c.mapRowMemory.data;
	const base = detail * PAGES_PER_BLOCK - Math.floor(from / PAGES_PER_BLOCK) * PAGES_PER_BLOCK;
	let runPage = from;
	let runPages = 0;
	let runPfn = 0;
	for (let page = from; page < to; page += 1) {
		const pfn = frames[base + page] as number;
		const backed = memories[base + page] !== 0;
		if (backed && runPages > 0 && pfn === runPfn + runPages) {
			runPages += 1;
			continue;
		}
		if (runPages > 0) visit(runPfn, runPages, runPage);
		runPage = page;
		runPfn = pfn;
		runPages = backed ? 1 : 0;
	}
	if (runPages > 0) visit(runPfn, runPages, runPage);
}

/** Resident pages of an area by node. */
export function areaPagesByNode(world: World, area: AreaRecord): Map<number, number> {
	const byNode = new Map<number, number>();
	const first = firstBlockOf(world, area.os);
	visitRuns(world, area, 0, area.pageCount, (pfn, pages) => {
		// A run of pages may pass from one block, and so from one node, to the next.
		for (let at = pfn; at < pfn + pages;) {
			const part = Math.min(pfn + pages, (Math.floor(at / PAGES_PER_BLOCK) + 1) * PAGES_PER_BLOCK) - at;
			const node = nodeOfBlock(world, first + Math.floor(at / PAGES_PER_BLOCK));
			byNode.set(node, (byNode.get(node) ?? 0) + part);
			at += part;
		}
	});
	return new Map([...byNode].sort((a, b) => a[0] - b[0]));
}

export function firstBlockOf(world: World, os: number): number {
	const record = world.r.oses[os];
	return record ? (world.r.memories[record.memory]?.firstBlock ?? 0) : 0;
}

export interface Held {
	readonly area: AreaRecord;
	readonly process: string;
	readonly term: HoldRecord['term'] | 'locked' | 'secure';
	/** Runs of frames, ascending and joined. */
	readonly runs: readonly (readonly [firstPfn: number, pages: number])[];
}

type Runs = [firstPfn: number, pages: number][];

/** Everything on a machine that somebody holds, has locked or must not be moved at all. */
export function heldOf(world: World, os: number): Held[] {
	const found = new Map<string, { area: AreaRecord; process: string; term: Held['term']; runs: Runs }>();
	const add = (area: AreaRecord, process: string, term: Held['term'], firstPage: number, pageCount: number): void => {
		const key = `${area.slot} ${term} ${process}`;
		const entry = found.get(key) ?? { area, process, term, runs: [] };
		found.set(key, entry);
		visitRuns(world, area, firstPage, pageCount, (pfn, pages) => entry.runs.push([pfn, pages]));
	};
	for (const hold of world.r.holds) {
		const area = world.r.areas[hold.area];
		if (area && area.os === os) add(area, hold.process, hold.term, hold.firstPage, hold.pageCount);
	}
	for (const area of world.r.areas) {
		if (!area || area.os !== os) continue;
		if (area.kind === 'secure') add(area, area.processes[0] ?? '', 'secure', 0, area.pageCount);
		else if (area.locked) add(area, area.processes[0] ?? '', 'locked', 0, area.pageCount);
	}
	return [...found.values()].filter((entry) => entry.runs.length > 0).map((entry) => ({ ...entry, runs: joined(entry.runs) }));
}

/** Ascending, neighbours and overlaps joined. */
function joined(runs: Runs): Runs {
	runs.sort((a, b) => a[0] - b[0]);
	const result: Runs = [];
	for (const [pfn, pages] of runs) {
		const last = result.at(-1);
		if (last && last[0] + last[1] >= pfn) last[1] = Math.max(last[1], pfn + pages - last[0]);
		else result.push([pfn, pages]);
	}
	return result;
}
