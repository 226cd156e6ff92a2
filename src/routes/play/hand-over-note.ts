import type { OpenWorld } from '$lib/client/session.svelte.ts';
import { readScenario } from '$lib/engine/contract/scenario/read.ts';
import {
	handOverKind,
	handOverNote,
	handOverOf,
	type HandOver
} from '$lib/viz/describe/hand-over.ts';
import { operationOf } from '$lib/viz/describe/moment.ts';

/** A scenario is read once, not with every frame. */
const known = new WeakMap<object, HandOver | null>();

function bothOf(scenario: unknown, vcpus: number): HandOver | null {
	if (typeof scenario !== 'object' || scenario === null) return null;
	const before = known.get(scenario);
	if (before !== undefined) return before;
	const read = readScenario(scenario);
	const both = read.ok ? handOverOf(read.value, vcpus) : null;
	known.set(scenario, both);
	return both;
}

/** What stands beside the downtime of a world: which costs it leaves out, and what they would add. */
export function noteOf(world: OpenWorld): string | null {
	const { status, forecast } = world;
	const operation = operationOf(status);
	const told = operation ?? forecast?.operations[0] ?? null;
	const vm = status.vms.find((one) => one.id === told?.vm);
	if (told === null || vm === undefined) return null;
	const kind = handOverKind(world.journal, vm.id, status.nowNs);
	return handOverNote(told.strategy, kind, bothOf(world.spec.scenario, vm.vcpuCount));
}
