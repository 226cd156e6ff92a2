import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { Migratetype, ORDERS } from '../../engine/contract/words.ts';
import { box, type Box } from '../geometry/box.ts';
import type { RoomsLayout } from './layout.ts';
import type { Placing } from './placing.ts';
import type { BlockScene, RoomsScene } from './scene.ts';
import type { ZoneChoice } from './target.ts';
import { cellBoxIn } from './tiles.ts';
import { blocksText, counted } from './words.ts';

/** Free chunks of a zone by order, as rows of boxes; and where those of one order lie in the rooms. */
export interface ChunkRow {
	readonly order: number;
	/** In lists that hand chunks out, by kind of pageblock: unmovable, movable, reclaimable. */
	readonly byKind: readonly [number, number, number];
	readonly chunks: number;
	/** In blocks that are being emptied: in nobody's hands. */
	readonly isolated: number;
}

/** The largest order first, as in the picture of a zone. */
export function chunkRows(freeChunks: readonly (readonly number[])[]): ChunkRow[] {
	const of = (kind: number, order: number): number => freeChunks[kind]?.[order] ?? 0;
	return Array.from({ length: ORDERS }, (_, at) => {
		const order = ORDERS - 1 - at;
		const byKind = [
			of(Migratetype.unmovable, order),
			of(Migratetype.movable, order),
			of(Migratetype.reclaimable, order)
		] as const;
		return {
			order,
			byKind,
			chunks: byKind[0] + byKind[1] + byKind[2],
			isolated: of(Migratetype.isolate, order)
		};
	});
}

/** 2 MiB pages that could be had at once: whole pageblocks in lists that hand them out. */
export const hugeToBeHad = (rows: readonly ChunkRow[]): number =>
	rows.reduce((sum, { order, chunks }) => (order < 9 ? sum : sum + 2 ** (order - 9) * chunks), 0);

/** Width of a chunk in a row: larger ones are wider, not by scale. */
const chunkWidth = (order: number): number => 3 + order * 2;
const GAP = 2;

/** Boxes of a row, as many as there are or as fit. */
export function chunkStrip(order: number, count: number, width: number): readonly number[] {
	const each = chunkWidth(order) + GAP;
	const fit = Math.max(1, Math.floor((width + GAP) / each));
	return Array.from({ length: Math.min(count, fit) }, (_, at) => at * each);
}
export const chunkBox = (order: number, x: number, height: number): Box =>
	box(x + 0.5, 0.5, chunkWidth(order) - 1, height - 1);

/** Where free chunks of one order lie in the rooms. */
export interface OrderPlaces {
	/** Sub-blocks; in the far form blocks. */
	readonly boxes: readonly Box[];
	readonly words: string;
}
export const NO_PLACES: OrderPlaces = { boxes: [], words: '' };

export function placesOfOrder(
	scene: RoomsScene,
	layout: RoomsLayout,
	placing: Placing,
	zone: ZoneChoice,
	order: number
): OrderPlaces {
	const bit = 1 << order;
	const boxes: Box[] = [];
	const blocks: number[] = [];
	let subBlocks = 0;
	scene.blocks.forEach((block, index) => {
		const tile = placing.boxes[placing.placeOf[index] ?? -1];
		if (tile === undefined || !mayLieIn(block, zone)) return;
		const inside: number[] = [];
		for (let at = 0; at < block.count; at += 1)
			if (((scene.cells.orders[block.first + at] as number) & bit) !== 0 && isOf(block, at, zone))
				inside.push(at);
		if (inside.length === 0) return;
		blocks.push(block.status.id);
		subBlocks += inside.length;
		if (layout.tiles.cell === 0) boxes.push(tile);
		else boxes.push(...inside.map((at) => cellBoxIn(layout.tiles, tile, at)));
	});
	const words =
		blocks.length === 0
			? 'There is none.'
			: `They lie in ${counted(subBlocks, 'sub-block')} of ${blocksText(blocks)}.`;
	return { boxes, words };
}

/** Chunks of a block that is being emptied are isolated; those of an offline one are in no list. */
const mayLieIn = (block: BlockScene, { node, zone }: ZoneChoice): boolean =>
	block.status.node === node &&
	block.status.state === 'online' &&
	(block.status.zone === zone.name || block.status.zone === 'none');

function isOf(block: BlockScene, at: number, { zone }: ZoneChoice): boolean {
	const pfn = (block.status.id * block.count + at) * PAGES_PER_BLOCK;
	return pfn + PAGES_PER_BLOCK > zone.startPfn && pfn < zone.startPfn + zone.spannedPages;
}
