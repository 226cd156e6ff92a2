import { NS_PER_S } from '../../../base/units.ts';
import { emit } from '../../sim/trace.ts';
import type { CallRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { continueLater, endCall, newCall } from '../os/calls.ts';
import { osRecord } from '../os/os.ts';
import { areasOf } from '../space/areas.ts';
import { dropHolds } from './holds.ts';
import { leaveArea } from './unmap.ts';

/**
 * The end of a process (Linux 7.2.13 kernel/exit.c): files are closed, areas unmapped, pages freed. Pages in its pipes go
 * with the pipes. Registered buffers of a ring are unpinned later, by deferred work (io_uring/io_uring.c, io_ring_exit_work).
 */

/** Fitted on recording zones-hotplug/58: twelve seconds after the end the pages were still pinned, soon after they were not. */
export const RING_EXIT_NS = 12 * NS_PER_S;

export function processOf(world: World, os: number, id: string): ProcessRecord | null {
	return world.r.processes.find((process) => process.os === os && process.id === id) ?? null;
}

/** Ends a process: by itself, or killed. Its running calls never return. */
export function exitProcess(world: World, os: number, id: string, why: 'exit' | 'killed'): void {
	const process = processOf(world, os, id);
	if (!process || process.state === 'ended') return;
	process.state = 'ended';
	const cause = emit(world, {
		kind: 'process',
		rule: 'process-exit',
		cause: null,
		host: osRecord(world, os).id,
		vm: null,
		values: { process: id, pid: process.pid, why },
		text: why === 'exit' ? `${id} ends` : `${id} (pid ${process.pid}) is killed`
	});
	for (const call of [...world.r.calls])
		if (call.os === os && call.state === 'running' && call.actor === id && call.kind === 'process')
			endCall(world, call, 'EINTR', { op: firstWord(call.text), ret: -1, errno: 'EINTR' });
	deferRings(world, os, id, cause);
	dropHolds(world, os, (hold) => hold.process === id && hold.term === 'get');
	for (const area of areasOf(world, os, id)) leaveArea(world, area);
}

const firstWord = (text: string): string => text.trim().split(/\s+/)[0] ?? '';

/** Long-term pins of a ring outlive their process until the deferred work has run. */
function deferRings(world: World, os: number, id: string, cause: number): void {
	const pins = world.r.holds.filter((hold) => world.r.areas[hold.area]?.os === os && hold.process === id && hold.term !== 'get');
	if (pins.length === 0) return;
	const call = newCall(world, os, 'kernel', 'ring-exit', `io_ring_exit_work of ${id}`, cause);
	call.work['walk'] = 'ring-exit';
	call.work['process'] = id;
	call.work['total'] = pins.reduce((sum, hold) => sum + hold.pageCount, 0);
	continueLater(world, call, RING_EXIT_NS);
}

export function runRingExit(world: World, call: CallRecord): void {
	const id = call.work['process'];
	emit(world, {
		kind: 'process',
		rule: 'ring-exit',
		cause: call.causeSeq,
		host: osRecord(world, call.os).id,
		vm: null,
		values: { process: String(id), pages: Number(call.work['total']) },
		text: `${call.text}: registered buffers are unpinned`
	});
	dropHolds(world, call.os, (hold) => hold.process === id && hold.term !== 'get');
	endCall(world, call, null, null);
}

export function endProcess(world: World, os: number, process: string, call: CallRecord): void {
	const record = processOf(world, os, process);
	if (!record || record.state === 'ended') {
		endCall(world, call, 'ESRCH', null);
		return;
	}
	exitProcess(world, os, process, 'exit');
	endCall(world, call, null, null);
}
