import type { RunSummary } from '../contract/queries.ts';
import { downtimeSoFar } from '../migration/operation.ts';
import type { World } from '../state/world.ts';

/** The course of the run so far: phases, parts of the gap, rounds, and one series per VM. */
export function summaryOf(world: World): RunSummary {
	const { r, series } = world;
	return {
		nowNs: r.nowNs,
		...(r.rack ? { events: r.rack.events.flatMap(({ kind, atNs, text }) => (kind === 'checkpoint' ? [] : [{ atNs, text }])) } : {}),
		operations: r.operations.map((operation) => ({
			id: operation.id,
			strategy: operation.strategy,
			vm: r.vms[operation.vm]?.id ?? '',
			phases: operation.phases,
			downtime: operation.downtime,
			downtimeNs:
				operation.resumedNs >= 0
					? operation.resumedNs - operation.stoppedNs
					: operation.downtime.length > 0
						? downtimeSoFar(world, operation.downtime)
						: null,
			startNs: operation.startNs,
			endNs: operation.endNs < 0 ? null : operation.endNs,
			networkBytes: operation.networkBytes,
			cxlBytes: operation.cxlBytes,
			rounds: operation.rounds
		})),
		vms: r.vms.map((vm, index) => ({
			id: vm.id,
			atNs: series.map((row) => row.atNs),
			speedPpm: series.map((row) => row.speedPpm[index] ?? 0),
			host: series.map((row) => row.host[index] ?? -1),
			leftBytes: series.map((row) => row.leftBytes[index] ?? 0),
			bandwidthBytesPerSecond: series.map((row) => row.bandwidth[index] ?? 0),
			poolPages: series.map((row) => row.poolPages[index] ?? 0)
		}))
	};
}
