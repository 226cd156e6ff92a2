import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, MapKind, mapBlock, mapKind, mapMemory, wordKind } from '../../contract/words.ts';
import { zoneOfBlock } from '../../mm/buddy.ts';
import { wholeWord } from '../../mm/frames.ts';
import { frameOf, mappingRow, wholeBlockOf } from '../../mm/space/mapping.ts';
import { blockOfFrame } from '../../mm/zones.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/** One QEMU process, and where its long-term pins may lie. */
export interface Process {
	readonly world: World;
	readonly vmIndex: number;
	readonly vm: VmRecord;
	readonly instance: 0 | 1;
	/** ZONE_NORMAL of its host, −1 without a host. */
	readonly zone: number;
}

/** How many pages were worked on, or why it failed, in words. */
export type Worked = { readonly ok: true; readonly pages: number } | { readonly ok: false; readonly detail: string };

/** What the process has behind a page counts for the VM while the guest runs there. */
export function countPages({ world, vm, instance }: Process, frame: number, pages: number): void {
	if (instance !== vm.running) return;
	const block = blockOfFrame(frame);
	const memory = world.r.memories.findIndex((each) => block >= each.firstBlock && block < each.firstBlock + each.blockCount);
	vm.pagesByMemory[memory] = (vm.pagesByMemory[memory] ?? 0) + pages;
}

/** folio_is_longterm_pinnable: not in ZONE_MOVABLE (Linux 7.2.13 include/linux/mm.h). */
export function isMovable(world: World, block: number): boolean {
	return world.r.zones[zoneOfBlock(world, block)]?.name === 'MOVABLE';
}

/** Pages of one guest block are not all there, or not where they may be pinned. Most blocks are told by one word. */
export function needsWork(process: Process, gfn: number, pages: number): boolean {
	const { world, vm, instance } = process;
	const word = world.c.mapWord.data[mappingRow(vm, instance, gfn >>> 9)] as number;
	const kind = mapKind(word);
	if (kind === MapKind.none) return true;
	if (kind !== MapKind.detail)
		return isMovable(world, (world.r.memories[mapMemory(word)] as { firstBlock: number }).firstBlock + mapBlock(word));
	for (let page = gfn; page < gfn + pages; page += 1) {
		const frame = frameOf(world, vm, instance, page);
		if (frame < 0 || isMovable(world, Math.floor(frame / PAGES_PER_BLOCK))) return true;
	}
	return false;
}

/** The guest block of this page is one huge page, however it is represented. */
export function isHuge({ world, vm, instance }: Process, gfn: number): boolean {
	const kind = mapKind(world.c.mapWord.data[mappingRow(vm, instance, gfn >>> 9)] as number);
	if (kind !== MapKind.detail) return kind === MapKind.huge;
	const block = wholeBlockOf(world, vm, instance, gfn >>> 9);
	return block >= 0 && wordKind(wholeWord(world, block)) === BlockKind.huge;
}
