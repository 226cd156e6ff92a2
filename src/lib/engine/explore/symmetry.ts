import type { Command } from '../contract/commands.ts';
import type { HostScenario } from '../contract/scenario/schema.ts';
import type { World } from '../state/world.ts';

/**
 * Hosts that nothing tells apart but their name and where their window lies: a state with two of them exchanged has the same
 * futures. Hosts that a command of the run names are told apart by it.
 */
export interface Symmetry {
	readonly groups: readonly (readonly string[])[];
	/** Ways to rename the hosts: for each, the new index of every host. */
	readonly orders: readonly (readonly number[])[];
}

/** More orders than these are not tried: states then count more often than they need to. */
const MOST_ORDERS = 120;

export function symmetryOf(world: World, named: readonly Command[]): Symmetry {
	const { hosts, fabric, machines } = world.scenario;
	const identity = hosts.map((_, index) => index);
	if (fabric !== null || machines.length > 0 || world.r.vdpa.nics.length > 0) return { groups: [], orders: [identity] };
	const text = JSON.stringify(named);
	const byLook = new Map<string, number[]>();
	hosts.forEach((host, index) => {
		const isNamed = text.includes(`"${host.id}"`);
		const look = isNamed ? host.id : JSON.stringify({ ...host, id: '', windowBaseHpa: 0 } satisfies HostScenario);
		byLook.set(look, [...(byLook.get(look) ?? []), index]);
	});
	const groups = [...byLook.values()].filter((group) => group.length > 1);
	let orders: number[][] = [identity];
	for (const group of groups) {
		const next: number[][] = [];
		for (const order of orders)
			for (const arranged of permutations(group)) {
				const renamed = [...order];
				group.forEach((host, place) => (renamed[host] = arranged[place] as number));
				next.push(renamed);
			}
		orders = next.slice(0, MOST_ORDERS);
	}
	return { groups: groups.map((group) => group.map((index) => hosts[index]?.id ?? '')), orders };
}

function permutations(items: readonly number[]): number[][] {
	if (items.length < 2) return [[...items]];
	return items.flatMap((first, at) => permutations(items.filter((_, other) => other !== at)).map((rest) => [first, ...rest]));
}
