/**
 * Goal: a closer look keeps what is under the pointer where it is, never leaves the figure, and ends where blocks are drawn as
 * large as they ever are. Method: layouts of machines of several sizes, every factor of the way, points all over the window.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { centre, contains } from '../../../../src/lib/viz/geometry/box.ts';
import { UNMAGNIFIED, type Magnified } from '../../../../src/lib/viz/interact/magnify.ts';
import { keepInside, meets, mostCloser, nearestPlace, shiftKeeping, shiftShowing, windowOf } from '../../../../src/lib/viz/rooms/closer.ts';
import { layoutRooms, magnifyRooms, seenOf, type LayoutInput } from '../../../../src/lib/viz/rooms/layout.ts';
import { drawRooms } from '../../../../src/lib/viz/rooms/paint-rooms.ts';
import { placeBlocks } from '../../../../src/lib/viz/rooms/placing.ts';
import { LARGEST_CELL } from '../../../../src/lib/viz/rooms/tiles.ts';
import { machine } from '../../../support/machines.ts';
import { picture } from './pictured.ts';

const opened = (args: string): Simulation => machine(args);
const CASES = [
	['one node', '-machine q35 -m 2G', 1010, 528],
	['144 blocks', '-machine q35 -smp 4 -m 18G', 1010, 528],
	['a phone', '-machine q35 -smp 4 -m 6G', 358, 700]
] as const;

describe.each(CASES)('a closer look: %s', (_, args, width, height) => {
	const { scene } = picture(opened(args));
	const input: LayoutInput = {
		width,
		height,
		nodes: scene.nodes.map((node) => ({ rooms: node.rooms.map((room) => room.blocks.length) })),
		sectionsPerBlock: 1,
		underline: false,
		bare: false
	};
	const base = layoutRooms(input);
	const seen = seenOf(base);
	const most = mostCloser(input, base);
	const at = (factor: number) => {
		const layout = magnifyRooms(input, base, factor);
		return { layout, placing: placeBlocks(scene, layout) };
	};

	it('ends where a cell is as large as it gets, and begins with the whole', () => {
		expect(at(most).layout.tiles.cell).toBe(LARGEST_CELL);
		expect(magnifyRooms(input, base, 1)).toBe(base);
		expect(at(most).layout.lens).toEqual(base.lens);
		expect(at(most).layout.lists).toEqual(base.lists);
	});
	it('leaves the block under the pointer where it is', () => {
		let factor = 1;
		let now: Magnified = UNMAGNIFIED;
		const start = at(1);
		const place = Math.floor(start.placing.boxes.length * 0.6);
		const pointer = centre(start.placing.boxes[place]!);
		while (factor < most) {
			const before = { placing: at(factor).placing, now };
			const under = { x: pointer.x + now.shift.x, y: pointer.y + now.shift.y };
			const block = before.placing.blocks[nearestPlace(before.placing, under)]!;
			const old = before.placing.boxes[before.placing.placeOf[block]!]!;
			factor = Math.min(most, factor * 1.3);
			const after = at(factor);
			const shift = shiftKeeping(before, after, pointer, seen);
			now = { factor, shift };
			const box = after.placing.boxes[after.placing.placeOf[block]!]!;
			const inside = contains(
				{ ...box, x: box.x - shift.x - 1, y: box.y - shift.y - 1, width: box.width + 2, height: box.height + 2 },
				pointer
			);
			const bounded = keepInside({ x: shift.x + 1, y: shift.y + 1 }, after.layout, seen);
			const atEdge = bounded.x === shift.x || bounded.y === shift.y || shift.x === 0 || shift.y === 0;
			// At the edge of the figure, and between blocks, there is nothing to keep.
			if (contains(old, under)) expect(inside || atEdge, `factor ${factor}`).toBe(true);
		}
	});
	it('shows every block that the keys reach, and never what lies outside', () => {
		const { layout, placing } = at(most);
		let now: Magnified = { factor: most, shift: { x: 0, y: 0 } };
		placing.boxes.forEach((box, index) => {
			now = { factor: most, shift: shiftShowing(box, now, layout, seen) };
			const window = windowOf(now, seen)!;
			expect(meets(window, box), `place ${index}`).toBe(true);
			expect(now.shift.x).toBeGreaterThanOrEqual(0);
			expect(now.shift.y).toBeGreaterThanOrEqual(0);
			expect(placing.boxes[nearestPlace(placing, centre(box))]).toBe(box);
		});
	});
	it('paints what the window shows and no more', () => {
		const { layout, placing } = at(most);
		const box = placing.boxes.at(-1)!;
		const window = { x: box.x - 4, y: box.y - 4, width: box.width + 8, height: box.height + 8 };
		const all = drawRooms(scene, layout).rows.length;
		const part = drawRooms(scene, layout, window).rows.length;
		expect(part).toBeGreaterThan(0);
		expect(part).toBeLessThan(all / 2);
	});
});
