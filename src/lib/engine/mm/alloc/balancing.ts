import { NS_PER_S, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, PolicyRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { freePages } from '../buddy.ts';
import type { FolioRun } from '../move/folio.ts';
import { migrateFolios } from '../move/migrate.ts';
import { count } from '../os/counters.ts';
import { nodeOfBlock, nodeOfCpu, osRecord, ownerOfArea } from '../os/os.ts';
import { forEachRun } from '../space/areas.ts';
import { policyOf } from './mempolicy.ts';
import { isTopTier } from './tiers.ts';
import { isTyped } from './typed-nodes.ts';
import { watermarksOf } from './watermarks.ts';
import { memoryNodes, populatedZones } from './zonelist.ts';

/**
 * NUMA balancing as an outcome of touches (Linux 7.2.13 kernel/sched/fair.c, mm/memory.c, mm/migrate.c). A scan marks 256 MiB
 * of a process each second; the next touch of a marked page from another node moves it there. Scans run at whole seconds of
 * simulated time and are not slowed down for quiet processes (our simplification).
 */
const SCAN_PERIOD_NS = NS_PER_S;
const SCAN_PAGES = 65_536;
const CLASSIC = 1;
const TIERING = 2;

/**
 * A process touches pages `first` … of an area that was touched before at `sinceNs`. Returns how many pages moved to the node
 * of the process.
 */
export function balanceTouch(
	world: World,
	os: number,
	process: ProcessRecord,
	area: AreaRecord,
	first: number,
	pages: number,
	sinceNs: number
): number {
	const { settings } = osRecord(world, os);
	if (settings.numaBalancing === 0 || (area.kind !== 'anonymous' && area.kind !== 'shared')) return 0;
	const target = nodeOfCpu(world, os, process.cpu);
	if (
		!memoryNodes(world, os).includes(target) ||
		!mayFollow(area.policy ?? process.policy, area.policy === null && isDefault(policyOf(process, area)), target)
	)
		return 0;
	const marked = markedRange(world, area, sinceNs);
	if (marked === null) return 0;
	const from = Math.max(first, marked.first);
	const end = Math.min(first + pages, marked.first + marked.pages);
	if (end <= from) return 0;
	return promote(world, os, process, area, target, from, end - from);
}

const isDefault = (policy: PolicyRecord): boolean => policy.mode === 'default';

/** vma_policy_mof and mpol_misplaced: no policy, or BIND / PREFERRED_MANY with the balancing flag over the node of the CPU. */
function mayFollow(policy: PolicyRecord, unset: boolean, target: number): boolean {
	if (unset || policy.mode === 'default') return true;
	return policy.balancing && policy.nodes.includes(target);
}

/** Pages that scans marked since the last touch: 256 MiB for each second that began, one stretch behind the other. */
function markedRange(world: World, area: AreaRecord, sinceNs: number): { first: number; pages: number } | null {
	const scansBefore = Math.floor(sinceNs / SCAN_PERIOD_NS);
	const scans = Math.floor(world.r.nowNs / SCAN_PERIOD_NS) - scansBefore;
	if (scans <= 0) return null;
	if (scans * SCAN_PAGES >= area.pageCount) return { first: 0, pages: area.pageCount };
	const first = (scansBefore * SCAN_PAGES) % area.pageCount;
	return { first, pages: Math.min(scans * SCAN_PAGES, area.pageCount - first) };
}

/** numamigrate_isolate_folio and migrate_misplaced_folio: no split, and only while the target stays above HIGH. */
function promote(world: World, os: number, process: ProcessRecord, area: AreaRecord, target: number, first: number, pages: number): number {
	const record = osRecord(world, os);
	const runs: FolioRun[] = [];
	let room = roomAboveHigh(world, os, target);
	let refused = false;
	forEachRun(
		world,
		area,
		(frame, page, length, order) => {
			const source = nodeOfBlock(world, Math.floor(frame / PAGES_PER_BLOCK));
			if (source === target || !scans(world, os, source, target) || (order > 0 && length !== 1 << order)) return;
			const take = order === 0 ? Math.min(length, Math.max(0, room)) : room >= length ? length : 0;
			if (take < length) refused = true;
			if (take === 0) return;
			runs.push({ frame, page, pages: take, order, owner: ownerOfArea(world, area.slot) });
			room -= take;
		},
		first,
		pages
	);
	if (refused && (record.settings.numaBalancing & TIERING) !== 0) world.relief.reclaim(world, os, target, 3, pages, 'kswapd');
	if (runs.length === 0) return 0;
	const request = { os, gfp: 'movable', node: target, nodemask: null, thisNode: true, noReclaim: true } as const;
	const { moved } = migrateFolios(world, os, runs, { mode: 'async', split: false, place: (run) => ({ request, pages: run.pages }) });
	count(world, os, 'numa_pages_migrated', moved);
	if ((record.settings.numaBalancing & TIERING) !== 0) count(world, os, 'pgpromote_success', moved);
	if (moved > 0)
		emit(world, {
			kind: 'move',
			rule: 'promotion',
			cause: null,
			host: record.id,
			vm: null,
			values: { process: process.id, area: area.name, node: target, pages: moved },
			text: `${record.id}: NUMA balancing pulls ${moved} pages of ${process.id}/${area.name} to node ${target}`
		});
	return moved;
}

/** Mode 1 follows the CPU between any nodes; mode 2 alone promotes from lower tiers to the top only. */
function scans(world: World, os: number, source: number, target: number): boolean {
	if (isTyped(osRecord(world, os), source)) return false;
	if ((osRecord(world, os).settings.numaBalancing & CLASSIC) !== 0) return true;
	return !isTopTier(world, os, source) && isTopTier(world, os, target);
}

/** migrate_balanced_pgdat: pages that the node can take before its best zone falls to HIGH. */
function roomAboveHigh(world: World, os: number, node: number): number {
	let room = 0;
	for (const zone of populatedZones(world, os))
		if (world.r.zones[zone]?.node === node) room = Math.max(room, freePages(world, zone) - watermarksOf(world, zone).high - 1);
	return room;
}
