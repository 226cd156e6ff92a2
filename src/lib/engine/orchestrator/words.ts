import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';
import { bytesOf } from '../fabric/dcd/arguments.ts';
import type { FabricOutcome, FabricWord } from '../fabric/outcome.ts';
import type { AppRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { close, launch } from './apps.ts';
import { findDax, onlineAsRam } from './dax.ts';
import { takeIntoVm } from './doors.ts';
import { GUEST_WORDS } from './guests/words.ts';
import { PLANS } from './plans.ts';
import { goOn, startPlan, stopPlan } from './run-plans.ts';
import { empty, isSystemRam } from './system-ram.ts';

/**
 * Commands of the orchestrator: whole plans by their name, and single acts on a host. `at` is the host, or for plans anything.
 * The same acts are what somebody at the host may do by hand.
 */
const says = (text: string, output?: QmpValue): FabricOutcome => ({ ok: true, says: text, output: output ?? text });
const no = (text: string): FabricOutcome => ({ ok: false, says: text });

const APP_KINDS: readonly AppRecord['kind'][] = ['database', 'vm', 'reader', 'writer', 'page-cache'];

const onPeer =
	(act: (world: World, peer: PeerRecord, parameters: QmpArguments, cause: number) => FabricOutcome): FabricWord =>
	(world, at, parameters, cause) => {
		const peer = world.r.fabric.peers.find((each) => each.id === at);
		return peer ? act(world, peer, parameters, cause) : no(`there is no host "${at}"`);
	};

const textOf = (parameters: QmpArguments, name: string): string => {
	const value = parameters[name];
	return typeof value === 'string' ? value : '';
};

function values(parameters: QmpArguments): Record<string, string | number | boolean> {
	const plain: Record<string, string | number | boolean> = {};
	for (const [name, value] of Object.entries(parameters))
		if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') plain[name] = value;
	return plain;
}

const plan =
	(name: string): FabricWord =>
	(world, _at, parameters, cause) => {
		const started = startPlan(world, name, values(parameters), cause);
		return started.ok ? says(`plan ${started.id} runs`, { plan: started.id }) : no(started.says);
	};

const numbered =
	(act: (world: World, id: number) => boolean, done: string, none: string): FabricWord =>
	(world, _at, parameters) => {
		const id = parameters['plan'];
		return typeof id === 'number' && act(world, id) ? says(done) : no(none);
	};

export const ORCHESTRATOR_WORDS: Readonly<Record<string, FabricWord>> = {
	...Object.fromEntries(Object.keys(PLANS).map((name) => [name, plan(name)])),
	'go-on': numbered(goOn, 'it goes on', 'no such plan waits for a word'),
	'stop-plan': numbered(stopPlan, 'stopped', 'no such plan runs'),
	...GUEST_WORDS,
	launch: onPeer((world, peer, parameters, cause) => {
		const kind = APP_KINDS.find((each) => each === (parameters['kind'] ?? 'database'));
		if (!kind) return no(`a kind is one of ${APP_KINDS.join(', ')}`);
		const dax = textOf(parameters, 'tag') || textOf(parameters, 'dax');
		const app = textOf(parameters, 'app') || 'db';
		if (dax === '') return no('launch needs a tag or a dax device');
		const bytes = bytesOf(parameters['loadBytes']);
		if (bytes === null && parameters['loadBytes'] !== undefined) return no('loadBytes: a whole number of bytes');
		const outcome = launch(
			world,
			peer.id,
			{
				id: app,
				kind,
				dax,
				loadBytes: bytes ?? undefined,
				smallFolios: parameters['smallFolios'] === true,
				pinned: parameters['pinned'] === true
			},
			cause
		);
		return outcome.ok ? says(outcome.says) : no(outcome.says);
	}),
	'take-into-vm': onPeer((world, peer, parameters, cause) => {
		const outcome = takeIntoVm(world, peer, textOf(parameters, 'customer'), textOf(parameters, 'door'), textOf(parameters, 'tag'), cause);
		return outcome.ok ? says(outcome.says) : no(outcome.says);
	}),
	close: (world, _at, parameters, cause) => {
		const outcome = close(world, textOf(parameters, 'app') || 'db', cause);
		return outcome.ok ? says(outcome.says) : no(outcome.says);
	}
};

/** What is done at the host itself with its DAX devices (daxctl reconfigure-device, offline-memory), and its policies. */
export const DAX_WORDS: Readonly<Record<string, FabricWord>> = {
	'reconfigure-device': onPeer((world, peer, parameters, cause) => {
		const dax = findDax(peer, textOf(parameters, 'dax') || textOf(parameters, 'tag'));
		const mode = textOf(parameters, 'mode');
		if (!dax) return no(`${peer.id} has no such DAX device`);
		if (peer.state !== 'up') return no(`${peer.id} is ${peer.state}`);
		if (dax.state !== 'free') return no(`EBUSY: ${dax.id} is ${dax.state}`);
		if (mode === 'system-ram') {
			onlineAsRam(world, peer, dax, parameters['movable'] === false ? 'system-ram-normal' : 'system-ram', cause);
			return says(`${dax.id} is system RAM`);
		}
		if (mode !== 'devdax' && mode !== 'famfs') return no('a mode is devdax, famfs or system-ram');
		dax.use = mode;
		return says(`${dax.id} is in mode ${mode}`);
	}),
	'offline-memory': onPeer((world, peer, parameters, cause) => {
		const dax = findDax(peer, textOf(parameters, 'dax') || textOf(parameters, 'tag'));
		if (!dax) return no(`${peer.id} has no such DAX device`);
		if (!isSystemRam(dax)) return no(`${dax.id} is no system RAM`);
		const outcome = empty(world, peer, dax, cause);
		return outcome.ok ? says(outcome.says) : no(outcome.says);
	})
};
