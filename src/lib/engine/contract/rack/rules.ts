import { rule } from '../rule.ts';

/** Rules of hosts that fail and of VMs that are kept running: part of the fidelity ledger (rules.ts). */
export const RACK_RULES = {
	'host-crash': rule(
		'crash of a host',
		'What only that host had is gone at once: its DRAM, its caches, the registers of its vCPUs. What lies on the pool stays.',
		'cxl-fabric reference 10.6',
		'our design'
	),
	'host-pause': rule(
		'a host that stands still',
		'It neither beats nor steps; when it goes on it stands where it stood and does not know how long that was.',
		'cxl-fabric reference 10.5, I5 and I8',
		'our design'
	),
	heartbeat: rule(
		'heartbeat',
		'Each host stores a growing count into a line of its own; the others read it as often as they beat.',
		'cxl-fabric reference 10.2 and 10.7',
		'our design'
	),
	'self-fence': rule(
		'self-fencing',
		'A host that could not beat for a set time stops its vCPUs; others suspect it only later than that.',
		'cxl-fabric reference 10.5, I10',
		'our design'
	),
	recovery: rule(
		'recovery',
		'Suspect by compare-and-swap, one recoverer by compare-and-swap, fence, then a new token for every VM that names the victim.',
		'cxl-fabric reference 10.5, I4 and I7',
		'our design'
	),
	fencing: rule(
		'fencing',
		'A token stops decisions, not stores: only the device, told by the fabric manager, stops what a host still sends.',
		'cxl-fabric reference 10.5, I8; CXL 4.0 8.2.10.9.9.5',
		'our design'
	),
	'vm-restart': rule(
		'restart',
		'All pages on the pool and registers in the super-page: adopted where they lie. Otherwise the VM boots anew on a host with room.',
		'cost model 3.7',
		'our design'
	),
	'vm-checkpoint': rule(
		'checkpoint',
		'The vCPUs stop, their registers go to the super-page and dirty lines to the device; memory that is written later is not undone.',
		'cxl-fabric reference 10.6, approach 2',
		'our simplification'
	),
	'lost-lines': rule(
		'lines lost with a cache',
		'Without hardware coherence what was written since the last flush, at most a cache full, is not in memory; each such page holds the write before.',
		'cost model 3.7',
		'our simplification'
	),
	'host-link': rule(
		'a link breaks',
		'Without its CXL link a host reaches neither super-page nor pool: VMs that live there stand still; without the network nothing is copied.',
		'cxl-fabric reference 10.6',
		'our design'
	),
	'pool-loss': rule(
		'the pool fails',
		'Every page and every word on it is gone for all hosts at once; VMs that are in DRAM go on.',
		'cxl-fabric reference 10.6',
		'our design'
	),
	'fabric-manager-loss': rule(
		'the fabric manager fails',
		'Hand-offs go on, they change no capacity. Nobody can be cut off, so that what a dead host may still run waits; a VM that nobody runs is taken all the same.',
		'cxl-fabric reference 10.6',
		'our design'
	),
	evacuation: rule(
		'evacuation',
		'VMs leave a host one by one, so many at a time, each by the cheapest way that is open to it.',
		'KubeVirt, parallelOutboundMigrationsPerNode 2, parallelMigrationsPerCluster 5',
		'our simplification'
	),
	hazard: rule(
		'hazard',
		'A thousand looks in the mean time between two failures, each with a chance of a thousandth, from a stream of its own.',
		'our simplification',
		'our simplification'
	)
} as const;
