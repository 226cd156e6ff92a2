import { describe, expect, it } from 'vitest';
import { drawWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';
import { handOff, precopy, staging, unstaging } from '../../../../src/lib/viz/fixtures/moments.ts';
import { CellFlag, CellKind, peerLetter, readCells, type MemoryCells } from '../../../../src/lib/viz/scene/cells.ts';
import { countCells, isUniform } from '../../../../src/lib/viz/scene/counts.ts';
import type { DrawnWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';

/** Goal: each block word becomes what the reader should see. Method: worlds drawn by hand, one character per 128 MiB. */
const cellsOf = ({ views, status }: DrawnWorld, id: string): MemoryCells => {
	const memory = status.memories.find((candidate) => candidate.id === id);
	if (memory === undefined) throw new Error(`no memory ${id}`);
	return readCells(views, status, memory);
};
const kindAt = (cells: MemoryCells, tile: number, block = 0) => cells.kind[tile * 64 + block];

describe('DRAM', () => {
	const world = drawWorld({
		memories: [
			{ id: 'dram-A', host: 'A', tiles: 'Ko.v ', blocks: { 130: 'p', 131: 'k' } },
			{ id: 'dram-B', host: 'B', tiles: 'v' },
			{ id: 'pool', host: null, tiles: ' C.v', blocks: { 0: 'S' } }
		],
		operation: null,
		vm: { instances: ['A', 'B'], runningInstance: 0 }
	});
	const a = cellsOf(world, 'dram-A');

	it('tells kernel, other programs, free, VM and offline apart', () => {
		expect([0, 1, 2, 3, 4].map((tile) => kindAt(a, tile))).toEqual([
			CellKind.kernel,
			CellKind.other,
			CellKind.free,
			CellKind.vm,
			CellKind.offline
		]);
	});

	it('keeps a pin as a mark, whatever else is in the block', () => {
		expect(a.flags[130]).toBe(CellFlag.pinned);
		expect(a.kind[130]).toBe(CellKind.vm);
	});

	it('fills a partly used block to its share and marks the kernel in it', () => {
		expect(a.kind[131]).toBe(CellKind.kernel);
		expect(a.used[131]).toBe(Math.round((200 / 512) * 255));
		expect(a.flags[131]).toBe(CellFlag.kernelInside);
	});

	it('shows pages that the running process does not use as a copy', () => {
		const b = cellsOf(world, 'dram-B');
		expect(kindAt(b, 0)).toBe(CellKind.copy);
		expect(b.hue[0]).toBe(2);
	});

	it('in the pool tells capacity, reserved, other hosts and the super-page apart', () => {
		const pool = cellsOf(world, 'pool');
		expect(kindAt(pool, 0, 0)).toBe(CellKind.superpage);
		expect(kindAt(pool, 0, 1)).toBe(CellKind.capacity);
		expect(kindAt(pool, 1)).toBe(CellKind.peer);
		expect(peerLetter(pool.hue[64] as number)).toBe('C');
		expect(kindAt(pool, 2)).toBe(CellKind.reserved);
		expect(kindAt(pool, 3)).toBe(CellKind.vm);
	});
});

describe('moves', () => {
	it('takes the batch under way out of its place and shows it arriving', () => {
		const world = staging();
		const source = countCells(cellsOf(world, 'dram-A'));
		const pool = countCells(cellsOf(world, 'pool'));
		expect(source.leaving).toBeGreaterThan(0);
		expect(source.leaving).toBeLessThanOrEqual(64);
		expect(pool.incoming).toBe(64);
	});

	it('leaves the source of a copy where it is and outlines what has arrived', () => {
		const world = precopy();
		const a = countCells(cellsOf(world, 'dram-A'));
		const b = countCells(cellsOf(world, 'dram-B'));
		expect(a.leaving).toBe(0);
		expect(a.vmByHost.get(0)).toBe(2048);
		expect(b.copies).toBeGreaterThan(0);
		expect(b.incoming).toBeGreaterThan(0);
		expect(b.vmByHost.size).toBe(0);
	});

	it('gives the whole pool another hue when the word flips, and nothing else changes', () => {
		const after = handOff();
		const pool = cellsOf(after, 'pool');
		const counts = countCells(pool);
		expect(counts.vmByHost.get(1)).toBe(2048);
		const asA = {
			...after,
			status: { ...after.status, vms: after.status.vms.map((vm) => ({ ...vm, owner: 'A' })) }
		};
		const before = cellsOf(asA, 'pool');
		expect(before.kind).toEqual(pool.kind);
		expect(countCells(before).vmByHost.get(0)).toBe(2048);
	});

	it('follows the pull from the pool into the other DRAM', () => {
		const world = unstaging();
		expect(countCells(cellsOf(world, 'pool')).leaving).toBe(192);
		expect(countCells(cellsOf(world, 'dram-B')).incoming).toBe(192);
	});
});

it('calls a tile uniform only if no block differs and none carries a mark', () => {
	const cells = cellsOf(staging(), 'dram-A');
	expect(isUniform(cells, 0, 64)).toBe(true);
	expect(isUniform(cells, 20 * 64, 21 * 64)).toBe(false);
	expect(isUniform(cells, 3 * 64, 4 * 64)).toBe(false);
});
