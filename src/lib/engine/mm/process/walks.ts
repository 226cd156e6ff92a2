import type { CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { endCall } from '../os/calls.ts';
import { runMbind, runMigratePages } from '../move/mbind.ts';
import { runMovePages } from '../move/move-pages.ts';
import { runRingExit } from './end.ts';
import { runPin } from './pin.ts';
import { runPipefill } from './pipe.ts';
import { runTouch } from './touch.ts';
import { runSleep } from './words.ts';

type Walk = (world: World, call: CallRecord) => void;

/** SIGINT ends the word: what is in flight is put back where it was, what has landed stays (our simplification: the process lives on). */
const interruptible =
	(walk: Walk): Walk =>
	(world, call) => {
		if (call.work['signal'] === true)
			endCall(world, call, 'EINTR', { op: call.text.trim().split(/\s+/)[0] ?? '', ret: -1, errno: 'EINTR' });
		else walk(world, call);
	};

/** Walks of processes by `call.work.walk` (machine/events.ts). */
export const PROCESS_WALKS: Readonly<Record<string, Walk>> = {
	touch: interruptible(runTouch),
	pin: interruptible(runPin),
	pipefill: interruptible(runPipefill),
	'move-pages': interruptible(runMovePages),
	mbind: interruptible(runMbind),
	'migrate-pages': interruptible(runMigratePages),
	'ring-exit': runRingExit,
	sleep: interruptible(runSleep)
};
