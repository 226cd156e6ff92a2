import { endCall } from '../os/calls.ts';
import type { CallRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';

export function runWords(world: World, _os: number, _process: string, _words: string, call: CallRecord): void {
	endCall(world, call, 'ENOSYS', null);
}
