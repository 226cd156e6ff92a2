import { popcount } from '../../base/bitmap.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { firstWord, WORDS_PER_BLOCK } from './dirty-log.ts';

/**
 * Pages that a running guest does not have yet (post-copy; QEMU 10.2.2 migration/postcopy-ram.c keeps them as the complement of
 * the received bitmap). Nobody logs writes then, so the columns of KVM's log hold them: a bit is a missing page. The bitmap of
 * QEMU goes on saying what the source has still to send; the two differ by what is on the wire, or was lost there.
 */

/** What is to be sent is what is missing: at the switch. Units of several pages are missing whole. Returns the missing pages. */
export function declareMissing(world: World, vm: VmRecord, unitPages: number): number {
	const { qemuBitmap, kvmLog, guestDirtyCount, guestLoggedCount } = world.c;
	let missing = 0;
	for (let block = vm.firstGuestBlock; block < vm.firstGuestBlock + vm.guestBlockCount; block += 1) {
		const from = block * WORDS_PER_BLOCK;
		let count = guestDirtyCount.get(block);
		if (count > 0 && count < PAGES_PER_BLOCK && unitPages === PAGES_PER_BLOCK) {
			qemuBitmap.fill(0xffffffff, from, from + WORDS_PER_BLOCK);
			count = PAGES_PER_BLOCK;
			guestDirtyCount.set(block, count);
		}
		if (count === 0) kvmLog.fill(0, from, from + WORDS_PER_BLOCK);
		else for (let word = from; word < from + WORDS_PER_BLOCK; word += 1) kvmLog.set(word, qemuBitmap.get(word));
		guestLoggedCount.set(block, count);
		missing += count;
	}
	return missing;
}

/** Stretches of pages that are to be sent: one discard each (QEMU 10.2.2 migration/ram.c, postcopy_send_discard_bm_ram). */
export function dirtyStretches(world: World, vm: VmRecord): number {
	const { qemuBitmap, guestDirtyCount } = world.c;
	let stretches = 0;
	let before = 0;
	for (let block = vm.firstGuestBlock; block < vm.firstGuestBlock + vm.guestBlockCount; block += 1) {
		const count = guestDirtyCount.get(block);
		if (count === 0 || count === PAGES_PER_BLOCK) {
			if (count > 0 && before === 0) stretches += 1;
			before = count === 0 ? 0 : 1;
			continue;
		}
		for (let word = block * WORDS_PER_BLOCK; word < (block + 1) * WORDS_PER_BLOCK; word += 1) {
			const bits = qemuBitmap.get(word);
			// A stretch begins at every page whose neighbour before it is clean.
			stretches += popcount((bits & ~((bits << 1) | before)) >>> 0);
			before = bits >>> 31;
		}
	}
	return stretches;
}

export function isMissing(world: World, vm: VmRecord, gfn: number): boolean {
	return (world.c.kvmLog.get(firstWord(vm) + (gfn >>> 5)) & (1 << (gfn & 31))) !== 0;
}

/** Missing pages of a guest block. */
export function missingIn(world: World, vm: VmRecord, guestBlock: number): number {
	return world.c.guestLoggedCount.get(vm.firstGuestBlock + guestBlock);
}

export function missingPages(world: World, vm: VmRecord): number {
	const { data } = world.c.guestLoggedCount;
	let missing = 0;
	for (let block = vm.firstGuestBlock; block < vm.firstGuestBlock + vm.guestBlockCount; block += 1) missing += data[block] as number;
	return missing;
}

/** The page is here. */
export function clearMissing(world: World, vm: VmRecord, gfn: number): void {
	const { kvmLog, guestLoggedCount } = world.c;
	const word = firstWord(vm) + (gfn >>> 5);
	const bit = (1 << (gfn & 31)) >>> 0;
	if ((kvmLog.get(word) & bit) === 0) return;
	kvmLog.set(word, (kvmLog.get(word) & ~bit) >>> 0);
	const block = vm.firstGuestBlock + (gfn >>> 9);
	guestLoggedCount.set(block, guestLoggedCount.get(block) - 1);
}

/** All 512 pages of a guest block are here. */
export function clearMissingBlock(world: World, vm: VmRecord, guestBlock: number): void {
	const at = vm.firstGuestBlock + guestBlock;
	world.c.kvmLog.fill(0, at * WORDS_PER_BLOCK, (at + 1) * WORDS_PER_BLOCK);
	world.c.guestLoggedCount.set(at, 0);
}

/** The source rebuilds its bitmap from what the target has received (QEMU 10.2.2 migration/ram.c, ram_dirty_bitmap_reload). */
export function rebuildFromReceived(world: World, vm: VmRecord): number {
	const { qemuBitmap, kvmLog, guestDirtyCount, guestLoggedCount } = world.c;
	let toSend = 0;
	for (let block = vm.firstGuestBlock; block < vm.firstGuestBlock + vm.guestBlockCount; block += 1) {
		const missing = guestLoggedCount.get(block);
		toSend += missing;
		if (missing === 0 && guestDirtyCount.get(block) === 0) continue;
		for (let word = block * WORDS_PER_BLOCK; word < (block + 1) * WORDS_PER_BLOCK; word += 1) qemuBitmap.set(word, kvmLog.get(word));
		guestDirtyCount.set(block, missing);
	}
	return toSend;
}
