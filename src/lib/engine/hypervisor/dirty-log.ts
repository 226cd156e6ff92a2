import { lowestBit, popcount } from '../../base/bitmap.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * KVM's dirty log and QEMU's bitmap, one bit per 4 KiB page whatever the folio. All indices are words of 32 pages; a VM's
 * words start at its first guest block × 16.
 */
export const WORDS_PER_BLOCK = 16;
/** Pages behind one chunk of QEMU's clear bitmap: 2^18 pages, 1 GiB (QEMU 10.2.2 migration/ram.c, clear_bmap shift 18). */
export const CLEAR_CHUNK_PAGES = 1 << 18;

export const firstWord = (vm: VmRecord): number => vm.firstGuestBlock * WORDS_PER_BLOCK;

/** Names of the rule "which writes the log keeps", true one first (decision D12). */
type LogRule = (world: World, word: number, bit: number) => boolean;
const LOG_RULES: Readonly<Record<string, LogRule>> = {
	true: () => true,
	/** The misconception: a page that was sent stays sent. */
	'sent-stays-sent': (world, word, bit) => (world.c.sentBitmap.get(word) & bit) === 0
};
export const BELIEFS = ['sent-stays-sent'] as const;

export interface LoggedWrite {
	/** The page had been sent before: it has to go again, if the rule in force sees it. */
	readonly again: boolean;
	readonly kept: boolean;
}

const FIRST: LoggedWrite = { again: false, kept: true };

/** Notes a guest write in the log. Returns whether the page had been sent before and whether the write was kept. */
export function logWrite(world: World, vm: VmRecord, gfn: number): LoggedWrite {
	const { c } = world;
	const word = firstWord(vm) + (gfn >>> 5);
	const bit = (1 << (gfn & 31)) >>> 0;
	const again = (c.sentBitmap.get(word) & bit) !== 0;
	if ((c.kvmLog.get(word) & bit) !== 0) return FIRST;
	// Beliefs about other rules leave this one as it is.
	const rule = LOG_RULES[world.r.belief ?? 'true'] ?? (LOG_RULES['true'] as LogRule);
	const kept = rule(world, word, bit) && !dropsBit(world, word, bit);
	if (kept) {
		c.kvmLog.set(word, (c.kvmLog.get(word) | bit) >>> 0);
		const block = vm.firstGuestBlock + (gfn >>> 9);
		c.guestLoggedCount.set(block, c.guestLoggedCount.get(block) + 1);
		vm.loggedPages += 1;
	}
	return again ? { again, kept } : FIRST;
}

/** Planted fault: one dirty bit is dropped, of a page that does not go out anyway. */
function dropsBit(world: World, word: number, bit: number): boolean {
	const at = world.r.faults.indexOf('drop-dirty-bit');
	if (at < 0 || (world.c.qemuBitmap.get(word) & bit) !== 0) return false;
	world.r.faults.splice(at, 1);
	return true;
}

/** Switches dirty tracking on. With `initiallySet` every page counts as dirty until its chunk is cleared (KVM, since 5.7). */
export function startLog(world: World, vm: VmRecord, initiallySet: boolean): void {
	const from = firstWord(vm);
	const to = from + (vm.pageCount >>> 5);
	world.c.kvmLog.fill(initiallySet ? 0xffffffff : 0, from, to);
	world.c.sentBitmap.fill(0, from, to);
	world.c.guestLoggedCount.fill(
		initiallySet ? PAGES_PER_BLOCK : 0,
		vm.firstGuestBlock,
		vm.firstGuestBlock + vm.pageCount / PAGES_PER_BLOCK
	);
	vm.loggedPages = initiallySet ? vm.pageCount : 0;
	vm.logging = true;
}

export function stopLog(world: World, vm: VmRecord): void {
	const from = firstWord(vm);
	const to = from + (vm.pageCount >>> 5);
	vm.logging = false;
	vm.loggedPages = 0;
	for (const column of [world.c.kvmLog, world.c.qemuBitmap, world.c.sentBitmap]) column.fill(0, from, to);
	world.c.guestLoggedCount.fill(0, vm.firstGuestBlock, vm.firstGuestBlock + vm.guestBlockCount);
	world.c.guestDirtyCount.fill(0, vm.firstGuestBlock, vm.firstGuestBlock + vm.guestBlockCount);
}

