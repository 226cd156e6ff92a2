import { costNs } from '../../costs/cost-model.ts';
import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';

/** An idle load over a way of so many switches: the cost of the first hop of its kind and one hop's extra for each further. */
export function readLatencyNs(world: World, device: DeviceRecord, switches: number): number {
	const { costs } = world;
	const further = (known: number) => Math.max(0, switches - known) * costNs(costs, 'cxlSwitchHopExtraNs');
	if (device.kind === 'gfd') return costNs(costs, 'cxlGfamReadLatencyNs') + further(1);
	switch (switches) {
		case 0:
			return costNs(costs, device.kind === 'mh-sld' ? 'cxlMhdReadLatencyNs' : 'cxlDirectReadLatencyNs');
		case 1:
			return costNs(costs, 'cxlSwitchedReadLatencyNs');
		default:
			return costNs(costs, 'cxlTwoLevelSwitchReadLatencyNs') + further(2);
	}
}
