import type { PolicyRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from '../os/os.ts';

/**
 * Policies follow the nodes that have memory (Linux 7.2.13 mm/mempolicy.c, mpol_rebind_nodemask): node number i of the old
 * set becomes node number i of the new set, wrapped round. Pages stay where they are. Policies with MPOL_F_STATIC_NODES keep
 * their nodes as far as they exist.
 */
export function rebindPolicies(world: World, os: number, before: readonly number[], after: readonly number[]): void {
	osRecord(world, os);
	for (const process of world.r.processes) if (process.os === os) rebind(process.policy, before, after);
	for (const area of world.r.areas) if (area?.os === os && area.policy !== null) rebind(area.policy, before, after);
}

/** bitmap_remap. */
export function remapNodes(nodes: readonly number[], before: readonly number[], after: readonly number[]): number[] {
	if (after.length === 0) return [...nodes];
	const mapped = nodes.map((node) => {
		const place = before.indexOf(node);
		return place < 0 ? node : (after[place % after.length] as number);
	});
	return [...new Set(mapped)].sort((a, b) => a - b);
}

function rebind(policy: PolicyRecord, before: readonly number[], after: readonly number[]): void {
	if (policy.nodes.length === 0) return;
	const nodes = policy.static ? policy.nodes.filter((node) => after.includes(node)) : remapNodes(policy.nodes, before, after);
	// An empty result means every node with memory.
	policy.nodes = nodes.length > 0 ? nodes : [...after];
}