/** Marks every page as still to send. Returns how many. */
export function markAll(world: World, vm: VmRecord): number {
	const from = firstWord(vm);
	world.c.qemuBitmap.fill(0xffffffff, from, from + (vm.pageCount >>> 5));
	world.c.guestDirtyCount.fill(PAGES_PER_BLOCK, vm.firstGuestBlock, vm.firstGuestBlock + vm.pageCount / PAGES_PER_BLOCK);
	return vm.pageCount;
}

/**
 * Fetches the log into the bitmap; `clear` re-arms at once (older KVM), otherwise chunk by chunk (`clearChunk`). Returns the
 * number of pages that are to send now. The counts tell where there is anything to fetch: blocks without are passed by in
 * fours; blocks that were written follow each other often and are fetched by runs.
 */
export function syncLog(world: World, vm: VmRecord, clear: boolean): number {
	const { guestLoggedCount, guestDirtyCount } = world.c;
	const logged = guestLoggedCount.data;
	const dirtyCount = guestDirtyCount.data;
	const loggedFours = guestLoggedCount.fours();
	const dirtyFours = guestDirtyCount.fours();
	const end = vm.firstGuestBlock + vm.guestBlockCount;
	let dirty = 0;
	for (let at = vm.firstGuestBlock; at < end;) {
		if ((at & 3) === 0 && at + 4 <= end && loggedFours[at >>> 2] === 0) {
			if (dirtyFours[at >>> 2] !== 0)
				dirty +=
					(dirtyCount[at] as number) + (dirtyCount[at + 1] as number) + (dirtyCount[at + 2] as number) + (dirtyCount[at + 3] as number);
			at += 4;
		} else if (logged[at] === 0) {
			dirty += dirtyCount[at] as number;
			at += 1;
		} else {
			let next = at + 1;
			while (next < end && logged[next] !== 0) next += 1;
			dirty += fetchBlocks(world, at, next);
			if (clear) vm.loggedPages -= clearBlocks(world, at, next);
			at = next;
		}
	}
	return dirty;
}

/** Takes blocks `from` to before `to` out of the log; returns how many pages it held. */
function clearBlocks(world: World, from: number, to: number): number {
	const { kvmLog, guestLoggedCount } = world.c;
	const logged = guestLoggedCount.data;
	let pages = 0;
	for (let block = from; block < to; block += 1) pages += logged[block] as number;
	kvmLog.fill(0, from * WORDS_PER_BLOCK, to * WORDS_PER_BLOCK);
	guestLoggedCount.fill(0, from, to);
	return pages;
}

/** Adds the log of blocks `from` to before `to` to the bitmap; returns how many of their pages are to send. */
function fetchBlocks(world: World, from: number, to: number): number {
	const { qemuBitmap, guestDirtyCount, guestLoggedCount } = world.c;
	const dirtyCount = guestDirtyCount.data;
	const logged = guestLoggedCount.data;
	let dirty = 0;
	for (let block = from; block < to;) {
		const before = dirtyCount[block] as number;
		let next = block + 1;
		if (before === 0) {
			// Nothing was to send: the log's words are the bitmap's words, its counts are the bitmap's counts.
			dirtyCount[block] = logged[block] as number;
			dirty += logged[block] as number;
			while (next < to && dirtyCount[next] === 0) {
				dirtyCount[next] = logged[next] as number;
				dirty += logged[next] as number;
				next += 1;
			}
			copyLog(world, block * WORDS_PER_BLOCK, next * WORDS_PER_BLOCK);
		} else {
			// A block that goes out as a whole needs no look at its words.
			const count = before === PAGES_PER_BLOCK ? before : before + addLog(world, block * WORDS_PER_BLOCK);
			dirtyCount[block] = count;
			dirty += count;
		}
		block = next;
	}
	guestDirtyCount.touch(from, to);
	qemuBitmap.touch(from * WORDS_PER_BLOCK, to * WORDS_PER_BLOCK);
	return dirty;
}

