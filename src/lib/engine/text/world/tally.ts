import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import {
	BlockKind,
	payloadUseClass,
	payloadVm,
	RowKind,
	UseClass,
	wordKind,
	wordPayload
} from '../../contract/words.ts';
import { rowsOf, wholeWord } from '../../mm/frames.ts';
import { areaOfOwner, BLOCKS_PER_SECTION, osRecord } from '../../mm/os/os.ts';
import type { World } from '../../state/world.ts';

/** Pages of a range by what they are used for: the base of every counter that the kernel's texts print. */
export interface Tally {
	free: number;
	/** Free pages in chunks of a pageblock or more (nr_free_pages_blocks). */
	freeInBlocks: number;
	anonymous: number;
	/** Of `anonymous`, pages in THPs. */
	anonymousHuge: number;
	shared: number;
	sharedHuge: number;
	secure: number;
	/** Pages that only a pipe holds. */
	pipe: number;
	slab: number;
	pageTable: number;
	/** Other kernel pages, contiguous ranges taken out of the buddy included. */
	kernel: number;
	/** Boot memory that never entered the buddy. */
	reserved: number;
	pageOffline: number;
}

export function newTally(): Tally {
	return {
		free: 0,
		freeInBlocks: 0,
		anonymous: 0,
		anonymousHuge: 0,
		shared: 0,
		sharedHuge: 0,
		secure: 0,
		pipe: 0,
		slab: 0,
		pageTable: 0,
		kernel: 0,
		reserved: 0,
		pageOffline: 0
	};
}

export function addTally(into: Tally, more: Tally): void {
	into.free += more.free;
	into.freeInBlocks += more.freeInBlocks;
	into.anonymous += more.anonymous;
	into.anonymousHuge += more.anonymousHuge;
	into.shared += more.shared;
	into.sharedHuge += more.sharedHuge;
	into.secure += more.secure;
	into.pipe += more.pipe;
	into.slab += more.slab;
	into.pageTable += more.pageTable;
	into.kernel += more.kernel;
	into.reserved += more.reserved;
	into.pageOffline += more.pageOffline;
}

/** Pages that no mover can move and no user owns. */
export const kernelPagesOf = (tally: Tally): number =>
	tally.slab + tally.pageTable + tally.kernel + tally.reserved + tally.pipe;
export const movablePagesOf = (tally: Tally): number => tally.anonymous + tally.shared;

/** Adds what one 2 MiB block (global index) holds. */
export function tallyBlock(world: World, block: number, into: Tally): void {
	const word = wholeWord(world, block);
	const payload = wordPayload(word);
	switch (wordKind(word)) {
		case BlockKind.free:
			// Both halves of an order-10 chunk are counted where they lie.
			into.free += PAGES_PER_BLOCK;
			into.freeInBlocks += PAGES_PER_BLOCK;
			return;
		case BlockKind.huge:
		case BlockKind.incoming:
			addUser(world, payloadVm(payload), PAGES_PER_BLOCK, true, into);
			return;
		case BlockKind.run:
			addUser(world, payloadVm(payload), PAGES_PER_BLOCK, false, into);
			return;
		case BlockKind.use:
			addUse(payloadUseClass(payload), into);
			return;
		case BlockKind.detail:
			tallyRows(world, rowsOf(world, block), into);
			return;
		default:
	}
}

function addUse(useClass: number, into: Tally): void {
	if (useClass === UseClass.reserved) into.reserved += PAGES_PER_BLOCK;
	else if (useClass === UseClass.pageOffline) into.pageOffline += PAGES_PER_BLOCK;
	else into.kernel += PAGES_PER_BLOCK;
}

function addUser(world: World, owner: number, pages: number, huge: boolean, into: Tally): void {
	switch (areaOfOwner(world, owner)?.kind) {
		case 'shared':
			into.shared += pages;
			if (huge) into.sharedHuge += pages;
			return;
		case 'secure':
			into.secure += pages;
			return;
		case 'pipe':
			into.pipe += pages;
			return;
		case 'kernel':
		case 'dax':
			into.kernel += pages;
			return;
		default:
			into.anonymous += pages;
			if (huge) into.anonymousHuge += pages;
	}
}

/** Rows of one block, folio by folio. */
function tallyRows(world: World, base: number, into: Tally): void {
	if (base < 0) return;
	const kinds = world.c.rowKind.data;
	const orders = world.c.rowOrder.data;
	for (let row = 0; row < PAGES_PER_BLOCK; ) {
		const at = base + row;
		const pages = 1 << (orders[at] as number);
		switch (kinds[at]) {
			case RowKind.free:
				into.free += pages;
				if (pages >= PAGES_PER_BLOCK) into.freeInBlocks += pages;
				break;
			case RowKind.vm:
			case RowKind.incoming:
				addUser(world, world.c.rowVm.get(at) - 1, pages, pages >= PAGES_PER_BLOCK, into);
				break;
			case RowKind.slab:
				into.slab += pages;
				break;
			case RowKind.pageTable:
				into.pageTable += pages;
				break;
			case RowKind.offline:
				into.pageOffline += pages;
				break;
			case RowKind.reserved:
				into.reserved += pages;
				break;
			case RowKind.hole:
				break;
			default:
				into.kernel += pages;
		}
		row += pages;
	}
}

/** All sections of 128 MiB of a machine, in address order: one pass over the block words. */
export function tallySections(world: World, os: number): Tally[] {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number; blockCount: number };
	const tallies: Tally[] = [];
	for (let section = 0; section * BLOCKS_PER_SECTION < memory.blockCount; section += 1)
		tallies.push(tallyRange(world, memory.firstBlock + section * BLOCKS_PER_SECTION, BLOCKS_PER_SECTION));
	return tallies;
}

export function tallyRange(world: World, firstBlock: number, count: number): Tally {
	const tally = newTally();
	for (let block = firstBlock; block < firstBlock + count; block += 1) tallyBlock(world, block, tally);
	return tally;
}
