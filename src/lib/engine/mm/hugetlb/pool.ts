import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, usePayload, UseClass } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, OsNodeRecord, OsRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { allocPages } from '../alloc/page-alloc.ts';
import { memoryNodes } from '../alloc/zonelist.ts';
import { release } from '../buddy.ts';
import { setWhole } from '../frames.ts';
import { nodeOfBlock, osRecord } from '../os/os.ts';
import { wakeParked } from '../os/wake.ts';
import { pagesByNode, residentPages } from '../space/areas.ts';
import { pagesIn } from '../space/runs.ts';

/**
 * The pool of huge pages of 2 MiB (Linux 7.2.13 mm/hugetlb.c). They may lie in ZONE_MOVABLE, as they can be migrated; a
 * mapping reserves its pages when it is made and takes them when it is touched. The record keeps what is free, in the order
 * in which it came; what is in use follows from the areas.
 */
type HugePool = NonNullable<OsRecord['hugePool']>;

const poolOf = (world: World, os: number): HugePool => (osRecord(world, os).hugePool ??= { free: [], surplus: {}, next: 0 });

const hugeAreas = (world: World, os: number): AreaRecord[] =>
	world.r.areas.filter((area): area is AreaRecord => area !== null && area.os === os && area.kind === 'hugetlb');

export interface HugeCounts {
	readonly total: number;
	readonly free: number;
	readonly reserved: number;
	readonly surplus: number;
}

/** Counts of a node, or of the machine. Reservations belong to no node. */
export function hugeCounts(world: World, os: number, node: number | null): HugeCounts {
	const pool = osRecord(world, os).hugePool;
	if (!pool) return { total: 0, free: 0, reserved: 0, surplus: 0 };
	const free = pool.free.filter((block) => node === null || nodeOfBlock(world, block) === node).length;
	const used = hugeAreas(world, os).reduce((sum, area) => {
		const pages = node === null ? residentPages(world, area) : (pagesByNode(world, area).get(node) ?? 0);
		return sum + pages / PAGES_PER_BLOCK;
	}, 0);
	const surplus = node === null ? Object.values(pool.surplus).reduce((sum, pages) => sum + pages, 0) : (pool.surplus[node] ?? 0);
	return { total: free + used, free, reserved: node === null ? reservedPages(world, os) : 0, surplus };
}

/** Pages that mappings may still take: those of their range that are not there yet. */
function reservedPages(world: World, os: number): number {
	return hugeAreas(world, os)
		.filter((area) => area.processes.length > 0)
		.reduce((sum, area) => {
			const missing = area.pageCount - residentPages(world, area) - pagesIn(area.holes, 0, area.pageCount);
			return sum + missing / PAGES_PER_BLOCK;
		}, 0);
}

/** hugetlb_acct_memory: a mapping of so many pages may be made. */
export function mayReserve(world: World, os: number, pages: number): boolean {
	const { free, reserved } = hugeCounts(world, os, null);
	return free - reserved >= pages;
}

/**
 * nr_hugepages (set_max_huge_pages): grows as far as memory lets it, node after node; shrinks by what is free and not
 * reserved, the rest is surplus. `node` null: all nodes.
 */
export function setPoolSize(world: World, os: number, wanted: number, node: number | null): void {
	const nodes = node === null ? memoryNodes(world, os) : [node];
	const pool = poolOf(world, os);
	const before = hugeCounts(world, os, null).total;
	const persistent = (): number => {
		const { total, surplus } = hugeCounts(world, os, node);
		return total - surplus;
	};
	let now = persistent();
	for (const each of nodes)
		while (now < wanted && (pool.surplus[each] ?? 0) > 0) {
			addSurplus(pool, each, -1);
			now += 1;
		}
	while (now < wanted && growByOne(world, os, nodes)) now += 1;
	const { free, reserved } = hugeCounts(world, os, null);
	let spare = Math.max(0, free - reserved);
	while (now > wanted && spare > 0 && shrinkByOne(world, os, nodes)) {
		now -= 1;
		spare -= 1;
	}
	for (const each of nodes)
		while (now > wanted && (pool.surplus[each] ?? 0) < hugeCounts(world, os, each).total) {
			addSurplus(pool, each, 1);
			now -= 1;
		}
	tell(world, os, before);
	wakeParked(world, os);
}

