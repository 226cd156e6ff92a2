import { endCall } from '../mm/os/calls.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** modprobe and rmmod. */
export function runModule(world: World, _os: number, _module: string, _action: 'load' | 'unload', call: CallRecord): void {
	endCall(world, call, 'ENOENT', null);
}
