import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, MapKind, Migratetype, vmPayload, wordKind } from '../../contract/words.ts';
import { MIGRATE_PASSES, passesNeeded, passNs } from '../../hypervisor/passes.ts';
import { holdArrived } from '../../hypervisor/pins.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { allocate, allocateRun, release } from '../../mm/buddy.ts';
import { copyContent, ensureRows, readStamp, setWhole, wholeWord, writeStamp } from '../../mm/frames.ts';
import { frameOf, mappingRow, mapWhole, wholeBlockOf } from '../../mm/space/mapping.ts';
import { blockOfFrame, rowOfFrame } from '../../mm/zones.ts';
import { backPages, takeChunk } from './populate.ts';
import { countPages, isMovable, type Process, type Worked } from './process.ts';

/**
 * Pages of one guest block leave ZONE_MOVABLE before they are pinned for long (Linux 7.2.13 mm/gup.c,
 * migrate_longterm_unpinnable_folios): into ZONE_NORMAL of the process's host, with content and mapping, huge folios whole. A
 * folio that does not move fails the pin.
 */
export function evictPages(process: Process, gfn: number, pages: number): Worked {
	const { world, vm, instance, vmIndex } = process;
	const guestBlock = gfn >>> 9;
	const stays = inFlight(process, guestBlock) ? `guest block ${guestBlock} is on its way to another memory` : null;
	const whole = wholeBlockOf(world, vm, instance, guestBlock);
	if (whole >= 0 && !isMovable(world, whole)) return { ok: true, pages: 0 };
	if (stays !== null) return { ok: false, detail: stays };
	const kind = whole < 0 ? -1 : wordKind(wholeWord(world, whole));
	let moved = 0;
	if (kind === BlockKind.huge) {
		if (staysHere(process, guestBlock * PAGES_PER_BLOCK, BLOCK_ORDER)) return { ok: false, detail: whyItStays(guestBlock * PAGES_PER_BLOCK) };
		const frame = allocate(world, process.zone, BLOCK_ORDER, Migratetype.unmovable);
		if (frame >= 0) moved = moveWhole(process, guestBlock, whole, blockOfFrame(frame), BlockKind.huge);
		else split(process, guestBlock, whole);
	}
	if (moved === 0) {
		const worked = evictEach(process, gfn, pages, kind === BlockKind.run ? whole : -1);
		if (!worked.ok) return worked;
		moved = worked.pages;
	}
	if (moved > 0) {
		world.c.mapSecondStage.set(mappingRow(vm, instance, guestBlock), 0);
		if (instance === vm.running) {
			holdArrived(world, vmIndex, guestBlock, new Set(Array.from({ length: pages }, (_, index) => gfn + index)));
			refreshSpeed(world, vm);
		}
	}
	return { ok: true, pages: moved };
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

function moveWhole(process: Process, guestBlock: number, source: number, target: number, kind: typeof BlockKind.huge | typeof BlockKind.run): number {
	const { world, vm, instance, vmIndex } = process;
	setWhole(world, target, kind, vmPayload(vmIndex, guestBlock));
	copyContent(world, source, target);
	mapWhole(world, vm, instance, guestBlock, target, kind === BlockKind.huge ? MapKind.huge : MapKind.run);
	countPages(process, source * PAGES_PER_BLOCK, -PAGES_PER_BLOCK);
	countPages(process, target * PAGES_PER_BLOCK, PAGES_PER_BLOCK);
	release(world, source * PAGES_PER_BLOCK, BLOCK_ORDER);
	return PAGES_PER_BLOCK;
}

/** No huge page in ZONE_NORMAL: the folio becomes 512 base pages where it is (Linux 7.2.13 mm/migrate.c). */
function split({ world, vm, instance, vmIndex }: Process, guestBlock: number, block: number): void {
	setWhole(world, block, BlockKind.run, vmPayload(vmIndex, guestBlock), true);
	mapWhole(world, vm, instance, guestBlock, block, MapKind.run);
	if (instance === vm.running) holdArrived(world, vmIndex, guestBlock);
}

/** Base pages one by one; 512 of a run that find 512 frames in a row are one run again. */
function evictEach(process: Process, gfn: number, pages: number, run: number): Worked {
	const { world, vm, instance, zone } = process;
	const leaving: number[] = [];
	for (let page = gfn; page < gfn + pages; page += 1) {
		const frame = frameOf(world, vm, instance, page);
		if (frame < 0 || !isMovable(world, blockOfFrame(frame))) continue;
		if (staysHere(process, page, 0)) return { ok: false, detail: whyItStays(page) };
		leaving.push(page);
	}
	const noRoom = { ok: false, detail: `ZONE_NORMAL has no room for guest page ${gfn}, which has to leave ZONE_MOVABLE` } as const;
	for (let at = 0; at < leaving.length;) {
		const [frame, given] = allocateRun(world, zone, 0, Migratetype.unmovable, leaving.length - at, false);
		if (given === 0) return noRoom;
		if (run >= 0 && given === PAGES_PER_BLOCK) moveWhole(process, gfn >>> 9, run, blockOfFrame(frame), BlockKind.run);
		else moveSome(process, leaving.slice(at, at + given), frame);
		at += given;
	}
	return { ok: true, pages: leaving.length };
}

function moveSome(process: Process, gfns: readonly number[], target: number): void {
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
	});
}