function addSurplus(pool: HugePool, node: number, by: number): void {
	pool.surplus[node] = (pool.surplus[node] ?? 0) + by;
}

function growByOne(world: World, os: number, nodes: readonly number[]): boolean {
	const pool = poolOf(world, os);
	for (let tried = 0; tried < nodes.length; tried += 1) {
		const node = nodes[(pool.next + tried) % nodes.length] as number;
		const block = freshPage(world, os, node);
		if (block < 0) continue;
		pool.free.push(block);
		pool.next = (pool.next + tried + 1) % nodes.length;
		return true;
	}
	return false;
}

/** A huge page from the buddy allocator of one node, for the pool; −1 when there is none (alloc_buddy_hugetlb_folio). */
export function freshPage(world: World, os: number, node: number): number {
	const request = { os, gfp: 'movable', order: BLOCK_ORDER, node, nodemask: [node], retryMayfail: true } as const;
	const { frame } = allocPages(world, request);
	if (frame < 0) return -1;
	const block = frame / PAGES_PER_BLOCK;
	setWhole(world, block, BlockKind.use, usePayload(UseClass.hugetlb, 0));
	return block;
}

/** Round robin over the nodes, the page that became free last first. */
function shrinkByOne(world: World, os: number, nodes: readonly number[]): boolean {
	const pool = poolOf(world, os);
	for (let tried = 0; tried < nodes.length; tried += 1) {
		const node = nodes[(pool.next + tried) % nodes.length] as number;
		const at = pool.free.findLastIndex((block) => nodeOfBlock(world, block) === node);
		if (at < 0) continue;
		const [block] = pool.free.splice(at, 1);
		release(world, (block as number) * PAGES_PER_BLOCK, BLOCK_ORDER);
		pool.next = (pool.next + tried + 1) % nodes.length;
		return true;
	}
	return false;
}

/** A reserved page for a mapping, on the first node of the list that has one; −1: none (dequeue_hugetlb_folio_nodemask). */
export function takeHugePage(world: World, os: number, preferred: number, nodemask: readonly number[] | null): number {
	const pool = poolOf(world, os);
	const record = osRecord(world, os);
	const from = record.nodes.find((node) => node.id === preferred) as OsNodeRecord;
	const near = [...record.nodes.keys()].sort((a, b) => (from.distances[a] ?? 0) - (from.distances[b] ?? 0) || a - b);
	for (const index of near) {
		const { id } = record.nodes[index] as OsNodeRecord;
		if (nodemask !== null && !nodemask.includes(id)) continue;
		const at = pool.free.findLastIndex((block) => nodeOfBlock(world, block) === id);
		if (at >= 0) return pool.free.splice(at, 1)[0] as number;
	}
	return -1;
}

/** A page that nobody maps any more: back to the pool, or to the buddy allocator if there are too many. */
export function giveHugePage(world: World, os: number, block: number): void {
	const pool = poolOf(world, os);
	const node = nodeOfBlock(world, block);
	if ((pool.surplus[node] ?? 0) > 0) {
		addSurplus(pool, node, -1);
		release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
		return;
	}
	setWhole(world, block, BlockKind.use, usePayload(UseClass.hugetlb, 0));
	pool.free.push(block);
}

/** The pool of a kernel that is gone. */
export function dropPool(world: World, os: number): void {
	for (const block of osRecord(world, os).hugePool?.free ?? []) release(world, block * PAGES_PER_BLOCK, BLOCK_ORDER);
	delete osRecord(world, os).hugePool;
}

function tell(world: World, os: number, before: number): void {
	const { id } = osRecord(world, os);
	const { total, free } = hugeCounts(world, os, null);
	emit(world, {
		kind: 'allocation',
		rule: 'huge-pool',
		cause: null,
		host: id,
		values: { before, total, free },
		text: `${id}: the pool has ${total} huge pages, ${free} of them free`
	});
}
