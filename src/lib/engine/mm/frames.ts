import { assert, AssertionError } from '../../base/assert.ts';
import { mix32 } from '../../base/hash.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import {
	BlockKind,
	BLOCK_ORDER,
	blockWord,
	payloadGuestBlock,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	vmPayload,
	wordKind,
	wordMigratetype,
	wordPayload
} from '../contract/words.ts';
import { releaseRow, takeRow } from '../state/pools.ts';
import type { World } from '../state/world.ts';

/**
 * How page state is represented (decision D2). A 2 MiB block of physical memory is either uniform, one word and one content
 * count, or it has a detail row with 512 content stamps, and only if its frames are not one folio or one run also a
 * structure with 512 frame rows. The representation never shows: fingerprints and proofs read the logical content.
 *
 * `block` below is the global index of a 2 MiB block; a frame is block × 512 + row.
 */

/** What the frames of a block are that is used as a whole. */
const ROW_OF_USE: Readonly<Record<number, number>> = {
	[UseClass.kernel]: RowKind.kernel,
	[UseClass.reserved]: RowKind.reserved,
	[UseClass.pageOffline]: RowKind.offline
};

/** Stamp of guest page `gfn` of VM `vm` after `count` writes; a page never written is a zero page. */
export function stampOf(vm: number, gfn: number, count: number): number {
	return count === 0 ? 0 : mix32(vm + 1, gfn, count);
}

/**
 * The word of a block as if it had no detail: a whole kind with its payload, or kind `detail` when its frames differ. A
 * structure that holds one folio of order 9 reads as the whole that it is.
 */
export function wholeWord(world: World, block: number): number {
	const { c } = world;
	const word = c.blockWord.get(block);
	if (wordKind(word) !== BlockKind.detail) return word;
	const detail = wordPayload(word);
	const structure = c.detailStructure.get(detail);
	if (structure === 0) return c.detailWord.get(detail);
	const head = (structure - 1) * PAGES_PER_BLOCK;
	if (c.rowOrder.get(head) !== BLOCK_ORDER) return word;
	const migratetype = wordMigratetype(word);
	switch (c.rowKind.get(head)) {
		case RowKind.vm:
			return blockWord(BlockKind.huge, migratetype, rowPayload(world, head));
		case RowKind.incoming:
			return blockWord(BlockKind.incoming, migratetype, rowPayload(world, head));
		default:
			return word;
	}
}

function rowPayload(world: World, rowIndex: number): number {
	const { c } = world;
	return vmPayload(c.rowVm.get(rowIndex) - 1, c.rowA.get(rowIndex) >>> 9);
}

export function detailOf(world: World, block: number): number {
	const word = world.c.blockWord.get(block);
	return wordKind(word) === BlockKind.detail ? wordPayload(word) : -1;
}

/** Index of the first row of the block's structure, or −1. */
export function rowsOf(world: World, block: number): number {
	const detail = detailOf(world, block);
	if (detail < 0) return -1;
	const structure = world.c.detailStructure.get(detail);
	return structure === 0 ? -1 : (structure - 1) * PAGES_PER_BLOCK;
}

/** Gives the block a row of content stamps that says exactly what its uniform word said. */
export function ensureDetail(world: World, block: number): number {
	const { c } = world;
	const word = c.blockWord.get(block);
	if (wordKind(word) === BlockKind.detail) return wordPayload(word);
	const detail = takeRow(world, 'detail');
	c.detailBlock.set(detail, block + 1);
	c.detailWord.set(detail, word);
	c.detailStructure.set(detail, 0);
	const base = detail * PAGES_PER_BLOCK;
	const count = c.blockContent.get(block);
	const kind = wordKind(word);
	if ((kind === BlockKind.huge || kind === BlockKind.run) && count > 0) {
		const vm = payloadVm(wordPayload(word));
		const firstGfn = payloadGuestBlock(wordPayload(word)) * PAGES_PER_BLOCK;
		fillStamps(world, base, vm, firstGfn, count);
	} else c.contentStamp.fill(0, base, base + PAGES_PER_BLOCK);
	c.blockContent.set(block, 0);
	c.blockWord.set(block, blockWord(BlockKind.detail, wordMigratetype(word), detail));
	return detail;
}

