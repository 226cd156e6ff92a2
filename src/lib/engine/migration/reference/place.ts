import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, RowKind, vmPayload, wordKind } from '../../contract/words.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { holdArrived } from '../../hypervisor/pins.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { release } from '../../mm/buddy.ts';
import { copyContent, ensureRows, readStamp, setFolio, setWhole, wholeWord, writeStamp } from '../../mm/frames.ts';
import { frameOf, mapPage, mappingRow, mapWhole, wholeBlockOf } from '../../mm/space/mapping.ts';
import { allocateOnDram, allocateOnPool, blockOfFrame } from '../../mm/zones.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/** One folio to another memory at one moment, by the kernel of the running host. Who may ask, and who holds it, is asked before. */
export interface Placed {
	/** First page of the folio, its pages, and the frame that it left. */
	readonly gfn: number;
	readonly pages: number;
	readonly frame: number;
}

export function isOnPool(world: World, frame: number): boolean {
	const pool = world.r.memories.find((memory) => memory.kind === 'pool');
	const block = blockOfFrame(frame);
	return pool !== undefined && block >= pool.firstBlock && block < pool.firstBlock + pool.blockCount;
}

/** Backed pages of the VM that are not on the pool. */
export function strayGfns(world: World, vmIndex: number): number[] {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const found: number[] = [];
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		const whole = wholeBlockOf(world, vm, vm.running, guestBlock);
		if (whole >= 0 && isOnPool(world, whole * PAGES_PER_BLOCK)) continue;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
			const gfn = guestBlock * PAGES_PER_BLOCK + row;
			const frame = frameOf(world, vm, vm.running, gfn);
			if (frame >= 0 && !isOnPool(world, frame)) found.push(gfn);
		}
	}
	return found;
}

/** Moves the folio of `gfn`. `keep`: the frame that it leaves is not given back yet. */
export function placeNow(
	world: World,
	vmIndex: number,
	gfn: number,
	to: 'dram' | 'pool',
	keep = false
): Outcome<Placed, 'no-room-target' | 'no-room-pool'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	catchUp(world, vmIndex);
	const guestBlock = gfn >>> BLOCK_ORDER;
	const whole = wholeBlockOf(world, vm, vm.running, guestBlock);
	let huge = whole >= 0 && wordKind(wholeWord(world, whole)) === BlockKind.huge;
	const take = (size: number): number =>
		to === 'pool' ? allocateOnPool(world, vm, size) : allocateOnDram(world, vm.instances[vm.running] as number, size);
	let frame = take(huge ? BLOCK_ORDER : 0);
	if (frame < 0 && huge) {
		// No huge target: the folio is split, and its page goes alone (Linux 7.2.13 mm/migrate.c).
		frame = take(0);
		huge = false;
		if (frame >= 0) splitHere(world, vmIndex, vm, guestBlock, whole);
	}
	const order = huge ? BLOCK_ORDER : 0;
	if (frame < 0)
		return to === 'pool' ? refused('no-room-pool', 'the extents are full') : refused('no-room-target', 'the host has no free memory');
	const source = frameOf(world, vm, vm.running, gfn);
	if (huge) {
		const target = blockOfFrame(frame);
		setWhole(world, target, BlockKind.huge, vmPayload(vmIndex, guestBlock));
		copyContent(world, whole, target);
		mapWhole(world, vm, vm.running, guestBlock, target, MapKind.huge);
	} else {
		const stamp = readStamp(world, blockOfFrame(source), source % PAGES_PER_BLOCK);
		ensureRows(world, blockOfFrame(frame));
		setFolio(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, 0, RowKind.vm, vmIndex, gfn);
		writeStamp(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, stamp);
		mapPage(world, vm, vm.running, gfn, frame);
		ensureRows(world, blockOfFrame(source));
	}
	world.c.mapSecondStage.set(mappingRow(vm, vm.running, guestBlock), 0);
	const placed: Placed = huge
		? { gfn: guestBlock * PAGES_PER_BLOCK, pages: PAGES_PER_BLOCK, frame: whole * PAGES_PER_BLOCK }
		: { gfn, pages: 1, frame: source };
	if (!keep) release(world, placed.frame, order);
	recountMove(world, vm, placed, frame);
	refreshSpeed(world, vm);
	return ok(placed);
}

/** A huge folio becomes 512 base pages where it lies. */
function splitHere(world: World, vmIndex: number, vm: VmRecord, guestBlock: number, block: number): void {
	setWhole(world, block, BlockKind.run, vmPayload(vmIndex, guestBlock), true);
	mapWhole(world, vm, vm.running, guestBlock, block, MapKind.run);
	holdArrived(world, vmIndex, guestBlock);
}

function recountMove(world: World, vm: VmRecord, { frame, pages }: Placed, target: number): void {
	const at = (place: number): number =>
		world.r.memories.findIndex((memory) => {
			const block = blockOfFrame(place);
			return block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount;
		});
	const { pagesByMemory } = vm;
	pagesByMemory[at(frame)] = (pagesByMemory[at(frame)] as number) - pages;
	pagesByMemory[at(target)] = (pagesByMemory[at(target)] as number) + pages;
}
