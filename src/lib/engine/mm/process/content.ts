import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, payloadVm, vmPayload, wordKind, wordPayload, WRITTEN_DETAIL } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { detailOf, ensureDetail, ensureRows, foldBlock, readStamp, rowsOf, setWhole, stampOf, wholeWord, writeStamp } from '../frames.ts';
import { ownerOfArea } from '../os/os.ts';
import { familyOf, wholeBehind } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
import { countWrite, foldWritten, uniformWritten, writtenOf } from '../space/written.ts';

/**
 * What processes write and what must be found again. The oracle counts writes per page of an area; a frame's stamp is made
 * of its owner, the page and that count (decision D2), so `check` catches lost, stale and swapped contents.
 */

/** Owner number under which a frame of user memory stands. */
export function ownerOfFrame(world: World, frame: number): number {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const word = wholeWord(world, block);
	if (wordKind(word) !== BlockKind.detail) return payloadVm(wordPayload(word));
	return world.c.rowVm.get(rowsOf(world, block) + (frame % PAGES_PER_BLOCK)) - 1;
}

/** The stamp that a page of the area must show in this frame. */
export function expectedStamp(world: World, area: AreaRecord, page: number, frame: number): number {
	return stampOf(ownerOfFrame(world, frame), page, writtenOf(world, area, page));
}

/** One write to every page of the range; all of them have frames of their own. */
export function writePages(world: World, area: AreaRecord, first: number, count: number): void {
	area.touchedNs = world.r.nowNs;
	const end = first + count;
	for (let page = first; page < end;) {
		const guestBlock = Math.floor(page / PAGES_PER_BLOCK);
		const stop = Math.min(end, (guestBlock + 1) * PAGES_PER_BLOCK);
		const stepEnd = Math.min(area.pageCount, (guestBlock + 1) * PAGES_PER_BLOCK);
		if (page === guestBlock * PAGES_PER_BLOCK && stop === stepEnd && area.holes.length === 0)
			writeStep(world, area, guestBlock, stop - page);
		else for (let at = page; at < stop; at += 1) writeOne(world, area, at);
		foldWritten(world, area, guestBlock);
		page = stop;
	}
}

/** Shared memory has one content: every area of the family counts its writes. */
function writers(world: World, area: AreaRecord): AreaRecord[] {
	return area.kind === 'shared' ? familyOf(world, area) : [area];
}

function writeOne(world: World, area: AreaRecord, page: number): void {
	const frame = frameOf(world, area, 0, page);
	if (frame < 0) return;
	let written = 0;
	for (const writer of writers(world, area)) written = countWrite(world, writer, page);
	writeStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK, stampOf(ownerOfFrame(world, frame), page, written));
}

/** All pages of one 2 MiB step: one count for all while they are equal. */
function writeStep(world: World, area: AreaRecord, guestBlock: number, pages: number): void {
	const { c } = world;
	const first = guestBlock * PAGES_PER_BLOCK;
	const before = uniformWritten(world, area, guestBlock);
	if (before < 0 || before + 1 >= WRITTEN_DETAIL) {
		for (let row = 0; row < pages; row += 1) writeOne(world, area, first + row);
		return;
	}
	const written = before + 1;
	for (const writer of writers(world, area)) c.guestWritten.set(writer.firstGuestBlock + guestBlock, written);
	const block = pages === PAGES_PER_BLOCK ? wholeBehind(world, area, guestBlock) : -1;
	if (block >= 0 && detailOf(world, block) < 0 && written <= 0xffff) {
		c.blockContent.set(block, written);
		return;
	}
	for (let row = 0; row < pages; row += 1) {
		const frame = frameOf(world, area, 0, first + row);
		writeStamp(
			world,
			Math.floor(frame / PAGES_PER_BLOCK),
			frame % PAGES_PER_BLOCK,
			stampOf(ownerOfFrame(world, frame), first + row, written)
		);
	}
	if (block >= 0) foldBlock(world, block, written);
}

/** Pages that do not hold what was last written to them; a page that was never written does not hold the probe's pattern. */
export function changedPages(world: World, area: AreaRecord): number {
	let changed = 0;
	for (let guestBlock = 0; guestBlock < area.guestBlockCount; guestBlock += 1) {
		const first = guestBlock * PAGES_PER_BLOCK;
		const pages = Math.min(PAGES_PER_BLOCK, area.pageCount - first);
		const written = uniformWritten(world, area, guestBlock);
		const block = wholeBehind(world, area, guestBlock);
		if (written > 0 && block >= 0 && detailOf(world, block) < 0 && world.c.blockContent.get(block) === written) continue;
		for (let page = first; page < first + pages; page += 1) if (!holds(world, area, page)) changed += 1;
	}
	return changed;
}

function holds(world: World, area: AreaRecord, page: number): boolean {
	const frame = frameOf(world, area, 0, page);
	// A page on swap is whole: it comes back with what was written (our simplification: swap never loses anything).
	if (frame < 0) return writtenOf(world, area, page) > 0;
	if (writtenOf(world, area, page) === 0) return false;
	return readStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK) === expectedStamp(world, area, page, frame);
}

/** Frames of one step pass from one area of a family to another: the content stays, its owner's name changes. */
export function passFrames(world: World, from: AreaRecord, to: AreaRecord, page: number, frame: number, pages: number): void {
	const { c } = world;
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	const oldOwner = ownerOfArea(world, from.slot);
	const newOwner = ownerOfArea(world, to.slot);
	if (ownerOfFrame(world, frame) !== oldOwner) return;
	const word = wholeWord(world, block);
	const kind = wordKind(word);
	if (kind !== BlockKind.detail && pages === PAGES_PER_BLOCK) {
		const stamps = detailOf(world, block) < 0 ? [] : stampsOf(world, block);
		setWhole(world, block, kind, vmPayload(newOwner, Math.floor(page / PAGES_PER_BLOCK)), true);
		if (stamps.length > 0) ensureDetail(world, block);
		stamps.forEach((stamp, row) => restamp(world, from, to, page + row, block * PAGES_PER_BLOCK + row, stamp));
		return;
	}
	const base = ensureRows(world, block);
	for (let at = 0; at < pages; at += 1) {
		const row = (frame + at) % PAGES_PER_BLOCK;
		c.rowVm.set(base + row, newOwner + 1);
		restamp(world, from, to, page + at, frame + at, readStamp(world, block, row));
	}
}

function stampsOf(world: World, block: number): number[] {
	return Array.from({ length: PAGES_PER_BLOCK }, (_, row) => readStamp(world, block, row));
}

/** What was right under the old name is right under the new one; what was wrong stays wrong. */
function restamp(world: World, from: AreaRecord, to: AreaRecord, page: number, frame: number, stamp: number): void {
	const written = writtenOf(world, from, page);
	const was = stampOf(ownerOfArea(world, from.slot), page, written);
	const now = stampOf(ownerOfArea(world, to.slot), page, writtenOf(world, to, page));
	if (stamp === was) writeStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK, now);
}
