import { assert } from '../../../base/assert.ts';
import type { GfdRecord, RegionRecord } from '../../state/fabric-records.ts';

/**
 * Memory groups of a GFD: each block of a media partition belongs to one group or to none (MGT), and a requester reaches the
 * groups whose bit its SAT entry has (CXL 4.0 7.7.2.5). Kept as runs (first block, blocks, group), ascending and apart.
 */
export type Partition = RegionRecord & { groups: number[] };

/** Group of a block, or null while it is in none. */
export function groupOfBlock(partition: Partition, block: number): number | null {
	const { groups } = partition;
	for (let at = 0; at < groups.length; at += 3) {
		const first = groups[at] as number;
		if (block >= first && block < first + (groups[at + 1] as number)) return groups[at + 2] as number;
	}
	return null;
}

/** Puts blocks into a group; null takes them out of theirs. */
export function setGroup(partition: Partition, firstBlock: number, blocks: number, group: number | null): void {
	assert(firstBlock >= 0 && blocks > 0, `blocks ${firstBlock} + ${blocks}`);
	const end = firstBlock + blocks;
	const runs: [number, number, number][] = [];
	for (let at = 0; at < partition.groups.length; at += 3) {
		const [first, count, own] = partition.groups.slice(at, at + 3) as [number, number, number];
		if (first < firstBlock) runs.push([first, Math.min(count, firstBlock - first), own]);
		if (first + count > end) runs.push([Math.max(first, end), first + count - Math.max(first, end), own]);
	}
	if (group !== null) runs.push([firstBlock, blocks, group]);
	runs.sort((one, other) => one[0] - other[0]);
	const joined: [number, number, number][] = [];
	for (const run of runs) {
		const last = joined.at(-1);
		if (last && last[2] === run[2] && last[0] + last[1] === run[0]) last[1] += run[1];
		else joined.push(run);
	}
	partition.groups = joined.flat();
}

/** Partition that a device address lies in, and its block. */
export function partitionAt(
	gfd: GfdRecord,
	dpa: number
): { readonly index: number; readonly partition: Partition; readonly block: number } | null {
	for (const [index, partition] of gfd.partitions.entries()) {
		const offset = dpa - partition.baseDpa;
		if (offset >= 0 && offset < partition.bytes) return { index, partition, block: Math.floor(offset / partition.blockBytes) };
	}
	return null;
}

/** SAT: may this requester reach this group? Its bit means full access; there is no read-only (Table 8-376). */
export function mayAccess(gfd: GfdRecord, pid: number, group: number): boolean {
	return gfd.access.find((one) => one.pid === pid)?.groups.includes(group) ?? false;
}
