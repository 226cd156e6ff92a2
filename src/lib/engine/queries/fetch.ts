import type { FetchStatus } from '../contract/status.ts';
import { missingPages } from '../hypervisor/missing.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** What fetching missing pages looks like now, or what it cost; nothing for a move in which no guest ever missed one. */
export function fetchStatus(world: World, operation: OperationRecord): { readonly fetch?: FetchStatus } {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const live = vm.fetch?.operation === operation.id ? vm.fetch : null;
	const told = live ?? operation.fetched;
	if (!told) return {};
	const { nowNs } = world.r;
	const over = told.latencyCounts.reduce((sum, count) => sum + count, 0);
	return {
		fetch: {
			missingPages: live ? missingPages(world, vm) : 0,
			requests: told.requested,
			waitingVcpus: live?.waiting.length ?? 0,
			// Who waits now is counted up to now.
			blockedNs: told.blockedNs + (live && live.allSinceNs >= 0 ? nowNs - live.allSinceNs : 0),
			vcpuBlockedNs: told.vcpuBlockedNs + (live?.waiting.reduce((sum, { sinceNs }) => sum + nowNs - sinceNs, 0) ?? 0),
			meanLatencyNs: over === 0 ? null : Math.floor(told.latencySumNs / over),
			latencyCounts: told.latencyCounts,
			breaks: told.breaks,
			lostOnWire: told.lostOnWire,
			paused: live?.broken ?? false,
			cut: live?.cut ?? false
		}
	};
}