/** 512 stamps of pages in a row, each after `count` writes; `base` is the index of the first. */
function fillStamps(world: World, base: number, vm: number, firstGfn: number, count: number): void {
	const { contentStamp } = world.c;
	if (count === 0) return contentStamp.fill(0, base, base + PAGES_PER_BLOCK);
	const stamps = contentStamp.data;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) stamps[base + row] = mix32(vm + 1, firstGfn + row, count);
	contentStamp.touch(base, base + PAGES_PER_BLOCK);
}

/** Gives the block 512 frame rows that say exactly what its whole word said. Free blocks become one free chunk of order 9. */
export function ensureRows(world: World, block: number): number {
	const { c } = world;
	const detail = ensureDetail(world, block);
	const present = c.detailStructure.get(detail);
	if (present !== 0) return (present - 1) * PAGES_PER_BLOCK;
	const structure = takeRow(world, 'structure');
	c.structureBlock.set(structure, block + 1);
	c.structureFree.set(structure, 0);
	c.structureVm.set(structure, 0);
	c.structureKernel.set(structure, 0);
	c.structurePinned.set(structure, 0);
	c.detailStructure.set(detail, structure + 1);
	const word = c.detailWord.get(detail);
	c.detailWord.set(detail, 0);
	const base = structure * PAGES_PER_BLOCK;
	c.rowKind.fill(RowKind.hole, base, base + PAGES_PER_BLOCK);
	c.rowOrder.fill(0, base, base + PAGES_PER_BLOCK);
	clearRows(world, base, PAGES_PER_BLOCK);
	const payload = wordPayload(word);
	const firstGfn = payloadGuestBlock(payload) * PAGES_PER_BLOCK;
	switch (wordKind(word)) {
		case BlockKind.huge:
			setFolio(world, block, 0, BLOCK_ORDER, RowKind.vm, payloadVm(payload), firstGfn);
			break;
		case BlockKind.incoming:
			setFolio(world, block, 0, BLOCK_ORDER, RowKind.incoming, payloadVm(payload), firstGfn);
			break;
		case BlockKind.run:
			runRows(world, base, payloadVm(payload), firstGfn);
			break;
		case BlockKind.use:
			setFolio(world, block, 0, BLOCK_ORDER, ROW_OF_USE[payloadUseClass(payload)] ?? RowKind.other, -1, 0);
			break;
		case BlockKind.offline:
		case BlockKind.absent:
			// 512 holes: a block that is only in part memory, or comes to its zone in parts.
			break;
		case BlockKind.free:
			setFolio(world, block, 0, BLOCK_ORDER, RowKind.free, -1, 0);
			break;
		default:
			assert(false, `block ${block} of kind ${wordKind(word)} has no rows`);
	}
	return base;
}

/** Cleared rows become 512 base pages of a VM in a row, each with one mapping and one reference. */
function runRows(world: World, base: number, vm: number, firstGfn: number): void {
	const { c } = world;
	const end = base + PAGES_PER_BLOCK;
	c.rowKind.fill(RowKind.vm, base, end);
	c.rowVm.fill(vm + 1, base, end);
	c.rowMap.fill(1, base, end);
	c.rowRef.fill(1, base, end);
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) c.rowA.data[base + row] = firstGfn + row;
	c.rowA.touch(base, end);
	c.structureVm.set(base / PAGES_PER_BLOCK, PAGES_PER_BLOCK);
}

function clearRows(world: World, from: number, count: number): void {
	const { c } = world;
	if (count === 1) {
		// A fill of one row costs ten times a plain write.
		c.rowVm.set(from, 0);
		c.rowMap.set(from, 0);
		c.rowRef.set(from, 0);
		c.rowPin.set(from, 0);
		c.rowA.set(from, 0);
		c.rowB.set(from, 0);
		return;
	}
	c.rowVm.fill(0, from, from + count);
	c.rowMap.fill(0, from, from + count);
	c.rowRef.fill(0, from, from + count);
	c.rowPin.fill(0, from, from + count);
	c.rowA.fill(0, from, from + count);
	c.rowB.fill(0, from, from + count);
}

