import { left, right } from './pad.ts';

/** Lists of counters as the kernel prints them. */
export type Counters = readonly (readonly [name: string, value: number])[];

const KIB_PER_PAGE = 4;

/**
 * /sys/devices/system/node/nodeN/meminfo (Linux 7.2.13 drivers/base/node.c, node_read_meminfo): values in pages here, in kB
 * in the text. Lines for huge pages of hugetlb end it; there are none in this model.
 */
export function nodeMeminfo(node: number, pages: Counters): string {
	const lines = pages.map(([name, value]) => `Node ${node} ${left(`${name}:`, 16)}${right(value * KIB_PER_PAGE, 8)} kB\n`);
	const huge = ['HugePages_Total:', 'HugePages_Free: ', 'HugePages_Surp: '].map((name) => `Node ${node} ${name} ${right(0, 5)}\n`);
	return lines.join('') + huge.join('');
}

/** /proc/meminfo (fs/proc/meminfo.c), the lines that the model has. */
export function meminfo(pages: Counters): string {
	return pages.map(([name, value]) => `${name}:${right(value * KIB_PER_PAGE, 23 - name.length)} kB\n`).join('');
}

export const NUMASTAT_NAMES = ['numa_hit', 'numa_miss', 'numa_foreign', 'interleave_hit', 'local_node', 'other_node'] as const;
/** The same six as /proc/vmstat and nodeN/vmstat call them. */
export const NUMA_EVENT_NAMES = ['numa_hit', 'numa_miss', 'numa_foreign', 'numa_interleave', 'numa_local', 'numa_other'] as const;

/** nodeN/numastat (drivers/base/node.c). */
export const numastat = (values: readonly number[]): string => nameValue(NUMASTAT_NAMES.map((name, at) => [name, values[at] ?? 0]));

/** "name value", one per line: vmstat, nodeN/vmstat. */
export const nameValue = (counters: Counters): string => counters.map(([name, value]) => `${name} ${value}\n`).join('');
