import { Simulation, type SimulationRequest } from '$lib/engine/index.ts';
import type { MigrationParameters, StrategyId } from '$lib/engine/contract/commands.ts';

const MIB = 1024 * 1024;

export interface SmallWorld {
	readonly strategy?: StrategyId;
	readonly parameters?: MigrationParameters;
	readonly rateBytesPerSecond?: number;
	/** How the VM lives. */
	readonly ways?: Readonly<Record<string, unknown>>;
	readonly request?: Partial<SimulationRequest>;
}

/** Two hosts of 512 MiB, a pool, one VM of 128 MiB whose 32 MiB are written all the time. Small enough to check after each event. */
export function smallWorld(asked: SmallWorld = {}): Simulation {
	const host = (id: string, windowBaseHpa: string) => ({
		id,
		dramBytes: 512 * MIB,
		normalBytes: 128 * MIB,
		kernelBytes: 16 * MIB,
		otherBytes: 16 * MIB,
		windowBaseHpa
	});
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'small',
			title: 'Small',
			seed: 3,
			hosts: [host('A', '0x10_0000_0000'), host('B', '0x28_0000_0000')],
			pool: { bytes: 512 * MIB },
			networkBytesPerSecond: '1 GB/s',
			vms: [
				{
					id: 'vm0',
					host: 'A',
					bytes: 128 * MIB,
					vcpus: 2,
					workload: { kind: 'memory-muncher', rateBytesPerSecond: asked.rateBytesPerSecond ?? 200e6, workingSetBytes: 32 * MIB },
					...(asked.ways ? { ways: asked.ways } : {})
				}
			],
			untilNs: '2 s',
			journal: asked.strategy
				? [
						{
							atNs: 1_000_000,
							command: {
								name: 'migrate',
								vm: 'vm0',
								target: 'B',
								strategy: asked.strategy,
								parameters: { maxBandwidthBytesPerSecond: 0, multifdChannels: 8, downtimeLimitNs: 10_000_000, ...asked.parameters }
							}
						}
					]
				: []
		},
		...asked.request
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

/** Ids and words of the checks that do not hold. */
export function broken(simulation: Simulation): { readonly id: string; readonly found: string }[] {
	return simulation
		.check()
		.checks.filter((check) => !check.holds)
		.map((check) => ({ id: check.id, found: check.found ?? '' }));
}
