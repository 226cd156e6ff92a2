import { allWatermarks } from '../../mm/alloc/watermarks.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { World } from '../../state/world.ts';
import type { ZoneText } from '../zoneinfo.ts';
import { nodeCounters, zoneCountersOf } from './usage.ts';
import { zonesOf } from './zones.ts';

/** All zones of a machine for /proc/zoneinfo. */
export function zoneTexts(world: World, os: number): ZoneText[] {
	const counters = new Map<number, [string, number][]>();
	const { zones } = osRecord(world, os);
	const all = allWatermarks(world, os);
	return zonesOf(world, os).map((zone) => {
		const marks = all[zones.indexOf(zone.index)] as (typeof all)[number];
		const nodeLines = counters.get(zone.node) ?? nodeCounters(world, os, zone.node);
		counters.set(zone.node, nodeLines);
		return {
			node: zone.node,
			zone: zone.text,
			free: zone.free,
			boost: 0,
			min: marks.min,
			low: marks.low,
			high: marks.high,
			promo: marks.promo,
			spanned: zone.record.spanEndPfn - zone.record.spanStartPfn,
			present: zone.present,
			managed: zone.managed,
			protection: marks.reserve,
			nodeCounters: nodeLines,
			zoneCounters: zone.present > 0 ? zoneCountersOf(world, os, zone.index) : [],
			startPfn: zone.record.spanStartPfn
		};
	});
}
