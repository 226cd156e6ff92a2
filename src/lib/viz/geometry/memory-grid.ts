import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import { box, type Box, type Point } from './box.ts';

/**
 * How a memory lies on the screen. The smallest unit of the ladder 2 MiB · 128 MiB · 2 GiB whose cells are still 4 px wide
 * (4 KiB pages are one zoom step further in). At 2 MiB the cells of one 128 MiB memory block form a tile of 8 × 8.
 */
export interface GridMeasure {
	/** 2 MiB blocks in one cell: 1, 64 or 1,024. */
	readonly blocksPerCell: number;
	/** Side of a cell. */
	readonly cell: number;
	/** Cells per side of a tile: 8 at 2 MiB, else 1. */
	readonly tileSide: number;
	/** Side of a tile, and from one tile to the next. */
	readonly tile: number;
	readonly pitch: number;
	readonly columns: number;
	readonly rows: number;
	/** Height and vertical pitch of a tile where it is not square (half density). */
	readonly tileHeight: number;
	readonly pitchY: number;
}

export const LEAST_CELL = 4;
const LADDER = [BLOCKS_PER_MEMORY_BLOCK, BLOCKS_PER_MEMORY_BLOCK * 16] as const;

const square = (measure: Omit<GridMeasure, 'tileHeight' | 'pitchY'>): GridMeasure => ({
	...measure,
	tileHeight: measure.tile,
	pitchY: measure.pitch
});

/** Measures for memories of at most `blocks` 2 MiB blocks in a square of `side`. */
export function measureGrid(blocks: number, side: number): GridMeasure {
	const tiles = Math.max(1, Math.ceil(blocks / BLOCKS_PER_MEMORY_BLOCK));
	for (let cell = 32; cell >= LEAST_CELL; cell -= 1) {
		const tile = cell * 8;
		const columns = Math.floor((side + 2) / (tile + 2));
		if (columns < 1 || columns * columns < tiles) continue;
		const gap =
			columns === 1
				? 2
				: Math.min(8, Math.max(2, Math.floor((side - columns * tile) / (columns - 1))));
		return square({
			blocksPerCell: 1,
			cell,
			tileSide: 8,
			tile,
			pitch: tile + gap,
			columns,
			rows: columns
		});
	}
	for (const blocksPerCell of LADDER) {
		const cells = Math.ceil(blocks / blocksPerCell);
		const columns = Math.ceil(Math.sqrt(cells));
		const pitch = Math.floor((side + 1) / columns);
		if (pitch < LEAST_CELL + 1) continue;
		const gap = pitch >= 12 ? 2 : 1;
		return square({
			blocksPerCell,
			cell: pitch - gap,
			tileSide: 1,
			tile: pitch - gap,
			pitch,
			columns,
			rows: Math.ceil(cells / columns)
		});
	}
	// Beyond the ladder one cell stands for more 2 GiB steps; the description says how many.
	const columns = Math.floor(side / (LEAST_CELL + 1));
	const blocksPerCell = LADDER[1] * Math.ceil(blocks / (LADDER[1] * columns * columns));
	return square({
		blocksPerCell,
		cell: LEAST_CELL,
		tileSide: 1,
		tile: LEAST_CELL,
		pitch: LEAST_CELL + 1,
		columns,
		rows: columns
	});
}

/** Half density: one cell per 128 MiB (or 2 GiB) in a box that is wider than high, with fill level. */
export function measureStrip(blocks: number, width: number, height: number): GridMeasure {
	for (const blocksPerCell of LADDER) {
		const cells = Math.ceil(blocks / blocksPerCell);
		for (let columns = 4; columns <= 54; columns += 1) {
			const rows = Math.ceil(cells / columns);
			const pitch = Math.floor((width + 2) / columns);
			const pitchY = Math.floor((height + 2) / rows);
			// Cells may be a little higher than wide: the level in them is easier to read.
			if (pitchY < 6 || pitch < 6 || pitchY < pitch) continue;
			const tall = Math.min(pitchY, Math.round(pitch * 1.5));
			return {
				blocksPerCell,
				cell: pitch - 2,
				tileSide: 1,
				tile: pitch - 2,
				pitch,
				columns,
				rows,
				tileHeight: tall - 2,
				pitchY: tall
			};
		}
	}
	return measureGrid(blocks, Math.min(width, height));
}

const cellsPerTile = (m: GridMeasure): number => m.tileSide * m.tileSide;
/** 2 MiB blocks in one tile. */
export const blocksPerTile = (m: GridMeasure): number => m.blocksPerCell * cellsPerTile(m);
export const tileOf = (m: GridMeasure, block: number): number =>
	Math.floor(block / blocksPerTile(m));

export function tileBox(m: GridMeasure, origin: Point, tile: number): Box {
	const column = tile % m.columns;
	const row = Math.floor(tile / m.columns);
	return box(origin.x + column * m.pitch, origin.y + row * m.pitchY, m.tile, m.tileHeight);
}

/** Where a 2 MiB block is drawn: its cell, or the cell that contains it. */
export function blockBox(m: GridMeasure, origin: Point, block: number): Box {
	const tile = tileBox(m, origin, tileOf(m, block));
	if (m.tileSide === 1) return tile;
	const cell = Math.floor((block % blocksPerTile(m)) / m.blocksPerCell);
	return box(
		tile.x + (cell % m.tileSide) * m.cell,
		tile.y + Math.floor(cell / m.tileSide) * m.cell,
		m.cell,
		m.cell
	);
}

/** The tile under a point, or null between and beyond tiles. Gaps belong to the tile before them. */
export function tileAt(m: GridMeasure, origin: Point, tiles: number, p: Point): number | null {
	const column = Math.floor((p.x - origin.x) / m.pitch);
	const row = Math.floor((p.y - origin.y) / m.pitchY);
	if (column < 0 || row < 0 || column >= m.columns) return null;
	const tile = row * m.columns + column;
	return tile < tiles ? tile : null;
}

/** The first 2 MiB block of the cell under a point. */
export function blockAt(m: GridMeasure, origin: Point, blocks: number, p: Point): number | null {
	const tiles = Math.ceil(blocks / blocksPerTile(m));
	const tile = tileAt(m, origin, tiles, p);
	if (tile === null) return null;
	const b = tileBox(m, origin, tile);
	const limit = m.tileSide - 1;
	const column = Math.min(limit, Math.max(0, Math.floor((p.x - b.x) / m.cell)));
	const row = Math.min(limit, Math.max(0, Math.floor((p.y - b.y) / m.cell)));
	const block = tile * blocksPerTile(m) + (row * m.tileSide + column) * m.blocksPerCell;
	return block < blocks ? block : null;
}

/** The inside of one 128 MiB block: 64 sub-blocks of 2 MiB as large cells. */
export function measureBlockInside(side: number): GridMeasure {
	const pitch = Math.floor((side + 2) / 8);
	return square({
		blocksPerCell: 1,
		cell: pitch - 2,
		tileSide: 1,
		tile: pitch - 2,
		pitch,
		columns: 8,
		rows: 8
	});
}

/** The inside of one 2 MiB sub-block: 512 pages of 4 KiB, 16 in a row. */
export function pageBox(side: number, origin: Point, page: number): Box {
	const width = Math.floor((side + 2) / 16);
	const height = Math.floor((side + 1) / 32);
	return box(
		origin.x + (page % 16) * width,
		origin.y + Math.floor(page / 16) * height,
		width - 2,
		height - 1
	);
}
