import type { Grain } from '../contract/explore/words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { EventKind } from '../sim/event-kinds.ts';
import type { World } from '../state/world.ts';
import { rackBorder, rackIsQuiet } from './rack.ts';

/** Where a run stops so that something may be chosen: a text per grain; a change of it is a border. */

/** A device or a process is in the middle of a change that nobody chooses inside of. */
export function inTransition(world: World): boolean {
	return world.r.vdpa.nics.some((nic) => nic.change !== null) || world.r.vdpa.guests.some((guest) => guest.jobs.length > 0);
}

/** Kinds of events by which something that was begun goes on. */
const WORK: readonly number[] = [
	EventKind.precopy,
	EventKind.transit,
	EventKind.handOff,
	EventKind.call,
	EventKind.driver,
	EventKind.message,
	EventKind.fabricTimer,
	EventKind.nic
];

/** Nothing that was begun is still under way. */
export function isQuiet(world: World): boolean {
	const { c, r } = world;
	if (r.operations.some((operation) => operation.state === 'running') || inTransition(world) || !rackIsQuiet(world)) return false;
	for (let row = 0; row < r.eventPending; row += 1) if (WORK.includes(c.eventKind.get(row))) return false;
	return true;
}

const PHASES = (world: World): string => {
	const { r } = world;
	return JSON.stringify([
		r.operations.map((operation) => [operation.state, operation.phase, operation.ending]),
		// Registers that are saved on the way are no place to stop at.
		r.vms.map((vm, index) => [vm.instances[vm.running], vm.vcpuState === 'running' || r.rack?.vms[index]?.checkpointing === true]),
		r.hosts.map((host) => [host.power, host.incarnation]),
		r.vdpa.nics.map((nic) => [nic.broken, nic.ends.map((end) => end && [end.svq, end.kernel.open])]),
		rackBorder(world)
	]);
};

/** Phases, and beside them what each actor of a protocol does next, every word that hosts share, and what stands where on the way. */
const STEPS = (world: World): string => {
	const { r, c } = world;
	return JSON.stringify([
		PHASES(world),
		r.operations.map((operation) => operation.actors && [operation.actors.source.step, operation.actors.target.step]),
		r.vms.map((vm, index) => [vm.vcpuState, String(c.superpageWord.get(wordIndex('owner', index)))]),
		r.vdpa.nics.map((nic) => nic.change && [nic.change.status.kind, nic.change.status.at]),
		r.fabric.messages.filter((message) => message.state === 'flying').map((message) => message.id),
		r.calls.map((call) => call.state)
	]);
};

const RESTS = (world: World): string => String(isQuiet(world));

const SIGNATURES: Readonly<Record<Grain, (world: World) => string>> = { phases: PHASES, steps: STEPS, rests: RESTS };

export const signatureOf = (world: World, grain: Grain): string => SIGNATURES[grain](world);

/** Whether a choice may be made here at all. */
export const mayChoose = (world: World, grain: Grain): boolean =>
	grain === 'steps' || (grain === 'rests' ? isQuiet(world) : !inTransition(world));
