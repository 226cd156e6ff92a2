import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { BlockKind, MapKind, mapKind, mapMemory, wordKind } from '../contract/words.ts';
import { freeGuestBlock } from '../mm/space/give-back.ts';
import { foldMapping, frameOf, mappingRow, wholeBlockOf } from '../mm/space/mapping.ts';
import { foldWritten, uniformWritten } from '../mm/space/written.ts';
import { foldBlock, rowsOf, setWhole, wholeWord } from '../mm/frames.ts';
import { blockOfFrame } from '../mm/zones.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** QEMU processes come and go: freeing what one backed, counting what one backs, folding what became uniform again. */

/** Ends a process: every frame it maps is freed, its mappings go. */
export function dropInstance(world: World, vmIndex: number, instance: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) freeGuestBlock(world, vm, instance, guestBlock);
	vm.instances[instance] = -1;
	recount(world, vm);
}

/** Pages behind the running process, per memory. */
export function recount(world: World, vm: VmRecord): void {
	const counts = world.r.memories.map(() => 0);
	const map = world.c.mapWord.data;
	const from = mappingRow(vm, vm.running, 0);
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount;) {
		// Kind and memory: blocks alike follow each other and are counted at once.
		const label = (map[from + guestBlock] as number) & 0xff;
		let next = guestBlock + 1;
		if (mapKind(label) === MapKind.detail) countRows(world, vm, guestBlock, counts);
		else {
			while (next < vm.guestBlockCount && ((map[from + next] as number) & 0xff) === label) next += 1;
			const memory = mapMemory(label);
			if (mapKind(label) !== MapKind.none) counts[memory] = (counts[memory] as number) + (next - guestBlock) * PAGES_PER_BLOCK;
		}
		guestBlock = next;
	}
	vm.pagesByMemory = counts;
}

function countRows(world: World, vm: VmRecord, guestBlock: number, counts: number[]): void {
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const frame = frameOf(world, vm, vm.running, guestBlock * PAGES_PER_BLOCK + row);
		if (frame < 0) continue;
		const block = blockOfFrame(frame);
		const memory = world.r.memories.findIndex((record) => block >= record.firstBlock && block < record.firstBlock + record.blockCount);
		counts[memory] = (counts[memory] as number) + 1;
	}
}

/** At the end of an operation: what became uniform is kept as one word again. Nothing logical changes. */
export function foldVm(world: World, vmIndex: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		foldWritten(world, vm, guestBlock);
		const block = wholeBlockOf(world, vm, vm.running, guestBlock);
		if (block < 0) continue;
		foldRun(world, vmIndex, guestBlock, block);
		const kind = wordKind(wholeWord(world, block));
		if (kind === BlockKind.huge || kind === BlockKind.run)
			foldMapping(world, vm, vm.running, guestBlock, kind === BlockKind.huge ? MapKind.huge : MapKind.run);
		const count = uniformWritten(world, vm, guestBlock);
		if (count >= 0) foldBlock(world, block, count);
	}
}

/** 512 single pages that lie in order and that nobody holds are a run. */
function foldRun(world: World, vmIndex: number, guestBlock: number, block: number): void {
	const base = rowsOf(world, block);
	if (base < 0 || world.forceDetail) return;
	const { c } = world;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
		if (c.rowOrder.get(base + row) !== 0 || c.rowPin.get(base + row) > 0 || c.rowRef.get(base + row) !== 1) return;
	setWhole(world, block, BlockKind.run, (vmIndex << 21) | guestBlock, true);
}
