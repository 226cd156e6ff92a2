import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { MapKind, mapBlock, mapDetailIndex, mapDetailWord, mapKind, mapMemory, mapWordOf } from '../../contract/words.ts';
import { releaseRow, takeRow } from '../../state/pools.ts';
import type { AddressSpace } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/**
 * How one QEMU process backs guest memory: memslot and host page table in one (GPA → HVA is linear per process, so only
 * HVA → frame is kept). Each VM has two processes while it moves, instance 0 and 1. Frames here are global: block × 512 + row.
 */

export function mappingRow(vm: AddressSpace, instance: number, guestBlock: number): number {
	return vm.firstGuestBlock * 2 + instance * vm.guestBlockCount + guestBlock;
}

/** Global frame behind a guest page in one process, or −1. */
export function frameOf(world: World, vm: AddressSpace, instance: number, gfn: number): number {
	const { c, r } = world;
	const word = c.mapWord.get(mappingRow(vm, instance, gfn >>> 9));
	switch (mapKind(word)) {
		case MapKind.none:
			return -1;
		case MapKind.detail: {
			const row = mapDetailIndex(word) * PAGES_PER_BLOCK + (gfn & 511);
			const memory = c.mapRowMemory.get(row);
			if (memory === 0) return -1;
			return (r.memories[memory - 1] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK + c.mapRowFrame.get(row);
		}
		default: {
			const first = (r.memories[mapMemory(word)] as { firstBlock: number }).firstBlock;
			return (first + mapBlock(word)) * PAGES_PER_BLOCK + (gfn & 511);
		}
	}
}

/** Global block behind a guest block if all its 512 pages lie in it in order; −1 otherwise. */
export function wholeBlockOf(world: World, vm: AddressSpace, instance: number, guestBlock: number): number {
	const word = world.c.mapWord.get(mappingRow(vm, instance, guestBlock));
	const kind = mapKind(word);
	if (kind === MapKind.huge || kind === MapKind.run)
		return (world.r.memories[mapMemory(word)] as { firstBlock: number }).firstBlock + mapBlock(word);
	if (kind === MapKind.none) return -1;
	// A mapping in rows may still be one whole: the representation must not show.
	const first = frameOf(world, vm, instance, guestBlock * PAGES_PER_BLOCK);
	if (first < 0 || first % PAGES_PER_BLOCK !== 0) return -1;
	for (let row = 1; row < PAGES_PER_BLOCK; row += 1)
		if (frameOf(world, vm, instance, guestBlock * PAGES_PER_BLOCK + row) !== first + row) return -1;
	return first / PAGES_PER_BLOCK;
}

function memoryOf(world: World, block: number): number {
	const at = world.r.memories.findIndex((memory) => block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount);
	if (at < 0) throw new Error(`block ${block} is in no memory`);
	return at;
}

function dropDetail(world: World, row: number): void {
	const word = world.c.mapWord.get(row);
	if (mapKind(word) !== MapKind.detail) return;
	world.c.mapDetailBlock.set(mapDetailIndex(word), 0);
	releaseRow(world, 'mapDetail', mapDetailIndex(word));
}

/** Backs a whole guest block by one block, as a huge folio or as a run of 512 pages. */
export function mapWhole(world: World, vm: AddressSpace, instance: number, guestBlock: number, block: number, kind: 1 | 2): void {
	const row = mappingRow(vm, instance, guestBlock);
	const memory = memoryOf(world, block);
	dropDetail(world, row);
	const first = (world.r.memories[memory] as { firstBlock: number }).firstBlock;
	world.c.mapWord.set(row, mapWordOf(kind, memory, block - first));
	if (world.forceDetail) ensureMapDetail(world, row);
}

/** Backs one guest page; the rest of its block keeps what it had. */
export function mapPage(world: World, vm: AddressSpace, instance: number, gfn: number, frame: number): void {
	const row = mappingRow(vm, instance, gfn >>> 9);
	const detail = ensureMapDetail(world, row);
	const memory = memoryOf(world, Math.floor(frame / PAGES_PER_BLOCK));
	const first = (world.r.memories[memory] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK;
	world.c.mapRowFrame.set(detail * PAGES_PER_BLOCK + (gfn & 511), frame - first);
	world.c.mapRowMemory.set(detail * PAGES_PER_BLOCK + (gfn & 511), memory + 1);
}

/** Backs guest pages in a row, of one guest block, by as many frames in a row. */
export function mapPages(world: World, vm: AddressSpace, instance: number, gfn: number, frame: number, count: number): void {
	const { c } = world;
	const at = ensureMapDetail(world, mappingRow(vm, instance, gfn >>> 9)) * PAGES_PER_BLOCK + (gfn & 511);
	const memory = memoryOf(world, Math.floor(frame / PAGES_PER_BLOCK));
	const first = (world.r.memories[memory] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK;
	for (let page = 0; page < count; page += 1) c.mapRowFrame.data[at + page] = frame - first + page;
	c.mapRowFrame.touch(at, at + count);
	c.mapRowMemory.fill(memory + 1, at, at + count);
}

function ensureMapDetail(world: World, row: number): number {
	const { c } = world;
	const word = c.mapWord.get(row);
	if (mapKind(word) === MapKind.detail) return mapDetailIndex(word);
	const detail = takeRow(world, 'mapDetail');
	c.mapDetailBlock.set(detail, row + 1);
	const base = detail * PAGES_PER_BLOCK;
	if (mapKind(word) === MapKind.none) {
		c.mapRowMemory.fill(0, base, base + PAGES_PER_BLOCK);
		c.mapRowFrame.fill(0, base, base + PAGES_PER_BLOCK);
	} else {
		c.mapRowMemory.fill(mapMemory(word) + 1, base, base + PAGES_PER_BLOCK);
		const first = mapBlock(word) * PAGES_PER_BLOCK;
		for (let at = 0; at < PAGES_PER_BLOCK; at += 1) c.mapRowFrame.set(base + at, first + at);
	}
	c.mapWord.set(row, mapDetailWord(detail));
	return detail;
}

export function unmapBlock(world: World, vm: AddressSpace, instance: number, guestBlock: number): void {
	const row = mappingRow(vm, instance, guestBlock);
	dropDetail(world, row);
	world.c.mapWord.set(row, 0);
	world.c.mapSecondStage.set(row, 0);
}

/** Takes single pages out of a mapping; the rest of their block keeps what it had. */
export function unmapPages(world: World, vm: AddressSpace, instance: number, gfn: number, count: number): void {
	const base = ensureMapDetail(world, mappingRow(vm, instance, gfn >>> 9)) * PAGES_PER_BLOCK + (gfn & 511);
	world.c.mapRowMemory.fill(0, base, base + count);
	world.c.mapRowFrame.fill(0, base, base + count);
}

/** Folds a mapping of 512 consecutive frames of one block back to one word. */
export function foldMapping(world: World, vm: AddressSpace, instance: number, guestBlock: number, kind: 1 | 2): void {
	const row = mappingRow(vm, instance, guestBlock);
	if (world.forceDetail || mapKind(world.c.mapWord.get(row)) !== MapKind.detail) return;
	const first = frameOf(world, vm, instance, guestBlock * PAGES_PER_BLOCK);
	if (first < 0 || first % PAGES_PER_BLOCK !== 0) return;
	for (let at = 1; at < PAGES_PER_BLOCK; at += 1)
		if (frameOf(world, vm, instance, guestBlock * PAGES_PER_BLOCK + at) !== first + at) return;
	mapWhole(world, vm, instance, guestBlock, first / PAGES_PER_BLOCK, kind);
}
