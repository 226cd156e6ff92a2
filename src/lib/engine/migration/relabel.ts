import { BlockKind, MapKind, mapKind, mapWordOf, wordKind } from '../contract/words.ts';
import { mappingRow, unmapBlock } from '../mm/space/mapping.ts';
import { wholeWord } from '../mm/frames.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * A VM that changes hands by reference is relabelled by ranges of 2 MiB blocks: a plain loop over the words, one mark per
 * 4 KiB of state. The same result as `mapWhole` and `unmapBlock` for each block.
 */

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
	for (; at < count; at += 1) {
		let kind = wordKind(words[block + at] as number);
		if (kind === BlockKind.detail) kind = wordKind(wholeWord(world, block + at));
		if (kind !== BlockKind.huge && kind !== BlockKind.run) break;
		if (mapKind(map[from + at] as number) === MapKind.detail) unmapBlock(world, vm, instance, guestBlock + at);
		const huge = kind === BlockKind.huge;
		map[from + at] = mapWordOf(huge ? MapKind.huge : MapKind.run, memory, inMemory + at);
		stage[from + at] = huge ? 2 : 1;
	}
	mapWord.touch(from, from + at);
	mapSecondStage.touch(from, from + at);
	return at;
}

/** Nothing of the VM is mapped in this process any more; what backed it stays as it is. */
export function unmapAll(world: World, vm: VmRecord, instance: number): void {
	const { mapWord, mapSecondStage } = world.c;
	const from = mappingRow(vm, instance, 0);
	const map = mapWord.data;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1)
		if (mapKind(map[from + guestBlock] as number) === MapKind.detail) unmapBlock(world, vm, instance, guestBlock);
	mapWord.fill(0, from, from + vm.guestBlockCount);
	mapSecondStage.fill(0, from, from + vm.guestBlockCount);
}
