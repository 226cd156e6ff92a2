import { costNs } from '../costs/cost-model.ts';
import type { World } from '../state/world.ts';

/**
 * How long somebody may be silent before he is taken for gone: as many beats as may be missed, and the same time where nobody
 * beats (cost model 3.7; cxl-fabric reference 10.5, I10).
 */
export function noticeNs(world: World): number {
	const ha = world.scenario.rack?.ha;
	const heartbeatNs = ha?.heartbeatNs ?? costNs(world.costs, 'cxlHeartbeatIntervalMs');
	return heartbeatNs * (ha?.misses ?? Math.floor(world.costs.cxlHeartbeatMisses));
}
