/** Where pages stand: inside the figure, apart from each other, under the brush that points at them. */
import { describe, expect, it } from 'vitest';
import { bottom, right } from '../../../../src/lib/viz/geometry/box.ts';
import { boxOfBrush, boxOfSubBlock, drawPages, layoutPages } from '../../../../src/lib/viz/brush/paint-pages.ts';
import { PageFate } from '../../../../src/lib/viz/brush/pages.ts';

const SIZES = [
	[1002, 330],
	[480, 240],
	[334, 220],
	[180, 96]
] as const;

describe.each(SIZES)('%i × %i', (width, height) => {
	const layout = layoutPages(width, height);
	it('holds 64 sub-blocks that do not overlap', () => {
		const boxes = Array.from({ length: 64 }, (_, sub) => boxOfSubBlock(layout, sub));
		for (const [index, one] of boxes.entries()) {
			expect(right(one)).toBeLessThanOrEqual(layout.width);
			expect(bottom(one)).toBeLessThanOrEqual(layout.height);
			for (const other of boxes.slice(index + 1))
				expect(right(one) <= other.x || right(other) <= one.x || bottom(one) <= other.y || bottom(other) <= one.y).toBe(true);
		}
		expect(layout.width).toBeLessThanOrEqual(width);
	});
	it('a brush covers what it points at: a page, its sub-block, the block', () => {
		const b = boxOfSubBlock(layout, 37);
		const [x, y] = [b.x + b.width / 2, b.y + b.height / 2];
		const areas = [1, 512, 32_768].map((pages) => {
			const brush = boxOfBrush(layout, pages, x, y);
			if (!brush) throw new Error('nothing under the brush');
			expect([brush.x <= x, brush.y <= y, right(brush) >= x, bottom(brush) >= y]).toEqual([true, true, true, true]);
			return brush.width * brush.height;
		});
		expect(areas[0]).toBeLessThan(areas[1] as number);
		expect(areas[1]).toBeLessThan(areas[2] as number);
		expect(boxOfBrush(layout, 512, 1, 1)).toBeNull();
	});
});

it('one held page changes the drawing, whatever its size', () => {
	const counts = [32_768, 0, 0, 0, 0];
	const fates = new Uint8Array(32_768);
	const layout = layoutPages(180, 96);
	const before = drawPages({ number: 32, state: 'online', fates, counts }, layout).fingerprint();
	const held = fates.slice();
	held[20_000] = PageFate.held;
	expect(drawPages({ number: 32, state: 'online', fates: held, counts }, layout).fingerprint()).not.toBe(before);
	expect(drawPages({ number: 32, state: 'going-offline', fates, counts }, layout).fingerprint()).not.toBe(before);
});
