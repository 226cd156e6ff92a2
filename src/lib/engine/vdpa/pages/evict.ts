import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, Migratetype, vmPayload, wordKind } from '../../contract/words.ts';
import { devicePinsOn } from '../../hypervisor/device-pins.ts';
import { MIGRATE_PASSES, passesNeeded, passNs } from '../../hypervisor/passes.ts';
import { holdArrived, pinsOnFolio } from '../../hypervisor/pins.ts';
import { allocate, allocateRun, release } from '../../mm/buddy.ts';
import { copyContent, ensureRows, readStamp, setWhole, wholeWord, writeStamp } from '../../mm/frames.ts';
import { frameOf, mappingRow, mapWhole, wholeBlockOf } from '../../mm/space/mapping.ts';
import { blockOfFrame, rowOfFrame } from '../../mm/zones.ts';
import { backPages, takeBlock, takeChunk } from './populate.ts';
import { countPages, isMovable, type Process, type Worked } from './process.ts';

/**
 * Pages of one guest block leave ZONE_MOVABLE before they are pinned for long (Linux 7.2.13 mm/gup.c,
 * migrate_longterm_unpinnable_folios): into ZONE_NORMAL of the process's host, with content and mapping, huge folios whole. A
 * folio that does not move fails the pin.
 */
export function evictPages(process: Process, gfn: number, pages: number): Worked {
	const { world, vm, instance, vmIndex } = process;
	const guestBlock = gfn >>> 9;
	const whole = wholeBlockOf(world, vm, instance, guestBlock);
	if (whole >= 0 && !isMovable(world, whole)) return { ok: true, pages: 0 };
	if (inFlight(process, guestBlock)) return { ok: false, detail: `guest block ${guestBlock} is on its way to another memory` };
	const moved: Moved = { pages: 0, gfns: new Set() };
	const stayed = evict(process, gfn, pages, whole, moved);
	if (moved.pages > 0) {
		world.c.mapSecondStage.set(mappingRow(vm, instance, guestBlock), 0);
		if (instance === vm.running) {
			if (moved.pages === PAGES_PER_BLOCK) holdArrived(world, vmIndex, guestBlock);
			else holdArrived(world, vmIndex, guestBlock, moved.gfns);
		}
	}
	return stayed === null ? { ok: true, pages: moved.pages } : { ok: false, detail: stayed };
}

interface Moved {
	pages: number;
	/** Which pages, unless it was the whole block. */
	readonly gfns: Set<number>;
}

/** Counts in `moved` what moved; why a page did not, or null. */
function evict(process: Process, gfn: number, pages: number, whole: number, moved: Moved): string | null {
	const { world } = process;
	const kind = whole < 0 ? -1 : wordKind(wholeWord(world, whole));
	if (kind === BlockKind.huge) {
		const firstGfn = gfn - (gfn % PAGES_PER_BLOCK);
		if (staysHere(process, firstGfn, BLOCK_ORDER)) return whyItStays(firstGfn);
		const frame = allocate(world, process.zone, BLOCK_ORDER, Migratetype.unmovable);
		if (frame >= 0) {
			moveWhole(process, firstGfn, whole, blockOfFrame(frame), BlockKind.huge, moved);
			return null;
		}
		split(process, gfn >>> 9, whole);
	}
	return evictEach(process, gfn, pages, kind === BlockKind.run ? whole : -1, moved);
}

/** Page migration has the block in hand: its frames are about to change. */
function inFlight({ world, vmIndex, vm, instance }: Process, guestBlock: number): boolean {
	return (
		instance === vm.running &&
		world.r.operations.some(
			({ vm: of, state, batch }) =>
				of === vmIndex && state === 'running' && batch !== null && batch.direction !== 'stream' && batch.guestBlock === guestBlock
		)
	);
}

/** References of the guest's own kind are known for the running process only. */
function staysHere({ world, vmIndex, vm, instance }: Process, gfn: number, order: number): boolean {
	return instance === vm.running && passesNeeded(world, vmIndex, gfn, order, passNs(world, vm)) >= MIGRATE_PASSES;
}

const whyItStays = (gfn: number): string => `the folio of guest page ${gfn} stays in ZONE_MOVABLE: somebody refers to it`;

