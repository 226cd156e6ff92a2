import { MIB } from '../../src/lib/base/units.ts';
import type { Command, MigrationParameters, StrategyId } from '../../src/lib/engine/contract/commands.ts';
import { STRATEGY_IDS } from '../../src/lib/engine/contract/migration/strategies.ts';
import type { RackWord } from '../../src/lib/engine/contract/rack/words.ts';
import type { PhaseId } from '../../src/lib/engine/contract/status.ts';
import type { OperationRecord } from '../../src/lib/engine/state/records.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import type { Chance } from '../support/chance.ts';
import { host, smallWorld, vm, type ScenarioFile } from '../support/worlds.ts';

/** What the thousand random scenarios go through: every strategy, each of its phases, every fault in each of them. */

export interface Cell {
	readonly strategy: StrategyId;
	readonly phase: PhaseId;
	readonly fault: FaultName;
}

/** Phases that a strategy goes through. */
const PHASES: Readonly<Record<StrategyId, readonly PhaseId[]>> = {
	precopy: ['setup', 'round', 'switchover'],
	transit: ['prepare', 'staging', 'publish', 'handoff', 'unstaging', 'release'],
	resident: ['prepare', 'publish', 'handoff'],
	'shared-file': ['setup', 'switchover'],
	rdma: ['prepare', 'setup', 'round', 'switchover'],
	postcopy: ['setup', 'round', 'switchover', 'fetch', 'paused']
};

/** Phases that one event ends: what goes wrong in them goes wrong at once. */
export const SHORT_PHASES: readonly PhaseId[] = ['prepare', 'setup', 'publish', 'release'];

type Fault = (chance: Chance, world: World, operation: OperationRecord) => readonly Command[];

const vmName = (world: World, operation: OperationRecord): string => world.r.vms[operation.vm]?.id as string;
const sourceOf = (world: World, operation: OperationRecord): string => world.r.hosts[operation.source]?.id as string;
const targetOf = (world: World, operation: OperationRecord): string => world.r.hosts[operation.target]?.id as string;
const rack = (execute: RackWord, more: Omit<Extract<Command, { name: 'rack' }>, 'name' | 'execute'> = {}): Command => ({
	name: 'rack',
	execute,
	...more
});
const anyGfn = (chance: Chance, world: World, operation: OperationRecord): number =>
	chance.whole(0, (world.r.vms[operation.vm]?.populatedPages ?? 1) - 1);

/** What goes wrong, or what somebody does in the middle of it. */
export const FAULTS = {
	none: () => [],
	cancel: (_, world, operation) => [{ name: 'migrate-cancel', vm: vmName(world, operation) }],
	'cancel twice': (_, world, operation) => [
		{ name: 'migrate-cancel', vm: vmName(world, operation) },
		{ name: 'migrate-cancel', vm: vmName(world, operation) }
	],
	'short pin': (chance, world, operation) => [
		{ name: 'pin', vm: vmName(world, operation), gfn: anyGfn(chance, world, operation), term: 'short', forNs: chance.whole(1, 60_000_000) }
	],
	'long pin': (chance, world, operation) => [
		{ name: 'pin', vm: vmName(world, operation), gfn: anyGfn(chance, world, operation), term: 'long' }
	],
	'burst of writes': (_, world, operation) => [
		{
			name: 'set-workload',
			vm: vmName(world, operation),
			workload: { kind: 'memory-muncher', rateBytesPerSecond: 300_000_000, workingSetBytes: 16 * MIB }
		}
	],
	'second order': (_, world, operation) => [
		{
			name: 'migrate',
			vm: vmName(world, operation),
			target: world.r.hosts[operation.target]?.id as string,
			strategy: operation.strategy
		}
	],
	'other parameters': (chance, world, operation) => [
		{
			name: 'migrate-set-parameters',
			vm: vmName(world, operation),
			downtimeLimitNs: chance.pick([0, 1_000_000, 300_000_000]),
			maxBandwidthBytesPerSecond: chance.pick([0, 80_000_000])
		}
	],
	'source dies': (_, world, operation) => [rack('crash', { host: sourceOf(world, operation) })],
	'target dies': (_, world, operation) => [rack('crash', { host: targetOf(world, operation) })],
	'source stands still': (chance, world, operation) => [
		rack('pause', { host: sourceOf(world, operation), arguments: { forNs: chance.pick([1_000, 400_000, 80_000_000, 900_000_000]) } })
	],
	'target stands still': (chance, world, operation) => [
		rack('pause', { host: targetOf(world, operation), arguments: { forNs: chance.pick([1_000, 400_000, 80_000_000, 900_000_000]) } })
	],
	'a CXL link breaks': (chance, world, operation) => [
		rack('cut-link', { host: chance.pick([sourceOf(world, operation), targetOf(world, operation)]), arguments: { link: 'cxl' } })
	],
	'the network breaks': (chance, world, operation) => [
		rack('cut-link', { host: chance.pick([sourceOf(world, operation), targetOf(world, operation)]), arguments: { link: 'network' } })
	],
	'the stream breaks': (_, world, operation) => [rack('break-stream', { vm: vmName(world, operation) })],
	'the pool fails': () => [rack('lose-pool')],
	'a page is tiered': (chance, world, operation) => [
		rack('tier', {
			vm: vmName(world, operation),
			arguments: { gfn: anyGfn(chance, world, operation), to: chance.pick(['dram', 'pool', 'swap']) }
		})
	],
	'a page is poisoned': (chance, world, operation) => [
		rack('poison', { vm: vmName(world, operation), arguments: { gfn: anyGfn(chance, world, operation) } })
	],
	'the tag is taken': (_, world, operation) => [rack('release-extents', { vm: vmName(world, operation) })],
	'the state is poisoned': (_, world, operation) => [rack('poison', { vm: vmName(world, operation), arguments: { state: true } })],
	'a device is passed through': (_, world, operation) => [rack('attach-device', { vm: vmName(world, operation) })]
} as const satisfies Record<string, Fault>;
export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export const CELLS: readonly Cell[] = STRATEGY_IDS.flatMap((strategy) =>
	PHASES[strategy].flatMap((phase) => FAULT_NAMES.map((fault) => ({ strategy, phase, fault })))
);

