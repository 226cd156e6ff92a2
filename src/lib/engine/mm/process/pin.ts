import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import { costNsForBytes } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { isIsolated } from '../buddy.ts';
import type { FolioRun } from '../move/folio.ts';
import { isFlying, landBatch, resumeFlight, startFlight } from '../move/flight.ts';
import { continueLater, endCall } from '../os/calls.ts';
import { osRecord, zoneOfOsBlock } from '../os/os.ts';
import { forEachRun } from '../space/areas.ts';
import { pagesIn } from '../space/runs.ts';
import { ownerOfFrame } from './content.ts';
import { processOf } from './end.ts';
import { faultForWrite } from './fault.ts';
import { roomReason } from '../space/room.ts';
import { addHold, dropHolds } from './holds.ts';

/**
 * Long-term pins (Linux 7.2.13 mm/gup.c, FOLL_PIN|FOLL_LONGTERM) as registered buffers of io_uring take them: fault in
 * without __GFP_MOVABLE, look for pages that may not be pinned, move these off, look again. All or nothing.
 */

const answer = (world: World, call: CallRecord, op: string, ret: number, errno: string): void =>
	endCall(world, call, errno === 'OK' ? null : errno, { op, ret, errno, ...(errno === 'ENOMEM' ? roomReason(world) : {}) });

export function startPin(world: World, call: CallRecord, area: AreaRecord, first: number, pages: number): void {
	// A hole, and secretmem, which no one else may reach (mm/gup.c, check_vma_flags).
	if (pagesIn(area.holes, first, pages) > 0 || area.kind === 'secure') return answer(world, call, 'pin', -1, 'EFAULT');
	call.work['walk'] = 'pin';
	call.work['area'] = area.slot;
	call.work['first'] = first;
	call.work['pages'] = pages;
	attempt(world, call);
}

/** One round of __gup_longterm_locked. */
function attempt(world: World, call: CallRecord): void {
	const area = world.r.areas[Number(call.work['area'])];
	const process = processOf(world, call.os, call.actor);
	const first = Number(call.work['first']);
	const pages = Number(call.work['pages']);
	if (!area || !process) return answer(world, call, 'pin', -1, 'EFAULT');
	const faulted = faultForWrite(world, { os: call.os, process, area, pinning: true }, first, pages);
	// A killed process has no call any more.
	if (call.state !== 'running') return;
	if (faulted.outcome !== 'ok') return answer(world, call, 'pin', -1, 'ENOMEM');
	const unfit = unfitFolios(world, area, first, pages);
	if (unfit.length > 0) {
		call.work['total'] = unfit.reduce((sum, run) => sum + run.pages, 0);
		startFlight(world, call, unfit, { kind: 'pin', process: call.actor });
		return;
	}
	addHold(world, area, call.actor, first, pages, 'long');
	emit(world, {
		kind: 'process',
		rule: 'long-term-pin',
		cause: call.causeSeq,
		host: osRecord(world, call.os).id,
		vm: null,
		values: { call: call.id, process: call.actor, area: area.name, page: first, pages },
		text: `${call.actor}: ${pages} pages of ${area.name} are pinned for long`
	});
	call.work['pinned'] = true;
	continueLater(world, call, pinNs(world, area, first, pages));
}

/** Folios in ZONE_MOVABLE (or the proposed ZONE_EXMEM) and in isolated blocks: folio_is_longterm_pinnable. */
function unfitFolios(world: World, area: AreaRecord, first: number, pages: number): FolioRun[] {
	const unfit: FolioRun[] = [];
	// Wrong belief "pin it and be safe": the zone is not looked at.
	if (world.r.belief === 'pin-and-be-safe') return unfit;
	forEachRun(
		world,
		area,
		(frame, page, count, order) => {
			const block = Math.floor(frame / PAGES_PER_BLOCK);
			const zone = world.r.zones[zoneOfOsBlock(world, area.os, block)];
			if (zone?.name !== 'MOVABLE' && zone?.name !== 'EXMEM' && !isIsolated(world, area.os, block)) return;
			const owner = ownerOfFrame(world, frame);
			if (order < BLOCK_ORDER) unfit.push({ frame, page, pages: count, order, owner });
			else unfit.push({ frame: block * PAGES_PER_BLOCK, page: page - (page % PAGES_PER_BLOCK), pages: PAGES_PER_BLOCK, order, owner });
		},
		first,
		pages
	);
	return unfit;
}

export function runPin(world: World, call: CallRecord): void {
	if (call.work['pinned'] === true) return answer(world, call, 'pin', 0, 'OK');
	if (resumeFlight(world, call)) return;
	if (!isFlying(call)) return attempt(world, call);
	const result = landBatch(world, call);
	if (result === null || call.state !== 'running') return;
	if (result.enomem || result.left > 0) return answer(world, call, 'pin', -1, 'ENOMEM');
	attempt(world, call);
}

function pinNs(world: World, area: AreaRecord, first: number, pages: number): number {
	let huge = 0;
	forEachRun(
		world,
		area,
		(_frame, _page, count, order) => {
			if (order === BLOCK_ORDER) huge += count;
		},
		first,
		pages
	);
	return (
		costNsForBytes(world.costs, 'pinMapThpMsPerGiB', huge * PAGE_BYTES) +
		costNsForBytes(world.costs, 'pinMap4kMsPerGiB', (pages - huge) * PAGE_BYTES)
	);
}

/** Registered buffers of an area are given back at once. */
export function unpin(world: World, call: CallRecord, area: AreaRecord): void {
	const count = dropHolds(world, call.os, (hold) => hold.area === area.slot && hold.process === call.actor && hold.term === 'long');
	answer(world, call, 'unpin', count > 0 ? 0 : -1, count > 0 ? 'OK' : 'ENXIO');
}
