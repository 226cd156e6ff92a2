import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { WRITTEN_DETAIL } from '../../contract/words.ts';
import { releaseRow, takeRow } from '../../state/pools.ts';
import type { AddressSpace } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/**
 * The oracle of content (decision D2): how often the guest wrote each of its pages. It changes by guest writes only; no
 * mover may touch it, so that it can judge them all.
 */

/** Writes of one page so far. */
export function writtenOf(world: World, vm: AddressSpace, gfn: number): number {
	const word = world.c.guestWritten.get(vm.firstGuestBlock + (gfn >>> 9));
	if (word < WRITTEN_DETAIL) return word;
	return world.c.guestRowWritten.get((word - WRITTEN_DETAIL) * PAGES_PER_BLOCK + (gfn & 511));
}

/** Writes of all 512 pages of a guest block if they are equal, or −1. */
export function uniformWritten(world: World, vm: AddressSpace, guestBlock: number): number {
	const word = world.c.guestWritten.get(vm.firstGuestBlock + guestBlock);
	return word < WRITTEN_DETAIL ? word : -1;
}

/** Index of the first of the 512 counts of a guest block whose counts differ (`uniformWritten` is −1). */
export function writtenRows(world: World, vm: AddressSpace, guestBlock: number): number {
	return (world.c.guestWritten.get(vm.firstGuestBlock + guestBlock) - WRITTEN_DETAIL) * PAGES_PER_BLOCK;
}

/** Counts one more write of the page and returns the new count. */
export function countWrite(world: World, vm: AddressSpace, gfn: number): number {
	const { c } = world;
	const row = ensureGuestDetail(world, vm, gfn >>> 9) * PAGES_PER_BLOCK + (gfn & 511);
	const count = c.guestRowWritten.get(row) + 1;
	c.guestRowWritten.set(row, count);
	return count;
}

export function ensureGuestDetail(world: World, vm: AddressSpace, guestBlock: number): number {
	const { c } = world;
	const at = vm.firstGuestBlock + guestBlock;
	const word = c.guestWritten.get(at);
	if (word >= WRITTEN_DETAIL) return word - WRITTEN_DETAIL;
	const detail = takeRow(world, 'guestDetail');
	c.guestDetailBlock.set(detail, at + 1);
	c.guestRowWritten.fill(word, detail * PAGES_PER_BLOCK, (detail + 1) * PAGES_PER_BLOCK);
	c.guestWritten.set(at, WRITTEN_DETAIL + detail);
	return detail;
}

/** The block is as if nobody had ever written it: its memory is gone from the guest. */
export function forgetWritten(world: World, vm: AddressSpace, guestBlock: number): void {
	const at = vm.firstGuestBlock + guestBlock;
	const word = world.c.guestWritten.get(at);
	if (word >= WRITTEN_DETAIL) {
		world.c.guestDetailBlock.set(word - WRITTEN_DETAIL, 0);
		releaseRow(world, 'guestDetail', word - WRITTEN_DETAIL);
	}
	if (word !== 0) world.c.guestWritten.set(at, 0);
}

/** Folds a guest block back to one count where all 512 are equal. Called at the end of operations. */
export function foldWritten(world: World, vm: AddressSpace, guestBlock: number): void {
	const { c } = world;
	if (world.forceDetail) return;
	const at = vm.firstGuestBlock + guestBlock;
	const word = c.guestWritten.get(at);
	if (word < WRITTEN_DETAIL) return;
	const detail = word - WRITTEN_DETAIL;
	const base = detail * PAGES_PER_BLOCK;
	const count = c.guestRowWritten.get(base);
	for (let row = 1; row < PAGES_PER_BLOCK; row += 1) if (c.guestRowWritten.get(base + row) !== count) return;
	c.guestDetailBlock.set(detail, 0);
	releaseRow(world, 'guestDetail', detail);
	c.guestWritten.set(at, count);
}

/** A copy of an address space begins with the same counts: its pages hold the same. */
export function copyWritten(world: World, from: AddressSpace, to: AddressSpace): void {
	const { c } = world;
	for (let guestBlock = 0; guestBlock < from.guestBlockCount; guestBlock += 1) {
		const written = uniformWritten(world, from, guestBlock);
		if (written >= 0) {
			c.guestWritten.set(to.firstGuestBlock + guestBlock, written);
			continue;
		}
		const base = ensureGuestDetail(world, to, guestBlock) * PAGES_PER_BLOCK;
		for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
			c.guestRowWritten.set(base + row, writtenOf(world, from, guestBlock * PAGES_PER_BLOCK + row));
	}
}
