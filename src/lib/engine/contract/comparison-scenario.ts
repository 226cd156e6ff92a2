import { MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import type { LoopCase } from './closed-forms/index.ts';
import { COST_TABLE } from './cost-table.ts';
import type { MigrationParameters } from './commands.ts';
import type { OperationStatus } from './status.ts';

/**
 * A case of the fluid loop as a scenario for the engine (decision D16). What the loop does not know is taken out: dirty
 * logging starts as fast as the cost table allows, what it slows the guest by is put back into the rate, and the fixed part
 * of the switch-over is known, so that it can be taken off the downtime.
 */
export interface ComparisonScenario {
	/** Of the scenario format, not yet read. */
	readonly scenario: unknown;
	/** Part of the downtime that the loop does not have. */
	readonly switchoverFixedS: number;
}

export interface ComparisonOptions {
	/** How write protection is armed again; the loop clears at each sync. */
	readonly clearLog?: NonNullable<MigrationParameters['clearLog']>;
	readonly pages?: 'thp' | '4k';
	readonly untilS?: number;
}

const upToBlock = (bytes: number): number => Math.ceil(bytes / MEMORY_BLOCK_BYTES) * MEMORY_BLOCK_BYTES;

export function comparisonScenario(id: string, guest: LoopCase, options: ComparisonOptions = {}): ComparisonScenario {
	const bandwidth = Math.round(guest.bandwidthGBps * 1e9);
	const dirtyLogSlowdownPct = COST_TABLE.dirtyLogSlowdownPct.min;
	const switchoverFixedMs = COST_TABLE.switchoverFixedMs.min;
	const dramBytes = upToBlock(guest.memoryBytes) + 16 * MEMORY_BLOCK_BYTES;
	const host = (name: string) => ({
		id: name,
		dramBytes,
		normalBytes: 4 * MEMORY_BLOCK_BYTES,
		kernelBytes: MEMORY_BLOCK_BYTES,
		otherBytes: 0,
		windowBaseHpa: 2 ** 44
	});
	const parameters: MigrationParameters = {
		maxBandwidthBytesPerSecond: bandwidth,
		downtimeLimitNs: Math.round(guest.downtimeLimitS * 1e9),
		multifdChannels: 64,
		autoConverge: guest.autoConverge === true,
		clearLog: options.clearLog ?? 'sync'
	};
	return {
		switchoverFixedS: switchoverFixedMs / 1e3,
		scenario: {
			switchyard: 1,
			id: `compare-${id}`,
			title: `Held against the loop: ${id}`,
			seed: 1,
			costs: { dirtyLogEnableMsPerGiB: COST_TABLE.dirtyLogEnableMsPerGiB.min, dirtyLogSlowdownPct, switchoverFixedMs },
			hosts: [host('A'), host('B')],
			pool: null,
			networkBytesPerSecond: bandwidth,
			vms: [
				{
					id: 'vm0',
					host: 'A',
					bytes: guest.memoryBytes,
					pages: options.pages ?? 'thp',
					workload: {
						kind: guest.writer === 'sequential' ? 'sequential' : 'memory-muncher',
						rateBytesPerSecond: Math.round(guest.dirtyGBps * 1e9 * (1 + dirtyLogSlowdownPct / 100)),
						workingSetBytes: Math.round(guest.workingSetBytes)
					}
				}
			],
			untilNs: Math.round((options.untilS ?? 600) * 1e9),
			journal: [{ atNs: 0, command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy', parameters } }]
		}
	};
}

/** What a run of the engine measured in one of the cases, with the fixed part of the switch-over taken off. */
export interface EngineRun {
	readonly id: string;
	readonly totalS: number;
	readonly downtimeS: number;
	readonly sentBytes: number;
	readonly syncs: number;
}

/** The figures of a completed migration; null while it runs or when it ended otherwise. */
export function engineRun(id: string, operation: OperationStatus | undefined, switchoverFixedS: number): EngineRun | null {
	if (operation?.state !== 'completed' || operation.endNs === null || operation.downtimeNs === null) return null;
	return {
		id,
		totalS: (operation.endNs - operation.startNs) / 1e9 - switchoverFixedS,
		downtimeS: operation.downtimeNs / 1e9 - switchoverFixedS,
		sentBytes: operation.networkBytes,
		syncs: operation.round
	};
}
