import { PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import { costBytesPerSecond, costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, CallRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { balanceTouch } from '../alloc/balancing.ts';
import { inFlight } from '../move/flight.ts';
import { continueLater, endCall } from '../os/calls.ts';
import { osRecord } from '../os/os.ts';
import { pagesIn } from '../space/runs.ts';
import { writePages } from './content.ts';
import { processOf } from './end.ts';
import { roomReason } from '../space/room.ts';
import { faultForRead, faultForWrite, type Faulted } from './fault.ts';

/**
 * touch, read and mlock: a process goes through a range. Faults take effect in pieces of at least 2 MiB and at most 128
 * pieces a range, each delaying the process by what its faults cost (our simplification: writing itself costs nothing).
 */
type Way = 'write' | 'read' | 'populate';
const MOST_PIECES = 128;

export function startTouch(
	world: World,
	call: CallRecord,
	process: ProcessRecord,
	area: AreaRecord,
	first: number,
	pages: number,
	way: Way
): void {
	if (pagesIn(area.holes, first, pages) > 0) {
		// SIGSEGV for an access, ENOMEM for mlock over a hole (mm/mlock.c).
		finish(world, call, way === 'populate' ? 'ENOMEM' : 'EFAULT');
		return;
	}
	const steps = Math.ceil(pages / PAGES_PER_BLOCK / MOST_PIECES);
	call.work = {
		...call.work,
		walk: 'touch',
		area: area.slot,
		first,
		end: first + pages,
		at: first,
		way,
		since: area.touchedNs,
		piece: steps * PAGES_PER_BLOCK,
		done: 0,
		total: pages
	};
	onward(world, call, process);
}

export function runTouch(world: World, call: CallRecord): void {
	const process = processOf(world, call.os, call.actor);
	if (process) onward(world, call, process);
}

function onward(world: World, call: CallRecord, process: ProcessRecord): void {
	const { work } = call;
	const area = world.r.areas[Number(work['area'])];
	const at = Number(work['at']);
	const end = Number(work['end']);
	if (!area || !area.processes.includes(process.id)) return finish(world, call, 'EFAULT');
	if (at >= end) return finish(world, call, 'OK');
	const piece = Number(work['piece']);
	let stop = Math.min(end, (Math.floor(at / piece) + 1) * piece);
	const flying = inFlight(world, area, at, stop);
	if (flying?.page === at) return stall(world, call, process, area, at, flying.landsNs);
	if (flying) stop = flying.page;
	const toucher = { os: call.os, process, area, pinning: false };
	const faulted = work['way'] === 'read' ? faultForRead(world, toucher, at, stop - at) : faultForWrite(world, toucher, at, stop - at);
	// The OOM killer may have taken this very process.
	if (call.state !== 'running') return;
	if (faulted.outcome !== 'ok') return finish(world, call, 'ENOMEM');
	if (work['way'] !== 'populate') balanceTouch(world, call.os, process, area, at, stop - at, Number(work['since']));
	if (work['way'] === 'write') writePages(world, area, at, stop - at);
	area.touchedNs = world.r.nowNs;
	work['at'] = stop;
	work['done'] = stop - Number(work['first']);
	if (faulted.hugeFolios + faulted.basePages > 0)
		emit(world, {
			kind: 'allocation',
			rule: 'page-fault',
			cause: call.causeSeq,
			host: osRecord(world, call.os).id,
			vm: null,
			values: {
				call: call.id,
				process: process.id,
				area: area.name,
				page: at,
				pages: faulted.hugeFolios * PAGES_PER_BLOCK + faulted.basePages,
				huge: faulted.hugeFolios
			},
			text: `${process.id} touches ${area.name} from page ${at}: ${faulted.hugeFolios} huge folios, ${faulted.basePages} base pages`
		});
	continueLater(world, call, faultsNs(world, faulted));
}

function stall(world: World, call: CallRecord, process: ProcessRecord, area: AreaRecord, page: number, landsNs: number): void {
	emit(world, {
		kind: 'stall',
		rule: 'migrate-stall',
		cause: call.causeSeq,
		host: osRecord(world, call.os).id,
		vm: null,
		values: { call: call.id, process: process.id, area: area.name, page, waitsNs: landsNs - world.r.nowNs },
		text: `${process.id} touches page ${page} of ${area.name}, which is on its way, and waits`
	});
	continueLater(world, call, landsNs - world.r.nowNs);
}

function faultsNs(world: World, { hugeFolios, basePages }: Faulted): number {
	const fault = costNs(world.costs, 'minorFault4kUs');
	const zeroHuge =
		hugeFolios > 0 ? transferNs(hugeFolios * PAGES_PER_BLOCK * PAGE_BYTES, costBytesPerSecond(world.costs, 'memZero2mGBps')) : 0;
	const zeroBase = basePages > 0 ? transferNs(basePages * PAGE_BYTES, costBytesPerSecond(world.costs, 'memZero4kGBps')) : 0;
	return (hugeFolios + basePages) * fault + zeroHuge + zeroBase;
}

function finish(world: World, call: CallRecord, errno: string): void {
	const op = call.text.trim().split(/\s+/)[0] ?? 'touch';
	const reason = errno === 'ENOMEM' ? roomReason(world) : {};
	endCall(world, call, errno === 'OK' ? null : errno, { op, ret: errno === 'OK' ? 0 : -1, errno, ...reason });
}
