import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { policyOf, policyText } from '../../mm/alloc/mempolicy.ts';
import { osRecord } from '../../mm/os/os.ts';
import { areasOf, familyOf, forEachRun, mappersOf, pagesByNode } from '../../mm/space/areas.ts';
import type { AreaRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import type { NumaMapsLine } from '../numa-maps.ts';

/** The address space of a process for /proc/PID. */

const FILES: Partial<Record<AreaRecord['kind'], (area: AreaRecord) => string>> = {
	shared: (area) => `/memfd:${area.name} (deleted)`,
	secure: (area) => (area.secure === 'guest_memfd' ? '/guest_memfd (deleted)' : '/secretmem (deleted)'),
	dax: () => '/dev/dax0.0',
	hugetlb: () => '/anon_hugepage (deleted)'
};

/** Areas as numa_maps tells them, by address. Pages that only a pipe holds belong to no range. */
export function mapsOfProcess(world: World, os: number, process: ProcessRecord): NumaMapsLine[] {
	return areasOf(world, os, process.id)
		.filter((area) => area.kind !== 'pipe' && area.kind !== 'kernel')
		.sort((a, b) => a.startHva - b.startHva)
		.map((area) => mapOf(world, process, area));
}

function mapOf(world: World, process: ProcessRecord, area: AreaRecord): NumaMapsLine {
	const huge = area.kind === 'hugetlb';
	const unit = huge ? PAGES_PER_BLOCK : 1;
	const byNode = [...pagesByNode(world, area)].map(([node, count]) => [node, count / unit] as const).sort((a, b) => a[0] - b[0]);
	const pages = byNode.reduce((sum, [, count]) => sum + count, 0);
	const anonymous = area.kind === 'anonymous' || huge ? pages : 0;
	return {
		start: area.startHva,
		// A range without a policy of its own shows the policy of its task (mm/mempolicy.c, get_vma_policy).
		policy: policyText(policyOf(process, area)),
		file: FILES[area.kind]?.(area) ?? null,
		huge,
		anonymous,
		dirty: pages,
		pages,
		mapcountMax: mostMappings(world, area),
		swapCache: 0,
		// Unevictable pages count as active (gather_stats); user pages here are on the inactive list (our simplification).
		active: area.locked || area.kind === 'secure' || huge ? pages : 0,
		writeback: 0,
		byNode,
		pageKib: huge ? 2048 : 4
	};
}

/** Most mappings of one page of the area: processes of its family that map the same frame. */
function mostMappings(world: World, area: AreaRecord): number {
	const family = familyOf(world, area).filter((other) => other.processes.length > 0).length;
	if (family < 2) return 1;
	let most = 1;
	forEachRun(world, area, (frame, firstPage, pages) => {
		for (let at = 0; at < pages && most < family; at += 1) most = Math.max(most, mappersOf(world, area, firstPage + at, frame + at).length);
	});
	return most;
}

export interface ProcessMemory {
	readonly mapped: number;
	readonly locked: number;
	readonly pinned: number;
	readonly resident: number;
	readonly anonymous: number;
	readonly shared: number;
	readonly swapped: number;
}

/** Sums over the areas of a process, in pages. */
export function processMemory(world: World, os: number, process: ProcessRecord): ProcessMemory {
	const areas = areasOf(world, os, process.id).filter((area) => area.kind !== 'pipe' && area.kind !== 'kernel');
	const resident = (list: readonly AreaRecord[]): number =>
		list.reduce((sum, area) => sum + [...pagesByNode(world, area).values()].reduce((pages, count) => pages + count, 0), 0);
	const slots = new Set(areas.map((area) => area.slot));
	const pinned = world.r.holds.filter((hold) => hold.term === 'long' && hold.process === process.id && slots.has(hold.area));
	return {
		mapped: areas.reduce((sum, area) => sum + area.pageCount, 0),
		locked: areas.filter((area) => area.locked).reduce((sum, area) => sum + area.pageCount, 0),
		pinned: pinned.reduce((sum, hold) => sum + hold.pageCount, 0),
		resident: resident(areas),
		anonymous: resident(areas.filter((area) => area.kind === 'anonymous')),
		shared: resident(areas.filter((area) => area.kind !== 'anonymous')),
		swapped: areas.reduce((sum, area) => sum + area.swapped, 0)
	};
}

/** Process of a pid that runs on a machine. */
export function processOfPid(world: World, os: number, pid: number): ProcessRecord | null {
	osRecord(world, os);
	return world.r.processes.find((process) => process.os === os && process.pid === pid && process.state === 'running') ?? null;
}
