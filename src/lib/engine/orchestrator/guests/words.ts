import type { QmpArguments } from '../../contract/machine-commands.ts';
import { bytesOf } from '../../fabric/dcd/arguments.ts';
import type { FabricOutcome, FabricWord } from '../../fabric/outcome.ts';
import type { GuestRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { copyDevice } from './copy.ts';
import { startVm } from './index.ts';
import { moveVm } from './move.ts';
import { closeDevice, guestById, openDevice, type GuestOutcome } from './program.ts';

/** Words of the orchestrator about VMs of a fabric; `at` is a host for `start-vm`, else the VM. */
const answer = (outcome: GuestOutcome): FabricOutcome =>
	outcome.ok ? { ok: true, says: outcome.says, output: outcome.says } : { ok: false, says: outcome.says };
const textOf = (parameters: QmpArguments, name: string): string => {
	const value = parameters[name];
	return typeof value === 'string' ? value : '';
};

const onGuest =
	(act: (world: World, guest: GuestRecord, parameters: QmpArguments, cause: number | null) => GuestOutcome): FabricWord =>
	(world, at, parameters, cause) => {
		const id = textOf(parameters, 'vm') || at;
		const guest = guestById(world, id);
		return guest ? answer(act(world, guest, parameters, cause)) : { ok: false, says: `there is no VM "${id}"` };
	};

export const GUEST_WORDS: Readonly<Record<string, FabricWord>> = {
	'start-vm': (world, at, parameters, cause) => {
		const peer = world.r.fabric.peers.find((each) => each.id === at);
		const bytes = bytesOf(parameters['ramBytes'] ?? '4 GiB');
		if (!peer) return { ok: false, says: `there is no host "${at}"` };
		if (bytes === null) return { ok: false, says: 'ramBytes: a whole number of bytes' };
		return answer(startVm(world, peer, textOf(parameters, 'vm'), bytes, cause));
	},
	'open-device': onGuest((world, guest, parameters, cause) =>
		openDevice(world, guest, textOf(parameters, 'tag'), parameters['load'] === true, cause)
	),
	'close-device': onGuest((world, guest, parameters, cause) => closeDevice(world, guest, parameters['save'] === true, cause)),
	'copy-device': onGuest((world, guest, parameters, cause) =>
		copyDevice(world, guest, textOf(parameters, 'to'), textOf(parameters, 'tag'), cause)
	),
	'move-vm': onGuest((world, guest, parameters, cause) => moveVm(world, guest, textOf(parameters, 'to'), textOf(parameters, 'tag'), cause))
};
