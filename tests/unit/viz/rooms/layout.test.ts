import { describe, expect, it } from 'vitest';
import { bottom, right, type Box } from '../../../../src/lib/viz/geometry/box.ts';
import { layoutRooms, type LayoutInput } from '../../../../src/lib/viz/rooms/layout.ts';
import { tileBoxIn } from '../../../../src/lib/viz/rooms/tiles.ts';

const input = (nodes: readonly (readonly number[])[], more: Partial<LayoutInput> = {}): LayoutInput => ({
	width: 1010,
	height: 528,
	nodes: nodes.map((rooms) => ({ rooms })),
	sectionsPerBlock: 1,
	underline: false,
	bare: false,
	...more
});
const within = (inner: Box, outer: Box): boolean =>
	inner.x >= outer.x && inner.y >= outer.y && right(inner) <= right(outer) + 0.01 && bottom(inner) <= bottom(outer) + 0.01;
const apart = (a: Box, b: Box): boolean => right(a) <= b.x || right(b) <= a.x || bottom(a) <= b.y || bottom(b) <= a.y;

const CASES: readonly (readonly [string, LayoutInput])[] = [
	['two nodes', input([[16], [4]])],
	[
		'a lesson',
		input(
			[
				[1, 15],
				[1, 3]
			],
			{ width: 1026, height: 433 }
		)
	],
	['a machine with a refusal', input([[16], [3, 1, 2]], { underline: true })],
	['no memory on a node', input([[4], [], [4]])],
	['blocks of 2 GiB', input([[1, 31], [2]], { sectionsPerBlock: 16 })],
	['1 TiB', input([[16, 496], [7680]])],
	['64 TiB', input([[16], [524288]])],
	['eight nodes', input(Array.from({ length: 8 }, () => [32]))],
	['a phone', input([[16], [4]], { width: 358, height: 760 })],
	['1 TiB on a phone', input([[16, 496], [7680]], { width: 358, height: 760 })],
	['rooms alone', input([[16], [4]], { width: 500, height: 200, bare: true })],
	['rooms alone on a phone', input([[8], [8], [16]], { width: 338, height: 240, bare: true })]
];

describe('the layout of rooms', () => {
	it.each(CASES)('keeps everything inside and apart: %s', (_, given) => {
		const layout = layoutRooms(given);
		expect(layout.nodes).toHaveLength(given.nodes.length);
		const parts = [...layout.nodes.map((node) => node.box), ...[layout.lens, layout.lists].filter((one) => one !== null)];
		parts.forEach((part, at) => parts.slice(at + 1).forEach((other) => expect(apart(part, other)).toBe(true)));
		for (const part of parts) expect(within(part, { x: 0, y: 0, width: layout.width, height: layout.height })).toBe(true);
		layout.nodes.forEach((node, nodeIndex) => {
			expect(node.rooms).toHaveLength(given.nodes[nodeIndex]?.rooms.length ?? -1);
			node.rooms.forEach((room, roomIndex) => {
				expect(within(room.box, node.box)).toBe(true);
				const count = given.nodes[nodeIndex]?.rooms[roomIndex] ?? 0;
				for (const index of [0, count - 1]) expect(within(tileBoxIn(layout.tiles, room, index), room.box)).toBe(true);
			});
			node.rooms.forEach((room, at) => node.rooms.slice(at + 1).forEach((other) => expect(apart(room.box, other.box)).toBe(true)));
		});
	});

	it('has a place for everything at any width', () => {
		const machines = [[[16], [4]], [[1, 15], [], [4]], [[16], [3, 1, 2], [8]], Array.from({ length: 8 }, () => [32])];
		for (const nodes of machines)
			for (const bare of [false, true])
				for (let width = 200; width < 2000; width += 13)
					for (const height of [180, 528, 900]) {
						const layout = layoutRooms(input(nodes, { width, height, bare }));
						expect(layout.nodes, `${width} × ${height}`).toHaveLength(nodes.length);
						const whole = { x: 0, y: 0, width: layout.width, height: layout.height };
						for (const part of [layout.lens, layout.lists]) if (part !== null) expect(within(part, whole)).toBe(true);
						for (const node of layout.nodes) expect(right(node.box), `${width} × ${height}`).toBeLessThanOrEqual(layout.width + 0.01);
						const beside = layout.nodes.every((node) => layout.lens === null || apart(node.box, layout.lens));
						expect(beside, `${width} × ${height}`).toBe(true);
					}
	});
	it('draws cells of 2 MiB while they are 3 px, then whole blocks, then several in one cell', () => {
		const sizes = [4, 200, 8000, 524288].map((count) => layoutRooms(input([[16], [count]])).tiles);
		expect(sizes[0]?.cell).toBeGreaterThanOrEqual(7);
		expect(sizes[1]?.cell).toBe(0);
		expect(sizes[1]?.blocksPerCell).toBe(1);
		expect(sizes[2]?.width).toBeGreaterThanOrEqual(4);
		expect(sizes[3]?.blocksPerCell).toBeGreaterThan(1);
		const widths = sizes.map((one) => one.width);
		expect(widths).toEqual([...widths].sort((a, b) => b - a));
	});

	it('stands in one column on a phone, and is as high as it needs', () => {
		const layout = layoutRooms(input([[16], [4]], { width: 358, height: 760 }));
		expect(layout.stacked).toBe(true);
		expect(layout.lens?.y).toBeGreaterThan(layout.nodes[1]?.box.y ?? Infinity);
		expect(layout.lists?.y).toBeGreaterThan(layout.lens?.y ?? Infinity);
	});
});
