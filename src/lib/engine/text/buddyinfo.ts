import { right } from './pad.ts';

/** One zone's free lists, the spelling of the zone as the kernel prints it ("DMA32", "Normal", "Movable"). */
export interface BuddyLine {
	readonly node: number;
	readonly zone: string;
	/** Free chunks by order 0 … 10. */
	readonly chunks: readonly number[];
}

/** /proc/buddyinfo (Linux 7.2.13 mm/vmstat.c, frag_show): populated zones only, every line ends with a blank. */
export function buddyinfo(lines: readonly BuddyLine[]): string {
	return lines
		.map((line) => `Node ${line.node}, zone ${right(line.zone, 8)} ${line.chunks.map((count) => `${right(count, 6)} `).join('')}\n`)
		.join('');
}

/** The six types of a free list that Linux 7.2.13 prints, in its order (mm/page_alloc.c, migratetype_names). */
export const TYPE_NAMES = ['Unmovable', 'Movable', 'Reclaimable', 'HighAtomic', 'CMA', 'Isolate'] as const;

export interface PagetypeZone {
	readonly node: number;
	readonly zone: string;
	/** [type][order], types as in TYPE_NAMES. */
	readonly chunks: readonly (readonly number[])[];
	/** Pageblocks by type. */
	readonly blocks: readonly number[];
}

const COUNT_LIMIT = 100_000;

/**
 * /proc/pagetypeinfo, mode 0400 (mm/vmstat.c, pagetypeinfo_show): the whole header repeats for every node. Counts stop at
 * 100000 because the kernel gives up walking a longer list.
 */
export function pagetypeinfo(nodes: readonly (readonly PagetypeZone[])[], orders: number): string {
	const header = Array.from({ length: orders }, (_, order) => `${right(order, 6)} `).join('');
	return nodes
		.filter((zones) => zones.length > 0)
		.map((zones) => {
			const free = zones
				.flatMap((zone) =>
					TYPE_NAMES.map((name, type) => {
						const counts = zone.chunks[type] ?? [];
						const cells = Array.from({ length: orders }, (_, order) => cell(counts[order] ?? 0)).join('');
						return `Node ${right(zone.node, 4)}, zone ${right(zone.zone, 8)}, type ${right(name, 12)} ${cells}\n`;
					})
				)
				.join('');
			const names = TYPE_NAMES.map((name) => `${right(name, 12)} `).join('');
			const blocks = zones
				.map((zone) => `Node ${zone.node}, zone ${right(zone.zone, 8)} ${zone.blocks.map((count) => `${right(count, 12)} `).join('')}\n`)
				.join('');
			return (
				`Page block order: ${orders - 2}\nPages per block:  ${1 << (orders - 2)}\n\n` +
				`${'Free pages count per migrate type at order'.padEnd(43)} ${header}\n` +
				`${free}\n${'Number of blocks type '.padEnd(23)}${names}\n${blocks}`
			);
		})
		.join('');
}

const cell = (count: number): string => (count > COUNT_LIMIT ? `>${COUNT_LIMIT} ` : `${right(count, 6)} `);
