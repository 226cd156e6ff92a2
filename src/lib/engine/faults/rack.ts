import type { Fault } from './fault.ts';

/** Rules of hosts that fail, broken on purpose; they act when a host is next taken for dead. */
export const RACK_FAULTS = {
	'skip-fence': { sentence: 'a host that is taken for dead is not fenced', caughtBy: ['second-runner'], strike: null },
	'late-self-fence': { sentence: 'a host that cannot beat does not stop its vCPUs', caughtBy: ['second-runner'], strike: null },
	'keep-token': { sentence: 'a VM is recovered without a new token', caughtBy: ['fenced-never-wins'], strike: null },
	'forget-loss': { sentence: 'a VM dies with its host and nobody lists what was lost', caughtBy: ['vms-accounted'], strike: null }
} as const satisfies Record<string, Fault>;
