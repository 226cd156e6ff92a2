import bothDieFrozen from './both-die-frozen.json' with { type: 'json' };
import byChance from './by-chance.json' with { type: 'json' };
import dirtyLines from './dirty-lines.json' with { type: 'json' };
import emptiedHost from './emptied-host.json' with { type: 'json' };
import fabricManagerFails from './fabric-manager-fails.json' with { type: 'json' };
import hostDies from './host-dies.json' with { type: 'json' };
import maintenance from './maintenance.json' with { type: 'json' };
import poolFails from './pool-fails.json' with { type: 'json' };
import selfFencing from './self-fencing.json' with { type: 'json' };
import sourceDiesBefore from './source-dies-before.json' with { type: 'json' };
import sourceDiesFrozen from './source-dies-frozen.json' with { type: 'json' };
import splitBrain from './split-brain.json' with { type: 'json' };
import switchFails from './switch-fails.json' with { type: 'json' };
import targetDiesFrozen from './target-dies-frozen.json' with { type: 'json' };
import vcpusOnTwoHosts from './vcpus-on-two-hosts.json' with { type: 'json' };
import zombieHost from './zombie-host.json' with { type: 'json' };

/** Hosts that fail, and VMs that are kept running, in the order in which they are offered. */
export const RACK_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = [
	hostDies,
	dirtyLines,
	zombieHost,
	splitBrain,
	selfFencing,
	poolFails,
	emptiedHost,
	maintenance,
	sourceDiesBefore,
	sourceDiesFrozen,
	targetDiesFrozen,
	bothDieFrozen,
	byChance,
	fabricManagerFails,
	switchFails,
	vcpusOnTwoHosts
].map((scenario) => ({ id: scenario.id, scenario }));