function moveWhole(
	process: Process,
	firstGfn: number,
	source: number,
	target: number,
	kind: typeof BlockKind.huge | typeof BlockKind.run,
	moved: Moved
): void {
	const { world, vm, instance, vmIndex } = process;
	const guestBlock = firstGfn >>> 9;
	setWhole(world, target, kind, vmPayload(vmIndex, guestBlock));
	copyContent(world, source, target);
	mapWhole(world, vm, instance, guestBlock, target, kind === BlockKind.huge ? MapKind.huge : MapKind.run);
	countPages(process, source * PAGES_PER_BLOCK, -PAGES_PER_BLOCK);
	countPages(process, target * PAGES_PER_BLOCK, PAGES_PER_BLOCK);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
	moved.pages = PAGES_PER_BLOCK;
}

/** No huge page in ZONE_NORMAL: the folio becomes 512 base pages where it is (Linux 7.2.13 mm/migrate.c). */
function split({ world, vm, instance, vmIndex }: Process, guestBlock: number, block: number): void {
	setWhole(world, block, BlockKind.run, vmPayload(vmIndex, guestBlock), true);
	mapWhole(world, vm, instance, guestBlock, block, MapKind.run);
	if (instance === vm.running) holdArrived(world, vmIndex, guestBlock);
}

/** Base pages one by one. `run`: the block that holds all 512 of them, or −1. */
function evictEach(process: Process, gfn: number, pages: number, run: number, moved: Moved): string | null {
	const { world, vm, instance, zone } = process;
	if (run >= 0 && pages === PAGES_PER_BLOCK && isFree(process, gfn)) return evictRun(process, gfn, run, moved);
	const leaving: number[] = [];
	for (let page = gfn; page < gfn + pages; page += 1) {
		const frame = frameOf(world, vm, instance, page);
		if (frame < 0 || !isMovable(world, blockOfFrame(frame))) continue;
		if (staysHere(process, page, 0)) return whyItStays(page);
		leaving.push(page);
	}
	for (let at = 0; at < leaving.length;) {
		const [frame, given] = allocateRun(world, zone, 0, Migratetype.unmovable, leaving.length - at, false);
		if (given === 0) return noRoom(leaving[at] as number);
		moveSome(process, leaving.slice(at, at + given), frame, moved);
		at += given;
	}
	return null;
}

/** Nobody refers to any page of the block. */
function isFree({ world, vmIndex, vm, instance }: Process, firstGfn: number): boolean {
	if (instance !== vm.running) return true;
	return (
		pinsOnFolio(world, vmIndex, firstGfn, BLOCK_ORDER).length === 0 && devicePinsOn(world, vmIndex, firstGfn, PAGES_PER_BLOCK) === null
	);
}

/** All 512 pages of a run: where they find 512 frames in a row they are a run again. */
function evictRun(process: Process, firstGfn: number, run: number, moved: Moved): string | null {
	const { world, zone } = process;
	const block = takeBlock(world, zone);
	if (block >= 0) {
		moveWhole(process, firstGfn, run, blockOfFrame(block), BlockKind.run, moved);
		return null;
	}
	for (let at = 0; at < PAGES_PER_BLOCK;) {
		const [frame, given] = allocateRun(world, zone, 0, Migratetype.unmovable, PAGES_PER_BLOCK - at, false);
		if (given === 0) return noRoom(firstGfn + at);
		const first = firstGfn + at;
		const gfns = Array.from({ length: given }, (_, index) => first + index);
		moveSome(process, gfns, frame, moved);
		at += given;
	}
	return null;
}

const noRoom = (gfn: number): string => `ZONE_NORMAL has no room for guest page ${gfn}, which has to leave ZONE_MOVABLE`;

function moveSome(process: Process, gfns: readonly number[], target: number, moved: Moved): void {
	const { world, vm, instance } = process;
	takeChunk(world, target, gfns.length);
	gfns.forEach((gfn, index) => {
		const source = frameOf(world, vm, instance, gfn);
		const stamp = readStamp(world, blockOfFrame(source), rowOfFrame(source));
		backPages(process, gfn, target + index, 1);
		writeStamp(world, blockOfFrame(target + index), rowOfFrame(target + index), stamp);
		countPages(process, source, -1);
		ensureRows(world, blockOfFrame(source));
		release(world, source, 0);
		moved.pages += 1;
		moved.gfns.add(gfn);
	});
}
