import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, RowKind, vmPayload, wordKind, wordPayload } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { copyContent, detailOf, ensureRows, foldBlock, readStamp, rowsOf, setBasePages, setWhole, wholeWord } from '../frames.ts';
import { ownerOfArea } from '../os/os.ts';
import { familyOf } from '../space/areas.ts';
import { foldMapping, frameOf, mapPages, mapWhole, wholeBlockOf } from '../space/mapping.ts';
import { uniformWritten } from '../space/written.ts';

/**
 * The last part of a move: content is copied, every mapping of the old frame gets the new one, the old frame is freed
 * (Linux 7.2.13 mm/migrate.c, move_to_new_folio and remove_migration_ptes). Whole 2 MiB steps stay uniform.
 */

/** Areas whose mapping has this frame at this page, whoever owns it. */
function mapping(world: World, area: AreaRecord, page: number, frame: number): AreaRecord[] {
	return familyOf(world, area).filter((other) => frameOf(world, other, 0, page) === frame);
}

/** A huge folio goes to a huge target. */
export function landHuge(world: World, area: AreaRecord, page: number, sourceFrame: number, targetFrame: number): void {
	const source = Math.floor(sourceFrame / PAGES_PER_BLOCK);
	const target = Math.floor(targetFrame / PAGES_PER_BLOCK);
	const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
	const members = mapping(world, area, page, sourceFrame);
	setWhole(world, target, BlockKind.huge, vmPayload(ownerOfArea(world, area.slot), guestBlock));
	copyContent(world, source, target);
	for (const member of members) mapWhole(world, member, 0, guestBlock, target, MapKind.huge);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
}

/** Base pages in a row go to as many frames in a row. */
export function landPages(world: World, area: AreaRecord, page: number, sourceFrame: number, targetFrame: number, pages: number): void {
	if (landStep(world, area, page, sourceFrame, targetFrame, pages)) return;
	const owner = ownerOfArea(world, area.slot);
	const family = familyOf(world, area);
	for (let at = 0; at < pages;) {
		const count = stretch(page + at, sourceFrame + at, targetFrame + at, family.length === 1 ? pages - at : 1);
		const members = family.length === 1 ? family : mapping(world, area, page + at, sourceFrame + at);
		const stamps = stampsFrom(world, sourceFrame + at, count);
		putPages(world, owner, page + at, targetFrame + at, stamps);
		for (const member of members) mapPages(world, member, 0, page + at, targetFrame + at, count);
		freePages(world, sourceFrame + at, count);
		at += count;
	}
}

/** Pages until a border of the step, of the source block or of the target block. */
function stretch(page: number, source: number, target: number, most: number): number {
	return Math.min(most, ...[page, source, target].map((at) => PAGES_PER_BLOCK - (at % PAGES_PER_BLOCK)));
}

/** Stamps of frames in a row of one block. */
function stampsFrom(world: World, frame: number, count: number): number[] {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	return Array.from({ length: count }, (_, at) => readStamp(world, block, (frame % PAGES_PER_BLOCK) + at));
}

/** Base pages of an area, one per stamp, come to lie in frames of one block that the allocator gave. */
export function putPages(world: World, owner: number, page: number, frame: number, stamps: readonly number[]): void {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const row = frame % PAGES_PER_BLOCK;
	ensureRows(world, block);
	setBasePages(world, block, row, stamps.length, owner, page);
	const base = detailOf(world, block) * PAGES_PER_BLOCK + row;
	stamps.forEach((stamp, at) => world.c.contentStamp.set(base + at, stamp));
}

/** One base page of an area comes to lie in a frame that the allocator gave. */
export function putPage(world: World, owner: number, page: number, frame: number, stamp: number): void {
	putPages(world, owner, page, frame, [stamp]);
}

/**
 * Frees base pages in a row of one block, in the largest chunks that their addresses allow: freed one by one they would merge
 * into the same chunks, at the same places of their lists.
 */
