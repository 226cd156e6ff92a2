import type { HaStatus } from '../contract/rack/status.ts';
import { costNs } from '../costs/cost-model.ts';
import type { World } from '../state/world.ts';

/** What the scenario says about failing hosts, with the cost model's figures for what it leaves out. */
export function haOf(world: World): HaStatus | null {
	const ha = world.scenario.rack?.ha;
	if (!ha) return null;
	const heartbeatNs = ha.heartbeatNs ?? costNs(world.costs, 'cxlHeartbeatIntervalMs');
	const misses = ha.misses ?? Math.floor(world.costs.cxlHeartbeatMisses);
	return {
		heartbeatNs,
		misses,
		suspectNs: heartbeatNs * misses,
		selfFenceNs: ha.selfFenceNs ?? heartbeatNs * (misses - 1),
		fencing: ha.fencing ?? 'device',
		restart: ha.restart ?? true,
		checkpointEveryNs: ha.checkpointEveryNs ?? 0
	};
}

export { noticeNs } from '../migration/notice.ts';

/** One access to a line of the super-page. */
export function accessNs(world: World): number {
	return Math.floor(world.r.memories.find((memory) => memory.kind === 'pool')?.readLatencyNs ?? 0);
}
