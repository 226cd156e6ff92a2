import type { OsNodeRecord, OsRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from '../os/os.ts';
import { isTyped } from './typed-nodes.ts';
import { distanceOf, memoryNodes, nextBest, nodeIndex } from './zonelist.ts';

/**
 * Memory tiers (Linux 7.2.13 mm/memory-tiers.c, drivers/acpi/numa/hmat.c): the abstract distance of a node from its HMAT
 * figures, tiers of 128, and where reclaim demotes to. A node without HMAT, as virtio-mem makes them, is in the tier of DRAM; one that dax-kmem made
 * is below.
 */

/** MEMTIER_ADISTANCE_DRAM and the size of a tier (MEMTIER_CHUNK_BITS 7). */
export const DRAM_ADISTANCE = 576;
/** MEMTIER_DEFAULT_LOWTIER_ADISTANCE of drivers/dax/kmem.c. */
const LOW_TIER_ADISTANCE = 5 * DRAM_ADISTANCE;
const CHUNK_BITS = 7;

interface Figures {
	readonly latency: number;
	readonly bandwidth: number;
	readonly each: readonly number[];
}

function figuresOf(node: OsNodeRecord): Figures | null {
	const { readLatencyNs, writeLatencyNs, readBandwidthMiBps, writeBandwidthMiBps } = node;
	if (!readLatencyNs || !writeLatencyNs || !readBandwidthMiBps || !writeBandwidthMiBps) return null;
	return {
		latency: readLatencyNs + writeLatencyNs,
		bandwidth: readBandwidthMiBps + writeBandwidthMiBps,
		each: [readLatencyNs, writeLatencyNs, readBandwidthMiBps, writeBandwidthMiBps]
	};
}

/** Figures of the first node with CPUs; null when another one differs by more than a tenth: then the formula is off. */
function dramFigures(record: OsRecord): Figures | null {
	const all = record.nodes.filter((node) => node.cpus.length > 0).flatMap((node) => figuresOf(node) ?? []);
	const [first, ...others] = all;
	if (!first) return null;
	const differs = others.some((other) =>
		other.each.some((value, at) => Math.abs(value - (first.each[at] as number)) * 10 > (first.each[at] as number))
	);
	return differs ? null : first;
}

/** mt_perf_to_adistance, whole numbers in the kernel's order of steps. */
export function abstractDistance(record: OsRecord, node: number): number {
	const dram = dramFigures(record);
	const own = record.nodes[nodeIndex(record, node)];
	const figures = own ? figuresOf(own) : null;
	if (!dram || !figures) return own?.lowTier ? LOW_TIER_ADISTANCE : DRAM_ADISTANCE;
	return Math.floor((Math.floor((DRAM_ADISTANCE * figures.latency) / dram.latency) * dram.bandwidth) / figures.bandwidth);
}

/** Number of a node's tier, as in memory_tierN; null while it has no memory. */
export function tierOf(world: World, os: number, node: number): number | null {
	return memoryNodes(world, os).includes(node) ? abstractDistance(osRecord(world, os), node) >> CHUNK_BITS : null;
}

/** Tiers from the fastest down, each with its nodes. */
export function tiersOf(world: World, os: number): { readonly tier: number; readonly nodes: readonly number[] }[] {
	const record = osRecord(world, os);
	const tiers = new Map<number, number[]>();
	for (const node of memoryNodes(world, os)) {
		const tier = abstractDistance(record, node) >> CHUNK_BITS;
		tiers.set(tier, [...(tiers.get(tier) ?? []), node]);
	}
	return [...tiers].sort((a, b) => a[0] - b[0]).map(([tier, nodes]) => ({ tier, nodes }));
}

export interface DemotionTargets {
	/** Nearest nodes of the next lower tier: one of them is chosen at random. */
	readonly preferred: readonly number[];
	/** All nodes of all lower tiers. */
	readonly fallback: readonly number[];
}

export function demotionTargets(world: World, os: number, node: number): DemotionTargets {
	const record = osRecord(world, os);
	const tiers = tiersOf(world, os)
		.map(({ tier, nodes }) => ({ tier, nodes: nodes.filter((id) => id === node || !isTyped(record, id)) }))
		.filter((tier) => tier.nodes.length > 0);
	const at = tiers.findIndex((tier) => tier.nodes.includes(node));
	const next = tiers[at + 1];
	if (at < 0 || !next) return { preferred: [], fallback: [] };
	const left = [...next.nodes];
	const preferred: number[] = [];
	while (left.length > 0) {
		const target = nextBest(record, node, left, new Map());
		if (preferred[0] !== undefined && distanceOf(record, node, target) !== distanceOf(record, node, preferred[0])) break;
		preferred.push(target);
		left.splice(left.indexOf(target), 1);
	}
	return {
		preferred: preferred.sort((a, b) => a - b),
		fallback: tiers
			.slice(at + 1)
			.flatMap((tier) => tier.nodes)
			.sort((a, b) => a - b)
	};
}

/** Top tier: every tier up to and including the lowest one that contains CPUs. Promotion goes only there. */
export function isTopTier(world: World, os: number, node: number): boolean {
	const record = osRecord(world, os);
	const tiers = tiersOf(world, os);
	const lowest = tiers.findLastIndex((tier) => tier.nodes.some((id) => (record.nodes[nodeIndex(record, id)]?.cpus.length ?? 0) > 0));
	const at = tiers.findIndex((tier) => tier.nodes.includes(node));
	return at >= 0 && at <= lowest;
}

/** Kernel log of dump_demotion_targets, one line per node with memory. */
export function demotionLines(world: World, os: number): string[] {
	return memoryNodes(world, os).map((node) => {
		const { preferred, fallback } = demotionTargets(world, os, node);
		if (preferred.length === 0) return `Demotion targets for Node ${node}: null`;
		return `Demotion targets for Node ${node}: preferred: ${rangeText(preferred)}, fallback: ${rangeText(fallback)}`;
	});
}

/** Node lists as the kernel prints them: "0-1,3". */
export function rangeText(nodes: readonly number[]): string {
	const parts: string[] = [];
	for (let at = 0; at < nodes.length; at += 1) {
		const from = nodes[at] as number;
		let to = from;
		while (nodes[at + 1] === to + 1) {
			at += 1;
			to = nodes[at] as number;
		}
		parts.push(from === to ? `${from}` : `${from}-${to}`);
	}
	return parts.join(',');
}