/** A small world in which the strategy can begin. */
export function worldFor(chance: Chance, { strategy }: Cell): ScenarioFile {
	const small = chance.once(4);
	const guest = vm('vm0', 'A', 128, {
		pages: small ? '4k' : 'thp',
		vcpus: chance.pick([1, 2, 4]),
		workload: {
			kind: chance.pick(['idle', 'web', 'database', 'sequential', 'two-class']),
			rateBytesPerSecond: chance.pick([0, 400_000, 8_000_000, 60_000_000]),
			workingSetBytes: chance.whole(1, 64) * MIB
		},
		...(chance.once(3) ? { transientReferences: { chancePpm: chance.whole(0, 100_000), holdNs: chance.pick([20_000, 400_000]) } } : {}),
		...(strategy === 'resident' ? { ways: { lives: 'pool' } } : {}),
		...(strategy === 'shared-file' ? { ways: { lives: 'pool', backing: 'dax', memory: 'shared-file' } } : {})
	});
	return smallWorld({
		id: 'thousand',
		seed: chance.whole(0, 0x7fffffff),
		hosts: [host('A', 512), host('B', 512), ...(chance.once(3) ? [host('C', 512)] : [])],
		pool: strategy === 'precopy' && chance.once(3) ? null : { bytes: 384 * MIB, hardwareCoherent: chance.once(2) },
		vms: [guest],
		networkBytesPerSecond: chance.pick([600_000_000, 1_250_000_000, 2_937_500_000]),
		...(chance.once(3)
			? {}
			: {
					rack: {
						ha: {
							fencing: chance.pick(['device', 'word', 'none']),
							restart: chance.once(2),
							checkpointEveryNs: chance.pick([0, 30_000_000])
						}
					}
				})
	});
}

/** What is broken is mended: hosts boot, links and pool are there again, streams are taken up. */
export function mendAll(world: World): readonly Command[] {
	const vms = world.r.vms.map((record) => record.id);
	return [
		...world.r.hosts.flatMap(({ id, power }) => [
			...(power === 'down' ? [rack('boot', { host: id })] : []),
			...(power === 'paused' ? [rack('resume', { host: id })] : []),
			rack('mend-link', { host: id, arguments: { link: 'cxl' } }),
			rack('mend-link', { host: id, arguments: { link: 'network' } })
		]),
		rack('restore-pool'),
		...vms.flatMap((name) => [rack('mend-stream', { vm: name }), rack('recover-stream', { vm: name }), rack('detach-device', { vm: name })])
	];
}

/** Parameters under which every phase lasts long enough to be met. */
export function parametersFor(chance: Chance, { strategy, phase }: Cell): MigrationParameters {
	if (strategy === 'postcopy')
		return {
			maxBandwidthBytesPerSecond: 0,
			multifdChannels: 8,
			// With nothing sent before, and the background held back, the guest waits for its pages long enough to be met.
			...(phase === 'fetch' || phase === 'paused'
				? { precopyPasses: 0, maxPostcopyBandwidthBytesPerSecond: 200_000_000 }
				: { precopyPasses: phase === 'round' ? 2 : chance.whole(0, 1) }),
			preempt: chance.once(2)
		};
	if (strategy === 'precopy' || strategy === 'rdma')
		return {
			maxBandwidthBytesPerSecond: chance.pick([0, 400_000_000]),
			downtimeLimitNs: chance.pick([30_000_000, 300_000_000]),
			multifdChannels: chance.whole(1, 8),
			autoConverge: chance.once(4)
		};
	return { handOver: chance.once(4) ? 'qemu' : 'ideal' };
}
