import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { DrawList, Op, paint, Shape } from '../draw/ops.ts';
import type { Box } from '../geometry/box.ts';
import { meets } from './closer.ts';
import type { RoomsLayout } from './layout.ts';
import { countCells, drawCell, drawSmallMarks } from './paint-cells.ts';
import type { BlockScene, RoomScene, RoomsScene } from './scene.ts';
import { cellBoxIn, tileBoxIn } from './tiles.ts';

/** All blocks of all rooms that the window shows, as one draw list: pure, from scene and layout. */
export function drawRooms(
	scene: RoomsScene,
	layout: RoomsLayout,
	window: Box | null = null
): DrawList {
	const list = new DrawList();
	scene.nodes.forEach((node, nodeIndex) =>
		node.rooms.forEach((room, roomIndex) => {
			const at = layout.nodes[nodeIndex]?.rooms[roomIndex];
			if (!at) return;
			const { tiles } = layout;
			for (let index = 0; index < room.blocks.length; index += tiles.blocksPerCell) {
				const b = tileBoxIn(tiles, at, index);
				if (!meets(window, b)) continue;
				if (tiles.cell > 0)
					drawTile(
						list,
						scene,
						scene.blocks[room.blocks[index] as number] as BlockScene,
						b,
						room.shape,
						layout
					);
				else drawFar(list, scene, room, index, b, layout);
			}
		})
	);
	return list;
}

/** Sub-block at which the walk of a running call stands, −1 where nothing walks. */
export function scanPosition(block: BlockScene): number {
	const pfn = block.calls.running?.pfn;
	if (pfn === null || pfn === undefined) return -1;
	const at = Math.floor(pfn / PAGES_PER_BLOCK) - block.status.id * block.count;
	return at >= 0 && at < block.count ? at : -1;
}

/** A block with its cells. */
function drawTile(
	list: DrawList,
	scene: RoomsScene,
	block: BlockScene,
	b: Box,
	shape: number,
	layout: RoomsLayout
): void {
	const { cell, across } = layout.tiles;
	const { state } = block.status;
	if (state === 'offline') {
		list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hatch'), 1, Shape.square, 0, 1);
		return;
	}
	const going = state === 'going-offline';
	const outside = going ? 3 : 2;
	list.add(
		Op.outline,
		b.x - outside,
		b.y - outside,
		b.width + 2 * outside,
		b.height + 2 * outside,
		paint(going ? 'ink' : 'border'),
		1,
		shape,
		going ? 1 : 0,
		going ? 2 : 1
	);
	for (let at = 0; at < block.count; at += 1) {
		const counts = countCells(scene.cells, block.first + at, 1);
		const place = cellBoxIn(layout.tiles, b, at);
		if (going && counts.free === PAGES_PER_BLOCK) isolatedCell(list, place);
		else drawCell(list, counts, place, Shape.square);
		drawSmallMarks(list, counts, place);
	}
	if (block.zoneBorder > 0)
		list.add(
			Op.rect,
			b.x,
			b.y + Math.floor(block.zoneBorder / across) * cell - 0.5,
			b.width,
			2,
			paint('ink'),
			1
		);
	const scan = scanPosition(block);
	if (scan >= 0)
		list.add(
			Op.rect,
			b.x + (scan % across) * cell - 1,
			b.y + Math.floor(scan / across) * cell,
			2.5,
			cell + 1,
			paint('ink'),
			1
		);
}

/** Emptied and isolated: in nobody's free list. */
export function isolatedCell(list: DrawList, b: Box): void {
	list.add(Op.rect, b.x, b.y, b.width, b.height, paint('hairline'), 0.55);
	if (b.width >= 4)
		list.add(
			Op.rect,
			b.x + b.width * 0.3,
			b.y + b.height / 2 - 0.5,
			b.width * 0.4,
			1,
			paint('muted'),
			1
		);
}

/** One cell for one block or several: fill level and outline; one exception is enough for its mark. */
function drawFar(
	list: DrawList,
	scene: RoomsScene,
	room: RoomScene,
	index: number,
	b: Box,
	layout: RoomsLayout
): void {
	const inside = room.blocks
		.slice(index, index + layout.tiles.blocksPerCell)
		.map((at) => scene.blocks[at] as BlockScene);
	const counts = { free: 0, user: 0, kernel: 0, offline: 0, hole: 0, marks: 0 };
	for (const block of inside) {
		const own = countCells(scene.cells, block.first, block.count);
		counts.free += own.free;
		counts.user += own.user;
		counts.kernel += own.kernel;
		counts.offline += own.offline;
		counts.hole += own.hole;
		counts.marks |= own.marks;
	}
	const offline = inside.every((block) => block.status.state === 'offline');
	const going = inside.some((block) => block.status.state === 'going-offline');
	if (offline) {
		list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hatch'), 1, Shape.square, 0, 1);
		return;
	}
	drawCell(list, counts, b, b.width >= 8 ? room.shape : Shape.square);
	list.add(
		Op.outline,
		b.x,
		b.y,
		b.width,
		b.height,
		paint(going ? 'ink' : 'border'),
		going ? 1 : 0.7,
		b.width >= 8 ? room.shape : Shape.square,
		going ? 1 : 0,
		going ? 2 : 1
	);
	if (b.width >= 6)
		drawSmallMarks(list, counts, {
			...b,
			height: Math.min(b.height, 8),
			y: b.y + b.height / 2 - 4
		});
}
