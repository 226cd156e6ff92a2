import { costNs } from '../costs/cost-model.ts';
import { extentsOf } from '../fabric/dcd/lists.ts';
import { tagById } from '../fabric/dcd/tags.ts';
import type { DaxRecord, PlanRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { isAlive } from './apps.ts';
import { reachableBytes } from './gfam-acts.ts';
import { isSystemRam } from './system-ram.ts';
import type { PlanStep, UntilName } from './plans.ts';

/** What a step of a plan waits for: questions about the world, asked again after everything that happens. */

export const tagOfPlan = (plan: PlanRecord): string => String(plan.values['tag'] ?? '');
export const deviceOfPlan = (world: World, plan: PlanRecord): number =>
	world.r.fabric.devices.findIndex((record) => record.id === plan.values['device']);

/** Logical device of the plan's device that belongs to a host, −1 without one. */
export function ldOfHost(world: World, device: number, host: string): number {
	return world.r.fabric.devices[device]?.lds.findIndex((logical) => logical.host === host) ?? -1;
}

/** Bytes that a host still holds of the plan's tag, or of everything on the device without a tag. */
export function heldBytes(world: World, device: number, host: string, tag: string): number {
	if (world.r.fabric.devices[device]?.gfd) return reachableBytes(world, device, host, tag);
	const ld = ldOfHost(world, device, host);
	if (ld < 0) return 0;
	return extentsOf(world, device, ld)
		.filter((extent) => tag === '' || tagById(world, extent.tagId)?.tag === tag)
		.reduce((sum, extent) => sum + extent.bytes, 0);
}

/** DAX devices of a host that the plan is about. */
export function daxOfPlan(world: World, plan: PlanRecord, host: string): DaxRecord[] {
	const peer = world.r.fabric.peers.find((each) => each.id === host);
	const tag = tagOfPlan(plan);
	return peer?.dax.filter((dax) => dax.device === plan.values['device'] && (tag === '' || dax.tag === tag)) ?? [];
}

const UNTIL: Readonly<Record<UntilName, (world: World, plan: PlanRecord, step: PlanStep) => boolean>> = {
	decided: (world, plan) => world.r.nowNs >= plan.stepNs + costNs(world.costs, 'orchestratorAllocMs'),
	capacity: (world, plan, { host }) => daxOfPlan(world, plan, host).length > 0,
	running: (world, _plan, { app, host }) =>
		world.r.fabric.apps.some((each) => each.id === app && each.host === host && each.state === 'running'),
	closed: (world, _plan, { app }) => !world.r.fabric.apps.some((each) => each.id === app && isAlive(each)),
	vacated: (world, plan, { host }) =>
		daxOfPlan(world, plan, host).every((dax) => dax.state !== 'claimed' && dax.emptyNs < 0 && !isSystemRam(dax)),
	'copy-capacity': (world, plan, { host }) => daxTagged(world, host, copyTagOf(plan)),
	'device-closed': (world, _plan, { app }) => guestOf(world, app)?.program === 'none',
	copied: (world, plan, { app }) => guestOf(world, app)?.copyTag === copyTagOf(plan),
	'vm-there': (world, plan, { app }) => guestOf(world, app)?.host === plan.values['to'],
	'program-runs': (world, _plan, { app }) => guestOf(world, app)?.program === 'runs',
	// The manager has heard it too: event 05h of the device has arrived.
	returned: (world, plan, { host }) =>
		heldBytes(world, deviceOfPlan(world, plan), host, tagOfPlan(plan)) === 0 &&
		!world.r.fabric.messages.some(
			(message) => message.state === 'flying' && message.opcode === '05h' && message.from === plan.values['device']
		)
};

const guestOf = (world: World, id: string | undefined) => world.r.fabric.guests.find((guest) => guest.id === id);
const daxTagged = (world: World, host: string, tag: string): boolean =>
	world.r.fabric.peers.find((peer) => peer.id === host)?.dax.some((dax) => dax.tag === tag) ?? false;
/** Tag of the capacity that a prepopulated target gets. */
export const copyTagOf = (plan: PlanRecord): string => String(plan.values['copy'] ?? '') || `${tagOfPlan(plan)}-copy`;

export const isSo = (world: World, plan: PlanRecord, step: PlanStep): boolean =>
	step.until === null || UNTIL[step.until](world, plan, step);

/** Why a wait will be in vain, where that can be seen already. */
export function hopeless(world: World, plan: PlanRecord, step: PlanStep): string | null {
	if (step.until === 'running') {
		const app = world.r.fabric.apps.find((each) => each.id === step.app && each.host === step.host);
		if (app?.state === 'killed') return app.reason ?? 'it was killed';
		if (!app && plan.acted === 'done' && step.act === null) return `${step.app ?? ''} was never launched`;
	}
	if (step.app !== undefined && guestOf(world, step.app)?.state === 'lost') return `${step.app} is lost`;
	if (plan.acted === 'done' && (step.until === 'vm-there' || step.until === 'copied')) {
		const guest = guestOf(world, step.app);
		if (guest?.doing === 'nothing' && !isSo(world, plan, step)) return guest.reason ?? 'it did not come about';
	}
	if (step.until === 'vacated') {
		const stuck = daxOfPlan(world, plan, step.host);
		if (stuck.length > 0 && stuck.every((dax) => dax.emptyNs < 0) && stuck.some((dax) => dax.stays !== null))
			return stuck.find((dax) => dax.stays !== null)?.stays ?? null;
	}
	return null;
}
