import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { MapKind, mapBlock, mapKind, mapMemory } from '../../contract/words.ts';
import { frameOf, mappingRow } from '../../mm/space/mapping.ts';
import type { World } from '../../state/world.ts';
import { isHuge, type Process } from './process.ts';

/** Longest stretches of frames in a row behind a range of pages. */
export interface Runs {
	/** Bytes of each. */
	readonly lengths: number[];
	/** Pages that are part of a huge page. */
	hugePages: number;
	/** Frame that would go on with the last run; −1: none does. */
	next: number;
	/** First frames of memories: what lies before them is another device. */
	readonly borders: ReadonlySet<number>;
}

export function noRuns(world: World): Runs {
	return { lengths: [], hugePages: 0, next: -1, borders: new Set(world.r.memories.map((memory) => memory.firstBlock * PAGES_PER_BLOCK)) };
}

function add(runs: Runs, frame: number, pages: number): void {
	const { lengths } = runs;
	if (frame >= 0 && frame === runs.next && !runs.borders.has(frame))
		lengths[lengths.length - 1] = (lengths.at(-1) as number) + pages * PAGE_BYTES;
	else lengths.push(pages * PAGE_BYTES);
	runs.next = frame < 0 ? -1 : frame + pages;
}

/** Memory of QEMU itself. */
export function ownMemory(runs: Runs, bytes: number): void {
	runs.lengths.push(bytes);
	runs.next = -1;
}

export function addRuns(runs: Runs, process: Process, gfn: number, pages: number): void {
	const { world, vm, instance } = process;
	const words = world.c.mapWord.data;
	for (let at = gfn; at < gfn + pages;) {
		const row = at % PAGES_PER_BLOCK;
		const count = Math.min(gfn + pages - at, PAGES_PER_BLOCK - row);
		const word = words[mappingRow(vm, instance, at >>> 9)] as number;
		const kind = mapKind(word);
		if (kind === MapKind.huge || kind === MapKind.run) {
			const { firstBlock } = world.r.memories[mapMemory(word)] as { firstBlock: number };
			add(runs, (firstBlock + mapBlock(word)) * PAGES_PER_BLOCK + row, count);
		} else for (let page = at; page < at + count; page += 1) add(runs, frameOf(world, vm, instance, page), 1);
		if (kind === MapKind.huge || (kind === MapKind.detail && isHuge(process, at))) runs.hugePages += count;
		at += count;
	}
}
