import { costNs } from '../costs/cost-model.ts';
import { loadedPoolLatencyNs } from '../fabric/links.ts';
import type { World } from '../state/world.ts';

/**
 * vCPUs of one VM on two hosts (live-migration reference 10, approach 2; coarse). Every interrupt from one vCPU to another
 * host's and every TLB shootdown pays a round trip over the fabric. How often guests do either is our assumption.
 */
/** Interrupts between vCPUs, per vCPU and second (our simplification). */
const IPIS_PER_SECOND = 2000;
/** TLB shootdowns, per vCPU and second (our simplification). */
const SHOOTDOWNS_PER_SECOND = 500;

/** Time lost per time run: 0 when all vCPUs are on one host. */
export function splitSlowdown(world: World, hosts: readonly number[]): number {
	const vcpus = hosts.length;
	const pairs = vcpus * (vcpus - 1);
	if (pairs === 0) return 0;
	let across = 0;
	for (const from of hosts) for (const to of hosts) if (from !== to) across += 1;
	const roundTripNs = 2 * loadedPoolLatencyNs(world);
	const shootdownNs = costNs(world.costs, 'tlbShootdownBaseUs') + roundTripNs;
	return (across / pairs) * ((IPIS_PER_SECOND * roundTripNs + SHOOTDOWNS_PER_SECOND * shootdownNs) / 1e9);
}
