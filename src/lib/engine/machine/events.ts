import { OFFLINE_WALK, offlineWalk } from '../mm/blocks/offline.ts';
import { callById, endCall } from '../mm/os/calls.ts';
import { KernelTimer, TIMER_KINDS } from '../mm/os/timers.ts';
import { osRecord } from '../mm/os/os.ts';
import { PROCESS_WALKS } from '../mm/process/walks.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { sizeEventDue } from '../virtio-mem/size-event.ts';
import { deviceGone } from './device-del.ts';
import { PLUG_WALK, plugWalk, unplugWalk } from './dimm.ts';
import { STATE_WALK, stateWalk } from './files.ts';
import { HELD_WALK, heldWalk, standsStill } from './guest.ts';
import { SHELL_WALK, UNPLUG_WALK } from './hotplug-lock.ts';
import { endMigration } from './migration.ts';
import { shellLimit, shellWalk } from './shell.ts';
import { alarmRings } from './suspend.ts';

/** What goes on by events on a machine: walks of calls, virtio-mem drivers, timers. */

type Walk = (world: World, call: CallRecord) => void;

/** By `call.work.walk`. */
const WALKS: Readonly<Record<string, Walk>> = {
	...PROCESS_WALKS,
	[OFFLINE_WALK]: offlineWalk,
	[HELD_WALK]: heldWalk,
	[STATE_WALK]: stateWalk,
	[PLUG_WALK]: plugWalk,
	[UNPLUG_WALK]: unplugWalk,
	[SHELL_WALK]: shellWalk
};

export { runDriver } from '../virtio-mem/driver/run.ts';

/** A walk of the guest waits while the machine is stopped (machine/run-state.ts); the monitor's own goes on. */
export function runCall(world: World, id: number, generation: number): void {
	const call = callById(world, id);
	if (!call || call.state !== 'running' || call.generation !== generation) return;
	if (call.actor !== 'qmp' && osRecord(world, call.os).state !== 'running') {
		call.work['stopped'] = true;
		call.waitingFor = standsStill(osRecord(world, call.os));
		return;
	}
	WALKS[String(call.work['walk'])]?.(world, call);
}

/** A walk whose caller is gone ends now, as after a signal: what it had begun is undone. */
export function breakOff(world: World, call: CallRecord): void {
	call.work['signal'] = true;
	WALKS[String(call.work['walk'])]?.(world, call);
	if (call.state === 'running') endCall(world, call, 'EINTR', null);
}

type Timer = (world: World, index: number, generation: number) => void;

const TIMERS: Readonly<Record<number, Timer>> = {
	[KernelTimer.sizeEvent]: sizeEventDue,
	[KernelTimer.migrationEnd]: endMigration,
	[KernelTimer.deviceGone]: deviceGone,
	[KernelTimer.shellLimit]: shellLimit,
	[KernelTimer.wakeAlarm]: alarmRings
};

export function runTimer(world: World, index: number, which: number): void {
	TIMERS[which % TIMER_KINDS]?.(world, index, Math.floor(which / TIMER_KINDS));
}