/**
 * Writes a folio or free chunk of 2^order frames starting at `row`: head row and tails, and keeps the block's counts. The
 * block must have rows. A VM folio starts with one mapping and one reference.
 */
export function setFolio(world: World, block: number, row: number, order: number, kind: number, vm: number, gfn: number): void {
	const { c } = world;
	const base = rowsOf(world, block);
	if (base < 0) throw new AssertionError(`block ${block} has no rows`);
	const size = 1 << order;
	const head = base + row;
	count(world, head, -1);
	if (size > 1) {
		// What the range held before as separate folios leaves the counts too.
		for (let index = head + 1; index < head + size; index += 1) if (c.rowKind.get(index) !== RowKind.tail) count(world, index, -1);
		c.rowKind.fill(RowKind.tail, head + 1, head + size);
	}
	clearRows(world, head, size);
	if (size === 1) c.rowOrder.set(head, order);
	else c.rowOrder.fill(order, head, head + size);
	c.rowKind.set(head, kind);
	if (kind === RowKind.vm || kind === RowKind.incoming) {
		c.rowVm.set(head, vm + 1);
		c.rowA.set(head, gfn);
		c.rowMap.set(head, kind === RowKind.vm ? 1 : 0);
		c.rowRef.set(head, 1);
	}
	count(world, head, 1);
}

/**
 * Base pages of one owner in a row, each with one mapping and one reference, in frames that the allocator has just given
 * (rows of kind `other`): what one `setFolio` after the other does.
 */
export function setBasePages(world: World, block: number, row: number, pages: number, vm: number, gfn: number): void {
	const { c } = world;
	const base = rowsOf(world, block);
	assert(base >= 0, `block ${block} has no rows`);
	const head = base + row;
	const end = head + pages;
	for (let index = head; index < end; index += 1) {
		const kind = c.rowKind.data[index];
		assert(kind === RowKind.other || kind === RowKind.tail, `frame ${index - base} of block ${block} was not given`);
		c.rowA.data[index] = gfn + index - head;
	}
	c.rowA.touch(head, end);
	c.rowKind.fill(RowKind.vm, head, end);
	c.rowOrder.fill(0, head, end);
	c.rowVm.fill(vm + 1, head, end);
	c.rowMap.fill(1, head, end);
	c.rowRef.fill(1, head, end);
	c.rowPin.fill(0, head, end);
	c.rowB.fill(0, head, end);
	const structure = Math.floor(base / PAGES_PER_BLOCK);
	c.structureVm.set(structure, c.structureVm.get(structure) + pages);
}

/** Adds (sign 1) or takes (sign −1) the folio at a head row to or from its structure's counts. */
function count(world: World, head: number, sign: number): void {
	const { c } = world;
	const structure = Math.floor(head / PAGES_PER_BLOCK);
	const pages = sign * (1 << c.rowOrder.get(head));
	switch (c.rowKind.get(head)) {
		case RowKind.free:
			c.structureFree.set(structure, c.structureFree.get(structure) + pages);
			break;
		case RowKind.vm:
		case RowKind.incoming:
			c.structureVm.set(structure, c.structureVm.get(structure) + pages);
			// The one reference of a page on its way is the mover's own.
			if (c.rowKind.get(head) === RowKind.incoming) break;
			if (c.rowPin.get(head) > 0 || c.rowRef.get(head) > c.rowMap.get(head))
				c.structurePinned.set(structure, Math.max(0, c.structurePinned.get(structure) + sign));
			break;
		case RowKind.kernel:
		case RowKind.slab:
		case RowKind.pageTable:
			c.structureKernel.set(structure, c.structureKernel.get(structure) + pages);
			break;
		default:
	}
}

/** Head row (inside the block) of the folio that covers `row`. */
export function headOf(world: World, base: number, row: number): number {
	return row & ~((1 << world.c.rowOrder.get(base + row)) - 1);
}

