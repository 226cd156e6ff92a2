import { needsNetwork, passesByCopy } from '../contract/migration/strategies.ts';
import { missTarget } from '../migration/time-out.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule, type PendingEvent } from '../sim/event-queue.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { peerOf } from './rack-records.ts';

/**
 * What cannot happen while a host is away. Work of a dead host is forgotten, work of one that stands still or has lost its
 * link is kept and done when it goes on.
 */
export function heldBack(world: World, event: PendingEvent): boolean {
	const rack = world.r.rack;
	if (!rack) return false;
	const operation = operationOf(world, event);
	// A look at the guest is nobody's work: a guest that stands still is looked at in vain, one that runs must not be missed.
	if (!operation || (event.kind === EventKind.fetch && event.b === 0)) return false;
	const copies = passesByCopy(operation.strategy);
	for (const host of neededHosts(world, event, operation)) {
		const power = world.r.hosts[host]?.power;
		if (power === 'down') return true;
		const peer = peerOf(world, host);
		if (power !== 'paused' && (copies || (!peer.cxlCut && !rack.switchCut && !peer.deviceFenced))) continue;
		rack.held.push({ host, kind: event.kind, a: event.a, b: event.b });
		if (event.kind === EventKind.handOff && event.b === 1) missTarget(world, operation);
		return true;
	}
	return false;
}

function operationOf(world: World, event: PendingEvent): OperationRecord | null {
	const { precopy, transit, handOff, fetch } = EventKind;
	if (event.kind !== precopy && event.kind !== transit && event.kind !== handOff && event.kind !== fetch) return null;
	const operation = world.r.operations[event.a - 1];
	return operation?.state === 'running' ? operation : null;
}

/** What crosses the network needs both ends; moving pages by reference the host that runs the VM; a step of the hand-off its actor. */
function neededHosts(world: World, event: PendingEvent, operation: OperationRecord): number[] {
	if (event.kind === EventKind.handOff) return [event.b === 1 ? operation.target : operation.source];
	if (needsNetwork(operation.strategy)) return [operation.source, operation.target];
	const vm = world.r.vms[operation.vm];
	return vm ? [vm.instances[vm.running] as number] : [];
}

/** The host goes on, and with it what waited for it. */
export function letGo(world: World, host: number): void {
	const rack = world.r.rack;
	if (!rack) return;
	const mine = rack.held.filter((each) => each.host === host);
	rack.held = rack.held.filter((each) => each.host !== host);
	for (const each of mine) schedule(world, world.r.nowNs, each.kind as PendingEvent['kind'], each.a, each.b);
}

/** The host is dead: nobody does what it had still to do. */
export function forget(world: World, host: number): void {
	if (world.r.rack) world.r.rack.held = world.r.rack.held.filter((each) => each.host !== host);
}
