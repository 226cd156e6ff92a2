import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, mapKind, Migratetype, RowKind, vmPayload } from '../../contract/words.ts';
import { allocate, allocateRun } from '../../mm/buddy.ts';
import { ensureRows, setBasePages, setFolio, setWhole } from '../../mm/frames.ts';
import { frameOf, mappingRow, mapPages, mapWhole } from '../../mm/space/mapping.ts';
import { blockOfFrame, rowOfFrame, smallListsEmpty } from '../../mm/zones.ts';
import type { World } from '../../state/world.ts';
import { countPages, type Process, type Worked } from './process.ts';

/**
 * Pages that nobody has touched are faulted in by the pin: cleared, in ZONE_NORMAL, because a long-term pin takes
 * __GFP_MOVABLE off every allocation (Linux 7.2.13 mm/gup.c, faultin_page; include/linux/sched/mm.h, current_gfp_context).
 */
export function populatePages(process: Process, gfn: number, pages: number): Worked {
	const { world, vm, instance, vmIndex, zone } = process;
	const guestBlock = gfn >>> 9;
	const kind = mapKind(world.c.mapWord.get(mappingRow(vm, instance, guestBlock)));
	const empty = kind === MapKind.none;
	let missing = empty ? pages : 0;
	if (kind === MapKind.detail) for (let page = gfn; page < gfn + pages; page += 1) if (frameOf(world, vm, instance, page) < 0) missing += 1;
	if (missing === 0) return { ok: true, pages: 0 };
	if (zone < 0) return { ok: false, detail: 'the process is on no host' };
	const huge = (world.scenario.vms[vmIndex] as { pages: string }).pages === 'thp';
	if (empty && huge && faultHuge(process, guestBlock)) return { ok: true, pages: missing };
	if (empty && pages === PAGES_PER_BLOCK) {
		const frame = takeBlock(world, zone);
		if (frame >= 0) {
			back(process, gfn, frame, pages);
			return { ok: true, pages };
		}
	}
	let page = gfn;
	while (page < gfn + pages) {
		if (frameOf(world, vm, instance, page) >= 0) {
			page += 1;
			continue;
		}
		let wanted = 1;
		while (page + wanted < gfn + pages && frameOf(world, vm, instance, page + wanted) < 0) wanted += 1;
		const [frame, given] = allocateRun(world, zone, 0, Migratetype.unmovable, wanted, false);
		if (given === 0) return { ok: false, detail: `ZONE_NORMAL has no page for guest page ${page}` };
		back(process, page, frame, given);
		page += given;
	}
	return { ok: true, pages: missing };
}

/**
 * 512 base pages at once, where single allocations would take a whole block too: no smaller chunk of their type is free. First
 * frame, or −1.
 */
export function takeBlock(world: World, zone: number): number {
	return smallListsEmpty(world, zone, Migratetype.unmovable) ? allocate(world, zone, BLOCK_ORDER, Migratetype.unmovable) : -1;
}

/** The first touch of a block of a THP guest backs all of it, if there is a huge page. */
function faultHuge(process: Process, guestBlock: number): boolean {
	const { world, vm, instance, vmIndex, zone } = process;
	const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.unmovable);
	if (frame < 0) return false;
	setWhole(world, blockOfFrame(frame), BlockKind.huge, vmPayload(vmIndex, guestBlock));
	mapWhole(world, vm, instance, guestBlock, blockOfFrame(frame), MapKind.huge);
	countPages(process, frame, PAGES_PER_BLOCK);
	return true;
}

/** Base pages in frames that the allocator has just given; a whole block of them is a run. */
function back(process: Process, gfn: number, frame: number, pages: number): void {
	const { world, vm, instance, vmIndex } = process;
	if (pages === PAGES_PER_BLOCK) {
		setWhole(world, blockOfFrame(frame), BlockKind.run, vmPayload(vmIndex, gfn >>> 9));
		mapWhole(world, vm, instance, gfn >>> 9, blockOfFrame(frame), MapKind.run);
		countPages(process, frame, pages);
		return;
	}
	takeChunk(world, frame, pages);
	backPages(process, gfn, frame, pages);
}

/** A chunk of 2^n frames that the allocator has just given belongs to somebody, whose pages are said next. */
export function takeChunk(world: World, frame: number, pages: number): void {
	ensureRows(world, blockOfFrame(frame));
	setFolio(world, blockOfFrame(frame), rowOfFrame(frame), 31 - Math.clz32(pages), RowKind.other, -1, 0);
}

/** Base pages of the guest in frames of such a chunk. */
export function backPages(process: Process, gfn: number, frame: number, pages: number): void {
	const { world, vm, instance, vmIndex } = process;
	setBasePages(world, blockOfFrame(frame), rowOfFrame(frame), pages, vmIndex, gfn);
	mapPages(world, vm, instance, gfn, frame, pages);
	countPages(process, frame, pages);
}