/** Words of the log over words of the bitmap. */
function copyLog(world: World, from: number, to: number): void {
	const log = world.c.kvmLog.data;
	const bitmap = world.c.qemuBitmap.data;
	if (to - from > 8 * WORDS_PER_BLOCK) bitmap.set(log.subarray(from, to), from);
	else for (let word = from; word < to; word += 1) bitmap[word] = log[word] as number;
}

/** One block's log into its bitmap; returns the number of bits that were not there before. */
function addLog(world: World, from: number): number {
	const log = world.c.kvmLog.data;
	const bitmap = world.c.qemuBitmap.data;
	let added = 0;
	for (let word = from; word < from + WORDS_PER_BLOCK; word += 1) {
		const fetched = log[word] as number;
		if (fetched === 0) continue;
		const before = bitmap[word] as number;
		added += popcount((fetched & ~before) >>> 0);
		bitmap[word] = before | fetched;
	}
	return added;
}

/** Re-arms write protection for the guest block's share of a 1 GiB chunk: fetched bits leave KVM's log. */
export function clearBlock(world: World, vm: VmRecord, guestBlock: number): void {
	const { kvmLog, qemuBitmap, guestLoggedCount, guestDirtyCount } = world.c;
	const at = vm.firstGuestBlock + guestBlock;
	const logged = guestLoggedCount.get(at);
	const dirty = guestDirtyCount.get(at);
	if (logged === 0 || dirty === 0) return;
	let left = 0;
	if (dirty === PAGES_PER_BLOCK) kvmLog.fill(0, at * WORDS_PER_BLOCK, (at + 1) * WORDS_PER_BLOCK);
	else {
		const log = kvmLog.data;
		for (let word = at * WORDS_PER_BLOCK; word < (at + 1) * WORDS_PER_BLOCK; word += 1) {
			const rest = ((log[word] as number) & ~(qemuBitmap.data[word] as number)) >>> 0;
			log[word] = rest;
			left += popcount(rest);
		}
		kvmLog.touch(at * WORDS_PER_BLOCK, (at + 1) * WORDS_PER_BLOCK);
	}
	vm.loggedPages -= logged - left;
	guestLoggedCount.set(at, left);
}

/** Written since the log was last read or cleared. */
export function isLogged(world: World, vm: VmRecord, gfn: number): boolean {
	return (world.c.kvmLog.get(firstWord(vm) + (gfn >>> 5)) & (1 << (gfn & 31))) !== 0;
}

/** First page at or after `gfn` that is still to send, or −1. */
export function nextDirty(world: World, vm: VmRecord, gfn: number): number {
	const { c } = world;
	let at = gfn;
	while (at < vm.pageCount) {
		if ((at & 511) === 0 && c.guestDirtyCount.get(vm.firstGuestBlock + (at >>> 9)) === 0) {
			at += 512;
			continue;
		}
		const word = c.qemuBitmap.get(firstWord(vm) + (at >>> 5)) >>> (at & 31);
		if (word !== 0) return at + lowestBit(word);
		at = (at & ~31) + 32;
	}
	return -1;
}

/** The page goes out: its bit is cleared and it counts as sent. */
export function clearDirty(world: World, vm: VmRecord, gfn: number): void {
	const { c } = world;
	const word = firstWord(vm) + (gfn >>> 5);
	const bit = (1 << (gfn & 31)) >>> 0;
	c.qemuBitmap.set(word, (c.qemuBitmap.get(word) & ~bit) >>> 0);
	c.sentBitmap.set(word, (c.sentBitmap.get(word) | bit) >>> 0);
	const block = vm.firstGuestBlock + (gfn >>> 9);
	c.guestDirtyCount.set(block, c.guestDirtyCount.get(block) - 1);
}

/** A whole block of 512 dirty pages goes out. */
export function clearDirtyBlock(world: World, vm: VmRecord, guestBlock: number): void {
	const { c } = world;
	const at = vm.firstGuestBlock + guestBlock;
	c.qemuBitmap.fill(0, at * WORDS_PER_BLOCK, (at + 1) * WORDS_PER_BLOCK);
	c.sentBitmap.fill(0xffffffff, at * WORDS_PER_BLOCK, (at + 1) * WORDS_PER_BLOCK);
	c.guestDirtyCount.set(at, 0);
}
