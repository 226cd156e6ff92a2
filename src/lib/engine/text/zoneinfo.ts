import { left, right } from './pad.ts';

export interface ZoneText {
	readonly node: number;
	readonly zone: string;
	readonly free: number;
	readonly boost: number;
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly promo: number;
	readonly spanned: number;
	readonly present: number;
	readonly managed: number;
	/** lowmem_reserve by zone index, five of them on x86-64. */
	readonly protection: readonly number[];
	/** Printed for the node's first populated zone only. */
	readonly nodeCounters: readonly (readonly [name: string, value: number])[];
	readonly zoneCounters: readonly (readonly [name: string, value: number])[];
	readonly startPfn: number;
}

/**
 * /proc/zoneinfo (Linux 7.2.13 mm/vmstat.c, zoneinfo_show_print): all zones of every node that is online, empty ones with
 * the first group only. Left out: NUMA counters per zone (the model counts them per node) and pagesets, because there are
 * no per-CPU lists (our simplification).
 */
export function zoneinfo(zones: readonly ZoneText[]): string {
	const seen = new Set<number>();
	return zones
		.map((zone) => {
			const first = zone.present > 0 && !seen.has(zone.node);
			if (first) seen.add(zone.node);
			return zoneText(zone, first);
		})
		.join('');
}

function zoneText(zone: ZoneText, firstPopulated: boolean): string {
	const lines = [`Node ${zone.node}, zone ${right(zone.zone, 8)}`];
	if (firstPopulated) {
		lines.push('  per-node stats');
		lines.push(...zone.nodeCounters.map(([name, value]) => `      ${left(name, 12)} ${value}`));
	}
	lines.push(`  pages free     ${zone.free}`);
	for (const name of ['boost', 'min', 'low', 'high', 'promo', 'spanned', 'present', 'managed'] as const)
		lines.push(`        ${left(name, 8)} ${zone[name]}`);
	lines.push(`        cma      0`);
	lines.push(`        protection: (${zone.protection.join(', ')})`);
	if (zone.present > 0) {
		lines.push(...zone.zoneCounters.map(([name, value]) => `      ${left(name, 12)} ${value}`));
		lines.push('  node_unreclaimable:  0');
		lines.push(`  start_pfn:           ${zone.startPfn}`);
		lines.push('  reserved_highatomic: 0');
		lines.push('  free_highatomic:     0');
	}
	return `${lines.join('\n')}\n`;
}