/** Makes the block one whole again, of `kind` with `payload`; its rows go, its contents go unless `keepContent`. */
export function setWhole(world: World, block: number, kind: number, payload: number, keepContent = false): void {
	const { c } = world;
	const word = c.blockWord.get(block);
	const migratetype = wordMigratetype(word);
	const whole = blockWord(kind, migratetype, payload);
	if (wordKind(word) === BlockKind.detail) {
		const detail = wordPayload(word);
		const structure = c.detailStructure.get(detail);
		if (structure !== 0) {
			c.structureBlock.set(structure - 1, 0);
			releaseRow(world, 'structure', structure - 1);
			c.detailStructure.set(detail, 0);
		}
		if (keepContent) {
			c.detailWord.set(detail, whole);
			forceDetail(world, block, kind);
			return;
		}
		c.detailBlock.set(detail, 0);
		c.detailWord.set(detail, 0);
		releaseRow(world, 'detail', detail);
	}
	c.blockWord.set(block, whole);
	if (!keepContent) c.blockContent.set(block, 0);
	forceDetail(world, block, kind);
}

/** Test mode: every used block keeps full detail. */
function forceDetail(world: World, block: number, kind: number): void {
	if (!world.forceDetail) return;
	if (kind === BlockKind.huge || kind === BlockKind.run || kind === BlockKind.incoming) ensureRows(world, block);
}

export function setMigratetype(world: World, block: number, migratetype: number): void {
	const word = world.c.blockWord.get(block);
	world.c.blockWord.set(block, blockWord(wordKind(word), migratetype, wordPayload(word)));
}

/** What frame `row` of the block holds: 0 for a zero page. */
export function readStamp(world: World, block: number, row: number): number {
	const { c } = world;
	const word = c.blockWord.get(block);
	const kind = wordKind(word);
	if (kind === BlockKind.detail) return c.contentStamp.get(wordPayload(word) * PAGES_PER_BLOCK + row);
	if (kind !== BlockKind.huge && kind !== BlockKind.run) return 0;
	const payload = wordPayload(word);
	return stampOf(payloadVm(payload), payloadGuestBlock(payload) * PAGES_PER_BLOCK + row, c.blockContent.get(block));
}

export function writeStamp(world: World, block: number, row: number, stamp: number): void {
	const detail = ensureDetail(world, block);
	world.c.contentStamp.set(detail * PAGES_PER_BLOCK + row, stamp);
}

/** Copies all 512 pages; both blocks belong to the same VM and guest block as whole folios or runs. */
export function copyContent(world: World, source: number, target: number): void {
	const { c } = world;
	const sourceDetail = detailOf(world, source);
	if (sourceDetail >= 0) {
		const targetDetail = ensureDetail(world, target);
		const from = sourceDetail * PAGES_PER_BLOCK;
		c.contentStamp.copy(targetDetail * PAGES_PER_BLOCK, from, from + PAGES_PER_BLOCK);
		return;
	}
	const content = c.blockContent.get(source);
	const whole = wholeWord(world, target);
	setWhole(world, target, wordKind(whole), wordPayload(whole));
	if (detailOf(world, target) >= 0) {
		const payload = wordPayload(c.blockWord.get(source));
		const base = detailOf(world, target) * PAGES_PER_BLOCK;
		fillStamps(world, base, payloadVm(payload), payloadGuestBlock(payload) * PAGES_PER_BLOCK, content);
	} else c.blockContent.set(target, content);
}

/** Folds a block back to a uniform word when all 512 stamps are those of `count` writes. Called at the end of operations. */
export function foldBlock(world: World, block: number, count: number): void {
	const { c } = world;
	const detail = detailOf(world, block);
	if (detail < 0 || count > 0xffff || world.forceDetail) return;
	const whole = wholeWord(world, block);
	const kind = wordKind(whole);
	if (kind !== BlockKind.huge && kind !== BlockKind.run) return;
	const rows = rowsOf(world, block);
	if (rows >= 0 && (c.rowPin.get(rows) > 0 || c.rowRef.get(rows) !== c.rowMap.get(rows))) return;
	const vm = payloadVm(wordPayload(whole));
	const firstGfn = payloadGuestBlock(wordPayload(whole)) * PAGES_PER_BLOCK;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1)
		if (c.contentStamp.get(detail * PAGES_PER_BLOCK + row) !== stampOf(vm, firstGfn + row, count)) return;
	setWhole(world, block, kind, wordPayload(whole));
	c.blockContent.set(block, count);
}
