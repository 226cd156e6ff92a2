import { right, type Box, type Point } from '../geometry/box.ts';
import type { RoomsLayout } from './layout.ts';
import type { RoomsScene } from './scene.ts';
import { tileBoxIn } from './tiles.ts';

/** Where blocks are drawn, in reading order. In the far form one place may stand for several blocks. */
export interface Placing {
	readonly boxes: readonly Box[];
	/** First block (index in the scene) of each place. */
	readonly blocks: readonly number[];
	/** Place of each block, −1 for none. */
	readonly placeOf: Int32Array;
	/** Room that each place lies in. */
	readonly rooms: readonly Box[];
}

export function placeBlocks(scene: RoomsScene | null, layout: RoomsLayout): Placing {
	const boxes: Box[] = [];
	const blocks: number[] = [];
	const rooms: Box[] = [];
	const placeOf = new Int32Array(scene?.blocks.length ?? 0).fill(-1);
	scene?.nodes.forEach((node, nodeIndex) =>
		node.rooms.forEach((room, roomIndex) => {
			const at = layout.nodes[nodeIndex]?.rooms[roomIndex];
			if (!at) return;
			const { blocksPerCell } = layout.tiles;
			room.blocks.forEach((block, index) => {
				if (index % blocksPerCell === 0) {
					boxes.push(tileBoxIn(layout.tiles, at, index));
					blocks.push(block);
					rooms.push(at.box);
				}
				placeOf[block] = boxes.length - 1;
			});
		})
	);
	return { boxes, blocks, placeOf, rooms };
}

/** The place under a point, −1 between places. Names above tiles belong to them. */
export function placeAt(placing: Placing, layout: RoomsLayout, p: Point): number {
	const slack = layout.tiles.gap / 2;
	return placing.boxes.findIndex(
		(b) =>
			p.x >= b.x - slack &&
			p.x < right(b) + slack &&
			p.y >= b.y - slack - layout.tiles.above &&
			p.y < b.y + b.height + slack
	);
}
