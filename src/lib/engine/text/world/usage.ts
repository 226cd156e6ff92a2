import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCKS_PER_SECTION, osRecord } from '../../mm/os/os.ts';
import type { World } from '../../state/world.ts';
import { NUMA_EVENT_NAMES } from '../counters.ts';
import { sizesOf } from './nodes.ts';
import { firstBlockOf, visitRuns } from './runs.ts';
import { zonesInSection } from './sections.ts';
import { addTally, newTally, tallyRange, type Tally } from './tally.ts';
import { zonesOf } from './zones.ts';

/**
 * What memory is used for, as meminfo, vmstat and zoneinfo count it. User pages count as inactive and not as active, pages
 * of files do not exist, all slab is unreclaimable (our simplifications).
 */

type Lines = [name: string, value: number][];

interface Usage {
	readonly tally: Tally;
	readonly locked: number;
	/** Secret and guest memory: on no evictable list either. */
	readonly secret: number;
}

/** Usage of the zones that `wanted` names. */
function usageOf(world: World, os: number, wanted: ReadonlySet<number>): Usage {
	const tally = newTally();
	const memory = world.r.memories[osRecord(world, os).memory] as { blockCount: number };
	for (let section = 0; section * BLOCKS_PER_SECTION < memory.blockCount; section += 1)
		zonesInSection(world, os, section, (zone, first, count) => {
			if (wanted.has(zone)) addTally(tally, tallyRange(world, first, count));
		});
	return { tally, ...unevictable(world, os, wanted) };
}

function unevictable(world: World, os: number, wanted: ReadonlySet<number>): { locked: number; secret: number } {
	let locked = 0;
	let secret = 0;
	const base = firstBlockOf(world, os);
	for (const area of world.r.areas) {
		if (!area || area.os !== os || !(area.locked || area.kind === 'secure')) continue;
		visitRuns(world, area, 0, area.pageCount, (pfn, pages) => {
			for (let at = pfn; at < pfn + pages;) {
				const block = Math.floor(at / PAGES_PER_BLOCK);
				const part = Math.min(pfn + pages, (block + 1) * PAGES_PER_BLOCK) - at;
				zonesInSection(world, os, Math.floor(block / BLOCKS_PER_SECTION), (zone, first, count) => {
					if (!wanted.has(zone) || base + block < first || base + block >= first + count) return;
					if (area.locked) locked += part;
					else secret += part;
				});
				at += part;
			}
		});
	}
	return { locked, secret };
}

const zonesOfNode = (world: World, os: number, node: number | null): Set<number> =>
	new Set(
		zonesOf(world, os)
			.filter((zone) => node === null || zone.node === node)
			.map((zone) => zone.index)
	);

/** Lines of nodeN/meminfo in the kernel's order (drivers/base/node.c, node_read_meminfo), in pages. */
export function meminfoOfNode(world: World, os: number, node: number): Lines {
	const { managed, free } = sizesOf(world, os, node);
	const usage = usageOf(world, os, zonesOfNode(world, os, node));
	const { tally } = usage;
	return [
		['MemTotal', managed],
		['MemFree', free],
		['MemUsed', managed - free],
		['SwapCached', 0],
		...listLines(usage),
		['Dirty', 0],
		['Writeback', 0],
		['FilePages', filePages(tally)],
		['Mapped', filePages(tally)],
		['AnonPages', tally.anonymous],
		['Shmem', tally.shared],
		['KernelStack', 0],
		['PageTables', tally.pageTable],
		['SecPageTables', 0],
		['NFS_Unstable', 0],
		['Bounce', 0],
		['WritebackTmp', 0],
		['KReclaimable', 0],
		['Slab', tally.slab],
		['SReclaimable', 0],
		['SUnreclaim', tally.slab],
		...hugeLines(tally),
		['Balloon', 0],
		['GPUActive', 0],
		['GPUReclaim', 0]
	];
}

/** Lines of /proc/meminfo in its order (fs/proc/meminfo.c), in pages; those without a counterpart in the model are left out. */
export function meminfoOfMachine(world: World, os: number): Lines {
	const { managed, free } = sizesOf(world, os, null);
	const { settings } = osRecord(world, os);
	const usage = usageOf(world, os, zonesOfNode(world, os, null));
	const { tally } = usage;
	return [
		['MemTotal', managed],
		['MemFree', free],
		['SwapCached', 0],
		...listLines(usage),
		['SwapTotal', settings.swapPages],
		['SwapFree', settings.swapPages - settings.swapUsedPages],
		['Dirty', 0],
		['Writeback', 0],
		['AnonPages', tally.anonymous],
		['Mapped', filePages(tally)],
		['Shmem', tally.shared],
		['KReclaimable', 0],
		['Slab', tally.slab],
		['SReclaimable', 0],
		['SUnreclaim', tally.slab],
		['KernelStack', 0],
		['PageTables', tally.pageTable],
		['HardwareCorrupted', osRecord(world, os).poisonedPfns?.length ?? 0],
		...hugeLines(tally),
		['Balloon', 0]
	];
}