export function freePages(world: World, frame: number, count: number): void {
	ensureRows(world, Math.floor(frame / PAGES_PER_BLOCK));
	for (let at = frame; at < frame + count;) {
		let order = 0;
		while (order < BLOCK_ORDER && at % (2 << order) === 0 && at + (2 << order) <= frame + count) order += 1;
		release(world, at, order);
		at += 1 << order;
	}
}

/** A whole 2 MiB step at once, if the pages lie in it as a run and the target takes them as one. */
function landStep(world: World, area: AreaRecord, page: number, sourceFrame: number, targetFrame: number, pages: number): boolean {
	if (pages !== PAGES_PER_BLOCK || page % PAGES_PER_BLOCK !== 0 || targetFrame % PAGES_PER_BLOCK !== 0) return false;
	if (sourceFrame % PAGES_PER_BLOCK !== 0) return false;
	const source = Math.floor(sourceFrame / PAGES_PER_BLOCK);
	const target = Math.floor(targetFrame / PAGES_PER_BLOCK);
	const guestBlock = page / PAGES_PER_BLOCK;
	if (wordKind(wholeWord(world, source)) !== BlockKind.run) return false;
	const family = familyOf(world, area);
	for (const member of family) {
		const whole = wholeBlockOf(world, member, 0, guestBlock);
		if (whole !== source && maps(world, member, guestBlock, source)) return false;
	}
	const members = family.filter((member) => wholeBlockOf(world, member, 0, guestBlock) === source);
	setWhole(world, target, BlockKind.run, vmPayload(ownerOfArea(world, area.slot), guestBlock));
	copyContent(world, source, target);
	for (const member of members) mapWhole(world, member, 0, guestBlock, target, MapKind.run);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
	return true;
}

function maps(world: World, area: AreaRecord, guestBlock: number, block: number): boolean {
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const frame = frameOf(world, area, 0, guestBlock * PAGES_PER_BLOCK + row);
		if (frame >= 0 && Math.floor(frame / PAGES_PER_BLOCK) === block) return true;
	}
	return false;
}

/** A huge folio becomes 512 base pages in the same place, in every area that maps it. Anything else stays as it is. */
export function splitHuge(world: World, area: AreaRecord, page: number, frame: number): void {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const word = wholeWord(world, block);
	if (wordKind(word) !== BlockKind.huge) return;
	const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
	const members = familyOf(world, area).filter((member) => wholeBlockOf(world, member, 0, guestBlock) === block);
	setWhole(world, block, BlockKind.run, wordPayload(word), true);
	for (const member of members) mapWhole(world, member, 0, guestBlock, block, MapKind.run);
}

/**
 * A block whose 512 rows came to be the pages of one step in order becomes one run again, and one word where all contents
 * are equal. Called at the end of operations.
 */
export function foldRun(world: World, area: AreaRecord, guestBlock: number): void {
	const { c } = world;
	const first = guestBlock * PAGES_PER_BLOCK;
	const frame = frameOf(world, area, 0, first);
	if (world.forceDetail || frame < 0 || frame % PAGES_PER_BLOCK !== 0) return;
	const block = frame / PAGES_PER_BLOCK;
	if (detailOf(world, block) < 0) return;
	const base = rowsOf(world, block);
	const owner = ownerOfArea(world, area.slot);
	for (let row = 0; base >= 0 && row < PAGES_PER_BLOCK; row += 1) {
		if (c.rowKind.get(base + row) !== RowKind.vm || c.rowVm.get(base + row) !== owner + 1 || c.rowA.get(base + row) !== first + row) return;
		if (c.rowOrder.get(base + row) !== 0 || frameOf(world, area, 0, first + row) !== frame + row) return;
	}
	if (base >= 0) setWhole(world, block, BlockKind.run, vmPayload(owner, guestBlock), true);
	if (base >= 0) foldMapping(world, area, 0, guestBlock, MapKind.run);
	const written = uniformWritten(world, area, guestBlock);
	if (written >= 0) foldBlock(world, block, written);
}
