import { COPYING_SCENARIOS } from './copying/index.ts';
import { CXL_SCENARIOS } from './cxl/index.ts';
import { EXPERIMENTS } from './experiments/index.ts';
import { FABRIC_SCENARIOS } from './fabric/index.ts';
import { MOVING_SCENARIOS } from './moving/index.ts';
import { RACK_SCENARIOS } from './rack/index.ts';
import { VDPA_SCENARIOS } from './vdpa/index.ts';
import busyGuest from './busy-guest.json' with { type: 'json' };
import heldPage from './held-page.json' with { type: 'json' };
import smallPages from './small-pages.json' with { type: 'json' };
import twoHostsByCopy from './two-hosts-by-copy.json' with { type: 'json' };
import twoHosts from './two-hosts.json' with { type: 'json' };

/** Built-in scenarios in the order in which they are offered. Links name them by id. */
export const CATALOGUE: readonly { readonly id: string; readonly scenario: unknown }[] = [
	twoHosts,
	twoHostsByCopy,
	busyGuest,
	smallPages,
	heldPage
].map((scenario) => ({ id: scenario.id, scenario }));

/** Linux machines, after the scenarios of VMs that move: measured experiments, then CXL memory. */
export const EXPERIMENT_CATALOGUE = EXPERIMENTS;
export const CXL_CATALOGUE = CXL_SCENARIOS;
export const MACHINE_CATALOGUE = [...EXPERIMENT_CATALOGUE, ...CXL_CATALOGUE];

/** CXL fabrics and their dynamic capacity. */
export const FABRIC_CATALOGUE = FABRIC_SCENARIOS;

/** VMs that move by copy in other ways than pre-copy. */
export const COPYING_CATALOGUE = COPYING_SCENARIOS;

/** VMs that move by reference, one per objection. */
export const MOVING_CATALOGUE = MOVING_SCENARIOS;

/** Hosts that fail, and VMs that are kept running. */
export const RACK_CATALOGUE = RACK_SCENARIOS;

/** VMs with vDPA network devices. */
export const VDPA_CATALOGUE = VDPA_SCENARIOS;

export function catalogueScenario(id: string): unknown {
	return (
		[
			...CATALOGUE,
			...COPYING_CATALOGUE,
			...MOVING_CATALOGUE,
			...RACK_CATALOGUE,
			...MACHINE_CATALOGUE,
			...FABRIC_CATALOGUE,
			...VDPA_CATALOGUE
		].find((entry) => entry.id === id)?.scenario ?? null
	);
}
