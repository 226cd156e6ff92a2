import { MIB, PAGE_BYTES, transferNs } from '../../../base/units.ts';
import { costBytesPerSecond } from '../../costs/cost-model.ts';
import type { CallRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { continueLater, endCall } from '../os/calls.ts';
import { areasOf, newArea } from '../space/areas.ts';
import { pagesIn, withRange } from '../space/runs.ts';
import { faultForWrite } from './fault.ts';
import { processOf } from './end.ts';

/**
 * Pipes full of kernel pages (Linux 7.2.13 fs/pipe.c: GFP_HIGHUSER, so never ZONE_MOVABLE, and on no LRU list: nothing can
 * move them). One pipe takes 1 MiB, the limit of /proc/sys/fs/pipe-max-size.
 */
const PAGES_PER_PIPE = MIB / PAGE_BYTES;
const PIECE_PIPES = 4;

export function startPipefill(world: World, call: CallRecord, process: ProcessRecord, pipes: number): void {
	const name = `[pipes ${areasOf(world, call.os, process.id).filter((area) => area.kind === 'pipe').length + 1}]`;
	const area = newArea(world, { os: call.os, process: process.id, name, kind: 'pipe', pageCount: pipes * PAGES_PER_PIPE });
	if (!area) return finish(world, call, 0, 'ENFILE');
	call.work = { ...call.work, walk: 'pipefill', area: area.slot, filled: 0, pipes, done: 0, total: pipes * PAGES_PER_PIPE };
	runPipefill(world, call);
}

export function runPipefill(world: World, call: CallRecord): void {
	const { work } = call;
	const area = world.r.areas[Number(work['area'])];
	const process = processOf(world, call.os, call.actor);
	const filled = Number(work['filled']);
	const pipes = Number(work['pipes']);
	if (!area || !process) return;
	if (filled >= pipes) return finish(world, call, pipes, 'OK');
	const now = Math.min(PIECE_PIPES, pipes - filled);
	const faulted = faultForWrite(world, { os: call.os, process, area, pinning: false }, filled * PAGES_PER_PIPE, now * PAGES_PER_PIPE);
	if (call.state !== 'running') return;
	if (faulted.outcome !== 'ok') {
		// What did not come is no part of the pipes.
		const got = filled * PAGES_PER_PIPE + faulted.basePages;
		area.holes = withRange(area.holes, got, area.pageCount - got);
		return finish(world, call, Math.floor(pagesIn([[0, got]], 0, area.pageCount) / PAGES_PER_PIPE), 'ENOMEM');
	}
	work['filled'] = filled + now;
	work['done'] = (filled + now) * PAGES_PER_PIPE;
	continueLater(world, call, transferNs(now * MIB, costBytesPerSecond(world.costs, 'memZero4kGBps')));
}

function finish(world: World, call: CallRecord, pipes: number, errno: string): void {
	endCall(world, call, errno === 'OK' ? null : errno, { op: 'pipefill', bytes: pipes * MIB, pipes, errno });
}
