import { endCall } from '../mm/os/calls.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** echo value > path */
export function writeFile(world: World, _os: number, _path: string, _value: string, call: CallRecord): void {
	endCall(world, call, 'ENOENT', null);
}