const filePages = (tally: Tally): number => tally.shared + tally.secure;
const evictable = ({ tally, locked }: Usage): number => Math.max(0, tally.anonymous + tally.shared - locked);

const listLines = (usage: Usage): Lines => [
	['Active', 0],
	['Inactive', evictable(usage)],
	['Active(anon)', 0],
	['Inactive(anon)', evictable(usage)],
	['Active(file)', 0],
	['Inactive(file)', 0],
	['Unevictable', usage.locked + usage.secret],
	['Mlocked', usage.locked]
];
const hugeLines = (tally: Tally): Lines => [
	['AnonHugePages', tally.anonymousHuge],
	['ShmemHugePages', tally.sharedHuge],
	['ShmemPmdMapped', tally.sharedHuge],
	['FileHugePages', 0],
	['FilePmdMapped', 0]
];

/** Counters of one zone for /proc/zoneinfo. */
export function zoneCountersOf(world: World, os: number, zone: number): Lines {
	return zoneLines(usageOf(world, os, new Set([zone])), world.c.zoneFreePages.get(zone));
}

/** Zone counters and node counters that the model has, in the order of mm/vmstat.c, vmstat_text. */
export function vmstatOfNode(world: World, os: number, node: number): Lines {
	const record = osRecord(world, os).nodes.find((candidate) => candidate.id === node);
	const usage = usageOf(world, os, zonesOfNode(world, os, node));
	const { counters } = osRecord(world, os);
	const demoted = NODE_EVENTS.map((name): [string, number] => [name, counters[`node${node}:${name}`] ?? 0]);
	return [...zoneLines(usage, sizesOf(world, os, node).free), ...numaLines(record?.numastat ?? []), ...nodeLines(usage), ...demoted];
}

/** Events that are counted per node too. */
const NODE_EVENTS = ['pgdemote_kswapd', 'pgdemote_direct'] as const;
/** Events of the machine that the model counts, in the order of vmstat_text; what else is counted follows by name. */
const EVENTS = [
	...['pgpromote_success', ...NODE_EVENTS, 'pswpin', 'pswpout', 'oom_kill', 'numa_pages_migrated'],
	...['pgmigrate_success', 'pgmigrate_fail', 'thp_migration_success', 'thp_migration_fail', 'thp_migration_split']
];

export function vmstatOfMachine(world: World, os: number): Lines {
	const { nodes, counters } = osRecord(world, os);
	const usage = usageOf(world, os, zonesOfNode(world, os, null));
	const numa = NUMA_EVENT_NAMES.map((_, at) => nodes.reduce((sum, node) => sum + (node.numastat[at] ?? 0), 0));
	const others = Object.keys(counters).filter((name) => !name.includes(':') && !EVENTS.includes(name));
	const events = [...EVENTS, ...others.sort()];
	return [
		...zoneLines(usage, sizesOf(world, os, null).free),
		...numaLines(numa),
		...nodeLines(usage),
		...events.map((name): [string, number] => [name, counters[name] ?? 0])
	];
}

const numaLines = (values: readonly number[]): Lines => NUMA_EVENT_NAMES.map((name, at) => [name, values[at] ?? 0]);

const zoneLines = (usage: Usage, free: number): Lines => [
	['nr_free_pages', free],
	['nr_free_pages_blocks', usage.tally.freeInBlocks],
	['nr_zone_inactive_anon', evictable(usage)],
	['nr_zone_active_anon', 0],
	['nr_zone_inactive_file', 0],
	['nr_zone_active_file', 0],
	['nr_zone_unevictable', usage.locked + usage.secret],
	['nr_zone_write_pending', 0],
	['nr_mlock', usage.locked],
	['nr_free_cma', 0]
];

const inHuge = (pages: number): number => Math.floor(pages / PAGES_PER_BLOCK);

export function nodeCounters(world: World, os: number, node: number): Lines {
	return nodeLines(usageOf(world, os, zonesOfNode(world, os, node)));
}

const nodeLines = (usage: Usage): Lines => {
	const { tally } = usage;
	return [
		['nr_inactive_anon', evictable(usage)],
		['nr_active_anon', 0],
		['nr_inactive_file', 0],
		['nr_active_file', 0],
		['nr_unevictable', usage.locked + usage.secret],
		['nr_slab_reclaimable', 0],
		['nr_slab_unreclaimable', tally.slab],
		['nr_anon_pages', tally.anonymous],
		['nr_mapped', filePages(tally)],
		['nr_file_pages', filePages(tally)],
		['nr_dirty', 0],
		['nr_writeback', 0],
		['nr_shmem', tally.shared],
		['nr_shmem_hugepages', inHuge(tally.sharedHuge)],
		['nr_shmem_pmdmapped', inHuge(tally.sharedHuge)],
		['nr_anon_transparent_hugepages', inHuge(tally.anonymousHuge)],
		['nr_page_table_pages', tally.pageTable]
	];
};
