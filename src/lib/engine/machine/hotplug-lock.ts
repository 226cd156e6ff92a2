import { OFFLINE_WALK } from '../mm/blocks/offline.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** Walk of a DIMM that is to go (dimm.ts). */
export const UNPLUG_WALK = 'dimm-unplug';
/** Walk of a command at the shell that takes memory blocks offline (shell.ts). */
export const SHELL_WALK = 'shell';

/**
 * device_hotplug_lock (Linux 7.2.13 drivers/base/core.c): one hotplug action at a time. A writer of sysfs that does not get
 * it starts its system call anew until it does (restart_syscall); nobody sees EAGAIN.
 */
export const HOTPLUG_LOCK = 'the hotplug lock: another memory block is coming or going';

/** True while another call of this machine is in the middle of offlining. */
export function hotplugBusy(world: World, call: CallRecord): boolean {
	return world.r.calls.some(
		(other) =>
			other !== call &&
			other.os === call.os &&
			other.state === 'running' &&
			(other.work['walk'] === OFFLINE_WALK ||
				(other.work['walk'] === SHELL_WALK && other.work['inside'] === true) ||
				(other.work['walk'] === UNPLUG_WALK && other.work['pass'] !== undefined))
	);
}
