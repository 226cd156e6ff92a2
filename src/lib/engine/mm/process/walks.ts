import type { CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { runMbind, runMigratePages } from '../move/mbind.ts';
import { runMovePages } from '../move/move-pages.ts';
import { runRingExit } from './end.ts';
import { runPin } from './pin.ts';
import { runPipefill } from './pipe.ts';
import { runTouch } from './touch.ts';
import { runSleep } from './words.ts';

/** Walks of processes by `call.work.walk` (machine/events.ts). */
export const PROCESS_WALKS: Readonly<Record<string, (world: World, call: CallRecord) => void>> = {
	'touch': runTouch,
	'pin': runPin,
	'pipefill': runPipefill,
	'move-pages': runMovePages,
	'mbind': runMbind,
	'migrate-pages': runMigratePages,
	'ring-exit': runRingExit,
	'sleep': runSleep
};
