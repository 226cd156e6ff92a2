import { BlockKind, MapKind, mapKind, mapWordOf, wordKind } from '../contract/words.ts';
import { mappingRow, unmapBlock } from '../mm/space/mapping.ts';
import { wholeWord } from '../mm/frames.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * A VM that changes hands by reference is relabelled by ranges of 2 MiB blocks: a plain loop over the words, one mark per
 * 4 KiB of state. The same result as `mapWhole` and `unmapBlock` for each block.
 */

/** From the map word of one block of a memory to that of the next. */
const MAP_STEP = mapWordOf(0, 0, 1);

/**
 * Backs guest blocks by the blocks from `block` on, one to one, as long as each is one folio or one run of 512 pages.
 * Returns for how many that held; the one after them needs its pages looked at. All lie in `memory`.
 */
export function mapBlocks(
	world: World,
	vm: VmRecord,
	instance: number,
	guestBlock: number,
	block: number,
	memory: number,
	count: number
): number {
	if (world.forceDetail) return 0;
	const { mapWord, mapSecondStage, blockWord } = world.c;
	const from = mappingRow(vm, instance, guestBlock);
	const inMemory = block - (world.r.memories[memory] as { firstBlock: number }).firstBlock;
	const words = blockWord.data;
	const map = mapWord.data;
	const stage = mapSecondStage.data;
	let at = 0;
	while (at < count) {
		const kind = kindOf(world, block + at);
		if (kind !== BlockKind.huge && kind !== BlockKind.run) break;
		// Blocks alike follow each other: one loop that does nothing but write.
		let next = at + 1;
		while (next < count && wordKind(words[block + next] as number) === kind) next += 1;
		dropDetails(world, vm, instance, guestBlock + at, next - at);
		const first = mapWordOf(kind === BlockKind.huge ? MapKind.huge : MapKind.run, memory, inMemory);
		for (let index = at; index < next; index += 1) map[from + index] = first + index * MAP_STEP;
		stage.fill(kind === BlockKind.huge ? 2 : 1, from + at, from + next);
		at = next;
	}
	mapWord.touch(from, from + at);
	mapSecondStage.touch(from, from + at);
	return at;
}

/** What a block is as a whole. */
function kindOf(world: World, block: number): number {
	const kind = wordKind(world.c.blockWord.data[block] as number);
	return kind === BlockKind.detail ? wordKind(wholeWord(world, block)) : kind;
}

/** Gives rows of page mappings back, where there are any. */
function dropDetails(world: World, vm: VmRecord, instance: number, guestBlock: number, count: number): void {
	if (world.r.pools.mapDetail.used === 0) return;
	const map = world.c.mapWord.data;
	const from = mappingRow(vm, instance, 0);
	for (let at = guestBlock; at < guestBlock + count; at += 1)
		if (mapKind(map[from + at] as number) === MapKind.detail) unmapBlock(world, vm, instance, at);
}

/** Nothing of the VM is mapped in this process any more; what backed it stays as it is. */
export function unmapAll(world: World, vm: VmRecord, instance: number): void {
	const { mapWord, mapSecondStage } = world.c;
	const from = mappingRow(vm, instance, 0);
	dropDetails(world, vm, instance, 0, vm.guestBlockCount);
	mapWord.fill(0, from, from + vm.guestBlockCount);
	mapSecondStage.fill(0, from, from + vm.guestBlockCount);
}
