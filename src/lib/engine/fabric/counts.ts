import type { FabricCountName } from '../contract/fabric-counts.ts';
import type { World } from '../state/world.ts';

/** Counts of what happened in the fabric, in the records so that checkpoints see them. */
export function count(world: World, name: FabricCountName, by = 1): void {
	const { counts } = world.r.fabric;
	counts[name] = (counts[name] ?? 0) + by;
}
export const countOf = (world: World, name: FabricCountName): number => world.r.fabric.counts[name] ?? 0;
