import type { AreaRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { memoryNodes, populatedZones } from '../alloc/zonelist.ts';
import { nodeOfCpu, osRecord } from '../os/os.ts';

/**
 * A placement rule in a word: which memory-only node an area is bound to, by distance, zone or type. Our own, to try seed
 * S3's question on machines: distances and zones are what Linux tells, types are a proposal.
 */
export const PLACEMENT_RULES = ['near', 'far', 'movable', 'switched', 'shared'] as const;
export type PlacementRule = (typeof PLACEMENT_RULES)[number];

export const isPlacementRule = (text: string): text is PlacementRule => (PLACEMENT_RULES as readonly string[]).includes(text);

/** The first rule that finds a node decides; −1 when none does. Equal nodes: the lowest number. */
export function placedNode(world: World, os: number, cpu: number, rules: readonly PlacementRule[]): number {
	const record = osRecord(world, os);
	const local = record.nodes.findIndex((node) => node.id === nodeOfCpu(world, os, cpu));
	const candidates = memoryNodes(world, os).filter((id) => record.nodes.find((node) => node.id === id)?.cpus.length === 0);
	const distance = (id: number): number => record.nodes[local]?.distances[record.nodes.findIndex((node) => node.id === id)] ?? 0;
	for (const rule of rules) {
		const fitting = candidates.filter((id) => fits(world, os, id, rule));
		if (fitting.length === 0) continue;
		if (rule !== 'near' && rule !== 'far') return Math.min(...fitting);
		const wanted = rule === 'near' ? Math.min(...fitting.map(distance)) : Math.max(...fitting.map(distance));
		return Math.min(...fitting.filter((id) => distance(id) === wanted));
	}
	return -1;
}

function fits(world: World, os: number, id: number, rule: PlacementRule): boolean {
	if (rule === 'near' || rule === 'far') return true;
	if (rule === 'movable')
		return populatedZones(world, os).some((zone) => world.r.zones[zone]?.node === id && world.r.zones[zone]?.name === 'MOVABLE');
	return osRecord(world, os).nodes.find((node) => node.id === id)?.typed === rule;
}

export function bindTo(area: AreaRecord, node: number): void {
	area.policy = { mode: 'bind', nodes: [node], balancing: false, static: false };
}
