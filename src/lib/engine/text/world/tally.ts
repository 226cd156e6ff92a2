import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, payloadUseClass, payloadVm, RowKind, UseClass, wordKind, wordPayload } from '../../contract/words.ts';
import { rowsOf, wholeWord } from '../../mm/frames.ts';
import { areaOfOwner } from '../../mm/os/os.ts';
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
	/** Huge pages of hugetlb, in use or not. */
	hugetlb: number;
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
		hugetlb: 0,
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
	into.hugetlb += more.hugetlb;
	into.pipe += more.pipe;
	into.slab += more.slab;
	into.pageTable += more.pageTable;
	into.kernel += more.kernel;
	into.reserved += more.reserved;
	into.pageOffline += more.pageOffline;
}

/** Pages that no mover can move and no user owns. */
export const kernelPagesOf = (tally: Tally): number => tally.slab + tally.pageTable + tally.kernel + tally.reserved + tally.pipe;
export const movablePagesOf = (tally: Tally): number => tally.anonymous + tally.shared + tally.hugetlb;

/**
 * Adds what 2 MiB blocks hold, from one look at the word of each: free blocks are counted, neighbours of one owner are added
 * together. Both halves of a chunk of order 10 are counted where they lie.
 */
export function addBlocks(world: World, firstBlock: number, count: number, into: Tally): void {
	const words = world.c.blockWord.data;
	let freeBlocks = 0;
	let owner = -1;
	let ownerKind = -1;
	let owned = 0;
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		let word = words[block] as number;
		let kind = wordKind(word);
		if (kind === BlockKind.free) {
			freeBlocks += 1;
			continue;
		}
		if (kind === BlockKind.absent || kind === BlockKind.offline) continue;
		if (kind === BlockKind.detail) {
			word = wholeWord(world, block);
			kind = wordKind(word);
			if (kind === BlockKind.detail) {
				tallyRows(world, rowsOf(world, block), into);
				continue;
			}
		}
		if (kind === BlockKind.use) addUse(payloadUseClass(wordPayload(word)), into);
		else if (kind === BlockKind.free) freeBlocks += 1;
		else {
			const by = payloadVm(wordPayload(word));
			if (by !== owner || kind !== ownerKind) {
				if (owned > 0) addUser(world, owner, owned * PAGES_PER_BLOCK, ownerKind !== BlockKind.run, into);
				owner = by;
				ownerKind = kind;
				owned = 0;
			}
			owned += 1;
		}
	}
	if (owned > 0) addUser(world, owner, owned * PAGES_PER_BLOCK, ownerKind !== BlockKind.run, into);
	into.free += freeBlocks * PAGES_PER_BLOCK;
	into.freeInBlocks += freeBlocks * PAGES_PER_BLOCK;
}

function addUse(useClass: number, into: Tally): void {
	if (useClass === UseClass.reserved) into.reserved += PAGES_PER_BLOCK;
	else if (useClass === UseClass.pageOffline) into.pageOffline += PAGES_PER_BLOCK;
	else if (useClass === UseClass.hugetlb) into.hugetlb += PAGES_PER_BLOCK;
	else into.kernel += PAGES_PER_BLOCK;
}

/** Kernel memory that belongs to a process is its page tables (mm/process/tables.ts). */
function addUser(world: World, owner: number, pages: number, huge: boolean, into: Tally): void {
	switch (areaOfOwner(world, owner)?.kind) {
		case 'shared':
			into.shared += pages;
			if (huge) into.sharedHuge += pages;
			return;
		case 'secure':
			into.secure += pages;
			return;
		case 'hugetlb':
			into.hugetlb += pages;
			return;
		case 'pipe':
			into.pipe += pages;
			return;
		case 'kernel':
			into.pageTable += pages;
			return;
		case 'dax':
			into.kernel += pages;
			return;
		default:
			into.anonymous += pages;
			if (huge) into.anonymousHuge += pages;
	}
}

/** Rows of one block, folio by folio; neighbours of one owner are added together. */
function tallyRows(world: World, base: number, into: Tally): void {
	if (base < 0) return;
	const kinds = world.c.rowKind.data;
	const orders = world.c.rowOrder.data;
	const owners = world.c.rowVm.data;
	let owner = -1;
	let owned = 0;
	for (let at = base; at < base + PAGES_PER_BLOCK;) {
		const kind = kinds[at] as number;
		const pages = 1 << (orders[at] as number);
		if (kind === RowKind.vm || kind === RowKind.incoming) {
			const by = (owners[at] as number) - 1;
			if (pages === PAGES_PER_BLOCK) addUser(world, by, pages, true, into);
			else {
				if (by !== owner && owned > 0) {
					addUser(world, owner, owned, false, into);
					owned = 0;
				}
				owner = by;
				owned += pages;
			}
		} else addRow(kind, pages, into);
		at += pages;
	}
	if (owned > 0) addUser(world, owner, owned, false, into);
}

function addRow(kind: number, pages: number, into: Tally): void {
	switch (kind) {
		case RowKind.free:
			into.free += pages;
			if (pages >= PAGES_PER_BLOCK) into.freeInBlocks += pages;
			return;
		case RowKind.slab:
			into.slab += pages;
			return;
		case RowKind.pageTable:
			into.pageTable += pages;
			return;
		case RowKind.offline:
			into.pageOffline += pages;
			return;
		// A poisoned page is lost like memory that was never given.
		case RowKind.poisoned:
		case RowKind.reserved:
			into.reserved += pages;
			return;
		case RowKind.hole:
			return;
		default:
			into.kernel += pages;
	}
}

export function tallyRange(world: World, firstBlock: number, count: number): Tally {
	const tally = newTally();
	addBlocks(world, firstBlock, count, tally);
	return tally;
}
