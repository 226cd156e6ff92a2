import { describe, expect, it } from 'vitest';
import { GIB, BLOCK_BYTES } from '../../../../src/lib/base/units.ts';
import { bottom, right } from '../../../../src/lib/viz/geometry/box.ts';
import {
	blockAt,
	blockBox,
	LEAST_CELL,
	measureBlockInside,
	measureGrid,
	measureStrip,
	pageBox,
	tileBox
} from '../../../../src/lib/viz/geometry/memory-grid.ts';

/** Goal: every size of memory finds a place with cells one can see. Method: the ladder at the sizes of the scenarios. */
const SIDE = 270;
const origin = { x: 32, y: 168 };

describe('the ladder of cells', () => {
	it('draws 8 GiB as 64 tiles of 8 × 8 cells of 4 px, as in the mock-up', () => {
		const measure = measureGrid((8 * GIB) / BLOCK_BYTES, SIDE);
		expect(measure).toMatchObject({ blocksPerCell: 1, cell: 4, tile: 32, pitch: 34, columns: 8 });
		expect(right(tileBox(measure, origin, 63))).toBe(origin.x + SIDE);
	});

	it.each([1, 2, 4, 8, 16, 32, 64, 256, 1024, 10_240])('fits %i GiB into the square with cells of at least 4 px', (gib) => {
		const blocks = (gib * GIB) / BLOCK_BYTES;
		const measure = measureGrid(blocks, SIDE);
		expect(measure.cell).toBeGreaterThanOrEqual(LEAST_CELL);
		const last = blockBox(measure, origin, blocks - 1);
		expect(right(last)).toBeLessThanOrEqual(origin.x + SIDE);
		expect(bottom(last)).toBeLessThanOrEqual(origin.y + SIDE);
	});

	it('goes from 2 MiB to 128 MiB to 2 GiB as memory grows', () => {
		const units = [8, 64, 1024].map((gib) => measureGrid((gib * GIB) / BLOCK_BYTES, SIDE).blocksPerCell);
		expect(units).toEqual([1, 64, 1024]);
	});

	it('puts the cells of half density into a box that is wider than high', () => {
		for (const gib of [1, 8, 64]) {
			const blocks = (gib * GIB) / BLOCK_BYTES;
			const last = blockBox(measureStrip(blocks, 270, 98), { x: 0, y: 0 }, blocks - 1);
			expect(right(last)).toBeLessThanOrEqual(270);
			expect(bottom(last)).toBeLessThanOrEqual(98);
		}
	});
});

describe('pointing', () => {
	it('finds every block at the middle of its own cell', () => {
		for (const gib of [1, 4, 8, 64]) {
			const blocks = (gib * GIB) / BLOCK_BYTES;
			const measure = measureGrid(blocks, SIDE);
			for (let block = 0; block < blocks; block += 37) {
				const b = blockBox(measure, origin, block);
				const found = blockAt(measure, origin, blocks, {
					x: b.x + b.width / 2,
					y: b.y + b.height / 2
				});
				expect(found).toBe(block - (block % measure.blocksPerCell));
			}
		}
	});

	it('finds nothing outside', () => {
		const measure = measureGrid(4096, SIDE);
		expect(blockAt(measure, origin, 4096, { x: origin.x - 3, y: origin.y })).toBeNull();
		expect(blockAt(measure, origin, 4096, { x: origin.x + SIDE + 20, y: origin.y })).toBeNull();
		expect(blockAt(measure, origin, 2048, { x: origin.x + 5, y: origin.y + 260 })).toBeNull();
	});
});

it('shows 64 sub-blocks and 512 pages inside the same square, without overlap', () => {
	const inside = measureBlockInside(SIDE);
	expect(right(tileBox(inside, origin, 63))).toBeLessThanOrEqual(origin.x + SIDE);
	const first = pageBox(SIDE, origin, 0);
	const second = pageBox(SIDE, origin, 1);
	const below = pageBox(SIDE, origin, 16);
	expect(second.x).toBeGreaterThan(right(first));
	expect(below.y).toBeGreaterThan(bottom(first) - 0.001);
	expect(right(pageBox(SIDE, origin, 15))).toBeLessThanOrEqual(origin.x + SIDE + 2);
	expect(bottom(pageBox(SIDE, origin, 511))).toBeLessThanOrEqual(origin.y + SIDE);
});
