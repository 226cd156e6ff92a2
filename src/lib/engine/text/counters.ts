import { left, right } from './pad.ts';

/** Lists of counters as the kernel prints them. */
export type Counters = readonly (readonly [name: string, value: number])[];

const KIB_PER_PAGE = 4;

/**
 * /sys/devices/system/node/nodeN/meminfo (Linux 7.2.13 drivers/base/node.c, node_read_meminfo): values in pages here, in kB
 * in the text. Lines for huge pages of hugetlb end it (mm/hugetlb.c, hugetlb_report_node_meminfo).
 */
export function nodeMeminfo(node: number, pages: Counters, pool: HugeLines = NO_POOL): string {
	const lines = pages.map(([name, value]) => `Node ${node} ${left(`${name}:`, 16)}${right(value * KIB_PER_PAGE, 8)} kB\n`);
	const huge = [
		['HugePages_Total:', pool.total],
		['HugePages_Free: ', pool.free],
		['HugePages_Surp: ', pool.surplus]
	].map(([name, value]) => `Node ${node} ${name} ${right(value ?? 0, 5)}\n`);
	return lines.join('') + huge.join('');
}

/** Counts of the pool of hugetlb. */
export interface HugeLines {
	readonly total: number;
	readonly free: number;
	readonly reserved: number;
	readonly surplus: number;
}
const NO_POOL: HugeLines = { total: 0, free: 0, reserved: 0, surplus: 0 };
const HUGE_PAGE_KIB = 2048;

/** /proc/meminfo (fs/proc/meminfo.c), the lines that the model has, and those of the pool (mm/hugetlb.c, hugetlb_report_meminfo). */
export function meminfo(pages: Counters, pool: HugeLines = NO_POOL): string {
	const huge = [
		`HugePages_Total:   ${right(pool.total, 5)}`,
		`HugePages_Free:    ${right(pool.free, 5)}`,
		`HugePages_Rsvd:    ${right(pool.reserved, 5)}`,
		`HugePages_Surp:    ${right(pool.surplus, 5)}`,
		`Hugepagesize:   ${right(HUGE_PAGE_KIB, 8)} kB`,
		`Hugetlb:        ${right(pool.total * HUGE_PAGE_KIB, 8)} kB`
	];
	return `${pages.map(([name, value]) => `${name}:${right(value * KIB_PER_PAGE, 23 - name.length)} kB\n`).join('')}${huge.join('\n')}\n`;
}

export const NUMASTAT_NAMES = ['numa_hit', 'numa_miss', 'numa_foreign', 'interleave_hit', 'local_node', 'other_node'] as const;
/** The same six as /proc/vmstat and nodeN/vmstat call them. */
export const NUMA_EVENT_NAMES = ['numa_hit', 'numa_miss', 'numa_foreign', 'numa_interleave', 'numa_local', 'numa_other'] as const;

/** nodeN/numastat (drivers/base/node.c). */
export const numastat = (values: readonly number[]): string => nameValue(NUMASTAT_NAMES.map((name, at) => [name, values[at] ?? 0]));

/** "name value", one per line: vmstat, nodeN/vmstat. */
export const nameValue = (counters: Counters): string => counters.map(([name, value]) => `${name} ${value}\n`).join('');
