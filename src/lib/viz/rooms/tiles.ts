import { box, type Box } from '../geometry/box.ts';

/** How large a memory block is drawn: as cells of 2 MiB, or as one cell, or several blocks in one cell. */
export interface Tiles {
	/** Side of a 2 MiB cell with its gap; 0 when a block is one cell. */
	readonly cell: number;
	/** Cells in a row of a block. */
	readonly across: number;
	readonly down: number;
	readonly width: number;
	readonly height: number;
	readonly gap: number;
	readonly pitchX: number;
	readonly pitchY: number;
	/** Room for the name above a tile and for a line under it. */
	readonly above: number;
	readonly below: number;
	/** How many blocks share a cell: 1 as long as there is room. */
	readonly blocksPerCell: number;
	/** Nothing smaller comes after it. */
	readonly last: boolean;
}

const NAME = 18;
const UNDER = 17;
export const LEAST_TILE = 4;
/** Side of a 2 MiB cell beyond which nothing more is to be seen. */
export const LARGEST_CELL = 14;

const tiles = (cell: number, across: number, down: number, underline: boolean): Tiles => {
	const width = cell * across + 1;
	const height = cell * down + 1;
	const gap = 8;
	const below = underline ? UNDER : 0;
	return {
		cell,
		across,
		down,
		width,
		height,
		gap,
		pitchX: Math.max(width, 40) + gap,
		pitchY: height + NAME + below + gap,
		above: NAME,
		below,
		blocksPerCell: 1,
		last: false
	};
};

const far = (side: number, blocksPerCell: number): Tiles => {
	const gap = side >= 12 ? 3 : side >= 7 ? 2 : 1;
	return {
		cell: 0,
		across: 1,
		down: 1,
		width: side,
		height: side,
		gap,
		pitchX: side + gap,
		pitchY: side + gap,
		above: 4,
		below: 0,
		blocksPerCell,
		last: false
	};
};

export const NO_TILES: Tiles = far(LEAST_TILE, 1);

/** Sizes to try, the largest first. A memory block of 128 MiB is 8 × 8 cells, one of 2 GiB is 16 × 64. */
export function fitTiles(subBlocks: number, largest: number, underline: boolean): Tiles[] {
	const across = subBlocks === 64 ? 8 : 16;
	const sizes: Tiles[] = [];
	for (let cell = LARGEST_CELL; cell >= (across === 8 ? 3 : 2); cell -= 1)
		sizes.push(tiles(cell, across, subBlocks / across, underline));
	for (let side = 24; side >= LEAST_TILE; side -= side > 12 ? 2 : 1) sizes.push(far(side, 1));
	for (let shared = 2; shared < largest * 2; shared *= 2) sizes.push(far(LEAST_TILE, shared));
	return sizes.map((size, index) => ({ ...size, last: index === sizes.length - 1 }));
}

/** Box of the tile at place `index` of a room. */
export function tileBoxIn(
	size: Tiles,
	room: { readonly origin: { readonly x: number; readonly y: number }; readonly columns: number },
	index: number
): Box {
	const at = Math.floor(index / size.blocksPerCell);
	return box(
		room.origin.x + (at % room.columns) * size.pitchX,
		room.origin.y + Math.floor(at / room.columns) * size.pitchY,
		size.width,
		size.height
	);
}

/** Box of a 2 MiB cell inside a tile that has cells. */
export const cellBoxIn = (size: Tiles, tile: Box, at: number): Box =>
	box(
		tile.x + 1 + (at % size.across) * size.cell,
		tile.y + 1 + Math.floor(at / size.across) * size.cell,
		size.cell - 1,
		size.cell - 1
	);
