import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, RowKind, vmPayload, wordKind, wordPayload } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { release } from '../buddy.ts';
import { copyContent, detailOf, ensureRows, readStamp, rowsOf, setFolio, setWhole, wholeWord, writeStamp } from '../frames.ts';
import { ownerOfArea } from '../os/os.ts';
import { familyOf } from '../space/areas.ts';
import { frameOf, mapPage, mapWhole, wholeBlockOf } from '../space/mapping.ts';

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
	for (let at = 0; at < pages; at += 1) {
		const source = sourceFrame + at;
		const target = targetFrame + at;
		const members = family.length === 1 ? family : mapping(world, area, page + at, source);
		const stamp = readStamp(world, Math.floor(source / PAGES_PER_BLOCK), source % PAGES_PER_BLOCK);
		putPage(world, owner, page + at, target, stamp);
		for (const member of members) mapPage(world, member, 0, page + at, target);
		ensureRows(world, Math.floor(source / PAGES_PER_BLOCK));
		release(world, source, 0);
	}
}

/** One base page of an area comes to lie in a frame that the allocator gave. */
export function putPage(world: World, owner: number, page: number, frame: number, stamp: number): void {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	ensureRows(world, block);
	setFolio(world, block, frame % PAGES_PER_BLOCK, 0, RowKind.vm, owner, page);
	writeStamp(world, block, frame % PAGES_PER_BLOCK, stamp);
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
 * A block whose 512 rows came to be the pages of one step in order becomes one run again. Called at the end of operations;
 * the contents stay in detail until they are equal.
 */
export function foldRun(world: World, area: AreaRecord, guestBlock: number): void {
	const { c } = world;
	const first = guestBlock * PAGES_PER_BLOCK;
	const frame = frameOf(world, area, 0, first);
	if (world.forceDetail || frame < 0 || frame % PAGES_PER_BLOCK !== 0) return;
	const block = frame / PAGES_PER_BLOCK;
	const base = rowsOf(world, block);
	if (base < 0 || detailOf(world, block) < 0) return;
	const owner = ownerOfArea(world, area.slot);
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		if (c.rowKind.get(base + row) !== RowKind.vm || c.rowVm.get(base + row) !== owner + 1 || c.rowA.get(base + row) !== first + row) return;
		if (c.rowOrder.get(base + row) !== 0 || frameOf(world, area, 0, first + row) !== frame + row) return;
	}
	setWhole(world, block, BlockKind.run, vmPayload(owner, guestBlock), true);
}
