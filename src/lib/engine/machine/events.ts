import { callById } from '../mm/os/calls.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** What goes on by events on a machine: walks of calls, virtio-mem drivers, kernel timers. */

type Walk = (world: World, call: CallRecord) => void;

/** By `call.work.walk`. */
const WALKS: Readonly<Record<string, Walk>> = {};

export function runCall(world: World, id: number, generation: number): void {
	const call = callById(world, id);
	if (!call || call.state !== 'running' || call.generation !== generation) return;
	WALKS[String(call.work['walk'])]?.(world, call);
}
