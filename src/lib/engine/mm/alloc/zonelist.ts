import type { ZoneName } from '../../contract/machine-status.ts';
import type { OsNodeRecord, OsRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { logLine, osRecord } from '../os/os.ts';
import { rebindPolicies } from './rebind.ts';
import { isTyped } from './typed-nodes.ts';
import { highOf } from './watermarks.ts';

/**
 * Fallback order (Linux 7.2.13 mm/page_alloc.c, build_zonelists, find_next_best_node): for node N its own zones from the top
 * down, then those of the nearest node, and so on. At equal distance a node without CPUs comes before one with CPUs, and the
 * first node of a new distance group carries a load that makes different N take turns.
 */

/** MAX_NUMNODES of Debian's kernel: NODES_SHIFT is 10. */
const MAX_NODES = 1024;
/** PENALTY_FOR_NODE_WITH_CPUS. */
const CPU_PENALTY = 1;

const RANKS: Readonly<Record<ZoneName, number>> = { DMA: 0, DMA32: 1, NORMAL: 2, MOVABLE: 3, EXMEM: 4, DEVICE: 5 };
/** Place in ZONE_ORDER. */
export const zoneRank = (name: ZoneName): number => RANKS[name];

/** Zones that hold managed pages, by node. */
export function populatedZones(world: World, os: number): number[] {
	return osRecord(world, os).zones.filter((zone) => world.c.zoneManagedPages.get(zone) > 0);
}

/** N_MEMORY: ids of nodes with a populated zone, ascending. */
export function memoryNodes(world: World, os: number): number[] {
	const nodes = new Set(populatedZones(world, os).map((zone) => (world.r.zones[zone] as ZoneRecord).node));
	return [...nodes].sort((a, b) => a - b);
}

/** Position of a node id in the instance's table of nodes. */
export function nodeIndex(record: OsRecord, node: number): number {
	return record.nodes.findIndex((candidate) => candidate.id === node);
}

export function distanceOf(record: OsRecord, from: number, to: number): number {
	return record.nodes[nodeIndex(record, from)]?.distances[nodeIndex(record, to)] ?? (from === to ? 10 : 20);
}

/** The next best of `candidates` for `node`: the smallest score, the lowest id on a tie. */
export function nextBest(record: OsRecord, node: number, candidates: readonly number[], load: ReadonlyMap<number, number>): number {
	if (candidates.includes(node)) return node;
	let best = -1;
	let least = Infinity;
	for (const candidate of candidates) {
		const hasCpus = (record.nodes[nodeIndex(record, candidate)]?.cpus.length ?? 0) > 0;
		const reach = distanceOf(record, node, candidate) + (candidate < node ? 1 : 0) + (hasCpus ? CPU_PENALTY : 0);
		const score = reach * MAX_NODES + (load.get(candidate) ?? 0);
		if (score < least) {
			least = score;
			best = candidate;
		}
	}
	return best;
}

/** order(N) of every online node: node ids. */
export function nodeOrders(record: OsRecord, online: readonly OsNodeRecord[], withMemory: readonly number[]): Map<number, number[]> {
	const load = new Map<number, number>();
	const orders = new Map<number, number[]>();
	for (const { id } of online) {
		// A typed node is on its own list only (typed-nodes.ts).
		const left = withMemory.filter((node) => node === id || !isTyped(record, node));
		const order: number[] = [];
		let previous = id;
		while (left.length > 0) {
			const next = nextBest(record, id, left, load);
			left.splice(left.indexOf(next), 1);
			if (distanceOf(record, id, next) !== distanceOf(record, id, previous)) load.set(next, (load.get(next) ?? 0) + 1);
			order.push(next);
			previous = next;
		}
		orders.set(id, order);
	}
	return orders;
}

/**
 * build_all_zonelists: called when a zone becomes populated or empty. Policies follow when a node gains its first or loses
 * its last memory (kernel/cgroup/cpuset.c does it a moment later). `arriving`: a node that comes online with this, not
 * counted yet (mm/memory_hotplug.c, hotadd_init_pgdat). `presentPages`: at boot the log counts what is present, since nothing is
 * reserved yet.
 */
export function rebuildZonelists(world: World, os: number, arriving: number | null = null, presentPages?: number): void {
	const record = osRecord(world, os);
	const before = nodesOfLists(world, record);
	const withMemory = memoryNodes(world, os);
	const online = record.nodes.filter((node) => node.online || withMemory.includes(node.id) || node.id === arriving);
	const orders = nodeOrders(record, online, withMemory);
	const populated = populatedZones(world, os);
	const byNode = (node: number): number[] =>
		populated
			.filter((zone) => (world.r.zones[zone] as ZoneRecord).node === node)
			.sort((a, b) => zoneRank((world.r.zones[b] as ZoneRecord).name) - zoneRank((world.r.zones[a] as ZoneRecord).name));
	record.zonelists = record.nodes.map((node) => (orders.get(node.id) ?? []).flatMap(byNode));
	for (const [node, order] of orders) logLine(world, os, `Fallback order for Node ${node}: ${order.join(' ')}`);
	const total =
		presentPages ?? populated.reduce((sum, zone) => sum + Math.max(0, world.c.zoneManagedPages.get(zone) - highOf(world, zone)), 0);
	logLine(world, os, `Built ${online.length - (arriving === null ? 0 : 1)} zonelists, mobility grouping on.  Total pages: ${total}`);
	if (before.length > 0 && before.join() !== withMemory.join()) rebindPolicies(world, os, before, withMemory);
}

function nodesOfLists(world: World, record: OsRecord): number[] {
	const nodes = new Set(record.zonelists.flat().map((zone) => (world.r.zones[zone] as ZoneRecord).node));
	return [...nodes].sort((a, b) => a - b);
}

/** Zones of a node's list up to the ceiling; with `thisNode` (__GFP_THISNODE) only the node's own. */
export function zonelistOf(world: World, os: number, node: number, ceiling: ZoneName, thisNode: boolean): number[] {
	return zonesBetween(world, os, node, 0, zoneRank(ceiling), thisNode);
}

export function zonesBetween(world: World, os: number, node: number, lowest: number, highest: number, thisNode: boolean): number[] {
	const record = osRecord(world, os);
	return (record.zonelists[nodeIndex(record, node)] ?? []).filter((index) => {
		const zone = world.r.zones[index] as ZoneRecord;
		const rank = zoneRank(zone.name);
		return rank >= lowest && rank <= highest && (!thisNode || zone.node === node);
	});
}
