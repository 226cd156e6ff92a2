import { costNs } from '../costs/cost-model.ts';
import { bytesOf } from '../fabric/dcd/arguments.ts';
import { addCapacity } from '../fabric/dcd/offer.ts';
import { recallCapacity } from '../fabric/dcd/recall.ts';
import { addReference, removeReference } from '../fabric/dcd/references.ts';
import { resetLogicalDevice } from '../fabric/dcd/resets.ts';
import { extentsOf } from '../fabric/dcd/lists.ts';
import { crashHost } from '../fabric/faults/hosts.ts';
import { unbindVppb, VPPB } from '../fabric/switch/binding.ts';
import { note, send } from '../fabric/messages.ts';
import { codeWords, RETURN_CODES } from '../fabric/outcome.ts';
import type { GuestRecord, MessageRecord, PlanRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { close, isAlive, launch, type Launch } from './apps.ts';
import { gfamAct } from './gfam-acts.ts';
import { copyDevice } from './guests/copy.ts';
import { moveVm } from './guests/move.ts';
import { closeDevice, guestById, openDevice, type GuestOutcome } from './guests/program.ts';
import type { ActName, PlanStep } from './plans.ts';
import { empty, isSystemRam } from './system-ram.ts';
import { copyTagOf, daxOfPlan, deviceOfPlan, ldOfHost, tagOfPlan } from './untils.ts';

/** What the steps of plans do. Each act is a message of the orchestrator; whoever gets it acts in one step (decision D13). */
export interface ActOutcome {
	readonly code: number;
	readonly says: string;
}
const done = (says: string): ActOutcome => ({ code: RETURN_CODES.success, says });
const refused = (says: string): ActOutcome => ({ code: RETURN_CODES.invalidInput, says });

/** Unbind option 2h: simulate a surprise hot-remove. */
const SURPRISE = 2;

/** Who does it: the fabric manager or a host. */
const AT_HOST: readonly ActName[] = [
	'launch',
	'close',
	'vacate',
	'close-device',
	'save-device',
	'copy-device',
	'move-vm',
	'open-device',
	'load-device'
];

export function sendAct(world: World, plan: PlanRecord, step: PlanStep, cause: number | null): void {
	const act = step.act as ActName;
	send(world, {
		from: 'orchestrator',
		to: AT_HOST.includes(act) ? step.host : 'fm',
		opcode: 'plan',
		what: act,
		tag: tagOfPlan(plan),
		payload: { plan: plan.id, step: plan.step },
		cause,
		ns: costNs(world.costs, 'orchestratorAllocMs')
	});
}

/** Commands of the manager that a plan gives, as they would be seen on the wire. */
const COMMANDS: Readonly<Partial<Record<ActName, readonly [string, string]>>> = {
	offer: ['5604h', 'Initiate Dynamic Capacity Add'],
	share: ['5604h', 'Initiate Dynamic Capacity Add'],
	'ask-back': ['5605h', 'Initiate Dynamic Capacity Release'],
	'force-back': ['5605h', 'Initiate Dynamic Capacity Release, forced'],
	'offer-copy': ['5604h', 'Initiate Dynamic Capacity Add'],
	'add-reference': ['5606h', 'Add Reference'],
	'remove-reference': ['5607h', 'Remove Reference']
};

const GFAM_COMMANDS: typeof COMMANDS = {
	offer: ['4907h', 'GFD Dynamic Capacity Add'],
	share: ['490Dh', 'Set SAT Entry'],
	'ask-back': ['490Dh', 'Set SAT Entry'],
	'force-back': ['490Dh', 'Set SAT Entry'],
	'take-access': ['490Dh', 'Set SAT Entry'],
	'add-reference': ['4909h', 'GFD Dynamic Capacity Add Reference'],
	'remove-reference': ['490Ah', 'GFD Dynamic Capacity Remove Reference']
};
const GFAM_ACTS = ['offer', 'share', 'ask-back', 'force-back', 'take-access'] as const;
const isGfamAct = (act: ActName): act is (typeof GFAM_ACTS)[number] => GFAM_ACTS.some((each) => each === act);
const isGfd = (world: World, plan: PlanRecord): boolean => world.r.fabric.devices[deviceOfPlan(world, plan)]?.gfd != null;

/** A message of a plan arrives: the act happens now. null: it is not one, or nobody is there who could act. */
export function receiveAct(world: World, message: MessageRecord, plan: PlanRecord, step: PlanStep): ActOutcome | null {
	const act = message.what as ActName;
	if (message.to === 'fm') {
		if (world.r.fabric.managerDown) return null;
	} else if (world.r.fabric.peers.find((peer) => peer.id === message.to)?.state !== 'up') return null;
	const command = isGfd(world, plan) ? GFAM_COMMANDS[act] : COMMANDS[act];
	const noted = command
		? note(world, {
				from: 'fm',
				to: String(plan.values['device']),
				opcode: command[0],
				what: command[1],
				tag: tagOfPlan(plan),
				cause: message.causeSeq
			})
		: null;
	const outcome =
		isGfamAct(act) && isGfd(world, plan)
			? gfamAct(world, act, plan, step.host, message.causeSeq)
			: ACTS[act](world, plan, step, message.causeSeq);
	if (noted) noted.code = outcome.code;
	return outcome;
}

type Act = (world: World, plan: PlanRecord, step: PlanStep, cause: number | null) => ActOutcome;

/** The manager's commands go to the plan's device and to the logical device of the step's host. */
const atDevice =
	(act: (world: World, device: number, ld: number, plan: PlanRecord, step: PlanStep, cause: number | null) => ActOutcome): Act =>
	(world, plan, step, cause) => {
		const device = deviceOfPlan(world, plan);
		const ld = ldOfHost(world, device, step.host);
		if (device < 0) return refused(`there is no device "${String(plan.values['device'])}"`);
		if (ld < 0) return refused(`${String(plan.values['device'])} has no logical device for ${step.host}`);
		return act(world, device, ld, plan, step, cause);
	};

const offer = (policy: 'free' | 'contiguous' | 'enable-shared-access', forCopy = false): Act =>
	atDevice((world, device, ld, plan, _step, cause) => {
		const region = Number(plan.values[policy === 'enable-shared-access' ? 'readRegion' : 'region'] ?? plan.values['region'] ?? 0);
		const chosen = policy === 'free' && plan.values['policy'] === 'contiguous' ? 'contiguous' : policy;
		return addCapacity(
			world,
			device,
			ld,
			{ policy: chosen, region, bytes: bytesOf(plan.values['bytes']) ?? 0, tag: forCopy ? copyTagOf(plan) : tagOfPlan(plan), extents: [] },
			cause
		);
	});

const takeBack = (forced: boolean): Act =>
	atDevice((world, device, ld, plan, _step, cause) => {
		const tag = tagOfPlan(plan);
		const extents = tag === '' ? extentsOf(world, device, ld).map(({ dpa, bytes }) => ({ dpa, bytes })) : [];
		if (tag === '' && extents.length === 0) return done('nothing is out');
		return recallCapacity(
			world,
			device,
			ld,
			{ policy: tag === '' ? 'prescriptive' : 'tag-based', forced, sanitize: plan.values['sanitize'] === true, bytes: 0, tag, extents },
			cause
		);
	});

/** Acts on a VM: it has to be there. */
const onGuest =
	(act: (world: World, guest: GuestRecord, plan: PlanRecord, cause: number | null) => GuestOutcome): Act =>
	(world, plan, step, cause) => {
		const guest = guestById(world, step.app ?? '');
		if (!guest) return refused(`there is no VM "${step.app ?? ''}"`);
		const outcome = act(world, guest, plan, cause);
		return outcome.ok ? done(outcome.says) : refused(outcome.says);
	};

const ACTS: Readonly<Record<ActName, Act>> = {
	offer: offer('free'),
	share: offer('enable-shared-access'),
	'offer-copy': offer('free', true),
	'ask-back': takeBack(false),
	'force-back': takeBack(true),
	'add-reference': (world, plan, _step, cause) => addReference(world, deviceOfPlan(world, plan), tagOfPlan(plan), cause),
	'remove-reference': (world, plan, _step, cause) => removeReference(world, deviceOfPlan(world, plan), tagOfPlan(plan), cause),
	launch: (world, plan, step, cause) => {
		const { smallFolios, pinned, loadBytes } = plan.values;
		const asked: Launch = {
			id: step.app ?? 'app',
			kind: (step.kind ?? 'database') as Launch['kind'],
			dax: tagOfPlan(plan),
			loadBytes: bytesOf(loadBytes) ?? undefined,
			smallFolios: smallFolios === true,
			pinned: pinned === true
		};
		const outcome = launch(world, step.host, asked, cause);
		return outcome.ok ? done(outcome.says) : refused(outcome.says);
	},
	close: (world, _plan, step, cause) => {
		const outcome = close(world, step.app ?? '', cause);
		return outcome.ok ? done(outcome.says) : refused(outcome.says);
	},
	vacate: (world, plan, step, cause) => {
		const peer = world.r.fabric.peers.find((each) => each.id === step.host);
		const said: string[] = [];
		for (const dax of daxOfPlan(world, plan, step.host)) {
			if (!peer) break;
			if (isSystemRam(dax)) said.push(empty(world, peer, dax, cause).says);
			else
				for (const app of world.r.fabric.apps)
					if (app.host === step.host && app.dax === dax.id && isAlive(app)) said.push(close(world, app.id, cause).says);
		}
		return done(said.join(', ') || 'nothing uses it');
	},
	'take-access': () => done('only a G-FAM device has access tables: nothing to take away'),
	unbind: atDevice((world, device, _ld, _plan, step, cause) => {
		const id = world.r.fabric.devices[device]?.id;
		for (const one of world.r.fabric.switches)
			for (const [place, virtual] of one.virtualSwitches.entries())
				for (const [index, vppb] of virtual.vppbs.entries()) {
					if (virtual.host !== step.host || vppb.status < VPPB.toPort || one.ports[vppb.port]?.partner?.id !== id) continue;
					const started = unbindVppb(world, one, place, index, SURPRISE, cause);
					return started.ok ? done(`${id ?? ''} is unbound from ${step.host}, option 2h`) : refused(started.says);
				}
		return done('no switch lies between: nothing to unbind');
	}),
	reset: atDevice((world, device, ld, _plan, _step, cause) => {
		resetLogicalDevice(world, device, ld, cause);
		return done('reset: what is shared is taken, what is its own stays');
	}),
	'close-device': onGuest((world, guest, _plan, cause) => closeDevice(world, guest, false, cause)),
	'save-device': onGuest((world, guest, _plan, cause) => closeDevice(world, guest, true, cause)),
	'copy-device': onGuest((world, guest, plan, cause) => copyDevice(world, guest, String(plan.values['to']), copyTagOf(plan), cause)),
	'move-vm': onGuest((world, guest, plan, cause) => moveVm(world, guest, String(plan.values['to']), '', cause)),
	'open-device': onGuest((world, guest, plan, cause) => openDevice(world, guest, guest.copyTag || tagOfPlan(plan), false, cause)),
	'load-device': onGuest((world, guest, plan, cause) => openDevice(world, guest, tagOfPlan(plan), true, cause)),
	'power-off': (world, plan, step, cause) => {
		const peer = world.r.fabric.peers.find((each) => each.id === step.host);
		if (!peer) return refused(`there is no host "${step.host}"`);
		if (peer.state !== 'crashed') crashHost(world, peer, 'switched off', cause);
		return takeBack(true)(world, plan, step, cause);
	}
};

export const outcomeWords = (outcome: ActOutcome): string =>
	outcome.code === RETURN_CODES.success ? outcome.says : `${codeWords(outcome.code)}: ${outcome.says}`;
