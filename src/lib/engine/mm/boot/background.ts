import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, BlockKind, Migratetype, RowKind, usePayload, UseClass } from '../../contract/words.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { allocate, FREE_ORDER_9, release } from '../buddy.ts';
import { ensureRows, setFolio, setMigratetype, setWhole } from '../frames.ts';
import { osRecord, zoneIndex } from '../os/os.ts';

/**
 * What the kernel itself keeps in its zones (decision D15): a labelled profile, fitted on recordings of Debian 7.2.13, no
 * figure for any one case. Unmovable: slab, stacks, page tables, driver memory. The pages of userland (about 24 MiB of page
 * cache and daemons after boot) are left out: they move or go when asked, so no outcome depends on them (our simplification).
 */
export const KERNEL_BACKGROUND = {
	/** Kernel memory after boot on the node with the first CPU. */
	bootPages: 10_834,
	/** On each other node that has a kernel zone at boot. */
	bootPagesElsewhere: 2_560,
	/** Coherent pool of ZONE_DMA. */
	dmaOrder: 5,
	/** What the first kernel-zone block of a node attracts: slab of that node's caches. */
	slabPages: 512,
	/**
	 * In how many pieces, far apart, where the node has CPUs: their own allocations go there too. Recordings of a guest with one
	 * node leave one to three sub-blocks behind, those of a memory-only node one.
	 */
	slabPiecesOfCpus: 2
} as const;

export function bootBackground(world: World, os: number): void {
	const record = osRecord(world, os);
	for (const [at, node] of record.nodes.entries()) {
		const dma = zoneIndex(world, os, node.id, 'DMA');
		if (dma >= 0 && world.c.zoneFreePages.get(dma) > 0) takeKernel(world, dma, 1 << KERNEL_BACKGROUND.dmaOrder);
		const zone = (['NORMAL', 'DMA32'] as const)
			.map((name) => zoneIndex(world, os, node.id, name))
			.find((index) => index >= 0 && world.c.zoneFreePages.get(index) > 0);
		if (zone === undefined) continue;
		const wanted = node.cpus.includes(0) ? KERNEL_BACKGROUND.bootPages : KERNEL_BACKGROUND.bootPagesElsewhere;
		// A quarter of what is there at most: the kernel of a tiny machine is smaller.
		const pages = Math.min(wanted, Math.floor(world.c.zoneFreePages.get(zone) / 4));
		const state = record.background[at];
		if (!state) continue;
		state.slabStarted = true;
		state.slabPages += takeKernel(world, zone, pages);
	}
}

/**
 * Kernel memory of a zone: whole pageblocks, claimed as Unmovable (mm/page_alloc.c, try_to_claim_block of order 9 and
 * more), the rest as rows of one more block: slabs of order 3 first, single pages after them.
 */
export function takeKernel(world: World, zone: number, pages: number): number {
	let left = pages;
	while (left >= PAGES_PER_BLOCK) {
		const frame = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
		if (frame < 0) break;
		const block = frame / PAGES_PER_BLOCK;
		setWhole(world, block, BlockKind.use, usePayload(UseClass.kernel, 0));
		setMigratetype(world, block, Migratetype.unmovable);
		left -= PAGES_PER_BLOCK;
	}
	if (left === 0) return pages;
	const small = left < 256 ? allocate(world, zone, 8, Migratetype.movable) : -1;
	const frame = small >= 0 ? small : allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
	if (frame < 0) return pages - left;
	const order = small >= 0 ? 8 : BLOCK_ORDER;
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	if (order === BLOCK_ORDER) {
		setWhole(world, block, BlockKind.free, FREE_ORDER_9);
		ensureRows(world, block);
		setMigratetype(world, block, Migratetype.unmovable);
	}
	const first = frame % PAGES_PER_BLOCK;
	const slabs = left >> 3;
	for (let at = 0; at < slabs; at += 1) setFolio(world, block, first + at * 8, 3, RowKind.slab, -1, 0);
	for (let row = slabs * 8; row < left; row += 1) setFolio(world, block, first + row, 0, RowKind.kernel, -1, 0);
	for (let row = left; row < 1 << order; row += 1) setFolio(world, block, first + row, 0, RowKind.reserved, -1, 0);
	for (let end = 1 << order; end > left;) {
		let piece = 0;
		while (end % (2 << piece) === 0 && end - (2 << piece) >= left) piece += 1;
		end -= 1 << piece;
		release(world, block * PAGES_PER_BLOCK + first + end, piece);
	}
	return pages;
}

/**
 * The first block that comes online in an empty kernel zone of a node attracts slab: kernel allocations of that node prefer
 * the highest kernel zone (mm/slub.c, mm/page_alloc.c; the amount is fitted on recordings).
 */
export function onZonePopulated(world: World, os: number, zone: number): void {
	const { name, node } = world.r.zones[zone] as ZoneRecord;
	const state = osRecord(world, os).background.find((each) => each.node === node);
	if (!state || name === 'MOVABLE' || name === 'EXMEM' || name === 'DEVICE') return;
	state.slabStarted = true;
	const cpus = osRecord(world, os).nodes.find((each) => each.id === node)?.cpus.length ?? 0;
	const pieces = cpus > 0 ? KERNEL_BACKGROUND.slabPiecesOfCpus : 1;
	// Between two pieces the rest of a chunk of 4 MiB is passed over: the next one begins in another.
	let passed = -1;
	for (let piece = 0; piece < pieces; piece += 1) {
		if (piece > 0) passed = allocate(world, zone, BLOCK_ORDER, Migratetype.movable);
		state.slabPages += takeKernel(world, zone, KERNEL_BACKGROUND.slabPages / pieces);
		if (passed >= 0) release(world, passed, BLOCK_ORDER);
	}
}
