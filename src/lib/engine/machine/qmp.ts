import type { QmpArguments } from '../contract/machine-commands.ts';
import { endCall } from '../mm/os/calls.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** QMP commands; the value is {"return": …} or {"error": {"class", "desc"}}. */
export function runQmp(world: World, _os: number, execute: string, _args: QmpArguments, call: CallRecord): void {
	endCall(world, call, 'CommandNotFound', {
		error: { class: 'CommandNotFound', desc: `The command ${execute} has not been found` }
	});
}
