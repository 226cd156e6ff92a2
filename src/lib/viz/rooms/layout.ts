import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import { box, type Box } from '../geometry/box.ts';
import { fitTiles, NO_TILES, type Tiles } from './tiles.ts';

/** Where panels, rooms, tiles, lens and lists stand. Pure: from counts and a size to boxes. */
export interface LayoutInput {
	readonly width: number;
	readonly height: number;
	readonly nodes: readonly { readonly rooms: readonly number[] }[];
	readonly sectionsPerBlock: number;
	/** Some block carries a line under it (errno of a refusal). */
	readonly underline: boolean;
	/** Without lens and lists: a small picture among others. */
	readonly bare: boolean;
}

export interface RoomBox {
	readonly box: Box;
	/** Corner of its first tile. */
	readonly origin: { readonly x: number; readonly y: number };
	readonly columns: number;
}

export interface NodeBox {
	readonly box: Box;
	readonly rooms: readonly RoomBox[];
}

export interface RoomsLayout {
	readonly width: number;
	/** More than was given when things stand below each other. */
	readonly height: number;
	readonly stacked: boolean;
	readonly tiles: Tiles;
	readonly nodes: readonly NodeBox[];
	readonly lens: Box | null;
	readonly lists: Box | null;
}

export const GAP = 12;
export const PANEL_HEAD = 30;
export const ROOM_HEAD = 22;
export const ROOM_FOOT = 20;
export const ROOM_PAD = 9;
const LENS_WIDTH = 232;
const LISTS_WIDTH = 264;
const LEAST_ROOM = 108;
/** Air between the figure and the edge of its stage. */
const EDGE = 10;
/** Below this width everything stands in one column. */
const LEAST_BESIDE = 760;
/** The same for a small picture among others, which has rooms only. */
const LEAST_BARE = 420;
const LEAST_WIDTH = 280;
const LENS_HEIGHT = 400;
const LISTS_HEIGHT = 424;
const STACKED_NODES = 420;

/** Lens and lists beside the rooms; else one below the other beside them; else everything in one column. */
export function layoutRooms(input: LayoutInput): RoomsLayout {
	if (input.bare) return alone(input);
	return (input.width < LEAST_BESIDE ? null : (beside(input) ?? inColumn(input))) ?? stack(input);
}

function beside(input: LayoutInput): RoomsLayout | null {
	const { width, height } = input;
	const side = LENS_WIDTH + LISTS_WIDTH + 2 * GAP;
	const placed = placeNodes(input, box(EDGE, 0, width - side - 2 * EDGE, height), false);
	return (
		placed && {
			width,
			height,
			stacked: false,
			...placed,
			lens: box(width - LENS_WIDTH - LISTS_WIDTH - GAP - EDGE, 0, LENS_WIDTH, height),
			lists: box(width - LISTS_WIDTH - EDGE, 0, LISTS_WIDTH, height)
		}
	);
}

function inColumn(input: LayoutInput): RoomsLayout | null {
	const { width, height } = input;
	const x = width - LISTS_WIDTH - EDGE;
	const placed = placeNodes(input, box(EDGE, 0, x - GAP - EDGE, height), false);
	const lens = box(x, 0, LISTS_WIDTH, LENS_HEIGHT);
	const lists = box(x, LENS_HEIGHT + GAP, LISTS_WIDTH, LISTS_HEIGHT);
	const used = lists.y + lists.height;
	return (
		placed && { width, height: Math.max(height, used), stacked: false, ...placed, lens, lists }
	);
}

function stack(input: LayoutInput): RoomsLayout {
	const width = Math.max(LEAST_WIDTH, input.width);
	const inner = width - 2 * EDGE;
	const placed = stackNodes(input, EDGE, inner);
	const used = Math.max(...placed.nodes.map((node) => node.box.y + node.box.height), 40);
	const lens = box(EDGE, used + GAP, inner, LENS_HEIGHT);
	const lists = box(EDGE, lens.y + lens.height + GAP, inner, LISTS_HEIGHT);
	return { width, height: lists.y + lists.height, stacked: true, ...placed, lens, lists };
}

/** The rooms alone: below each other where they have no room beside each other. */
function alone(input: LayoutInput): RoomsLayout {
	const { width, height } = input;
	const none = { lens: null, lists: null };
	const placed = width < LEAST_BARE ? null : placeNodes(input, box(0, 0, width, height), false);
	if (placed !== null) return { width, height, stacked: false, ...placed, ...none };
	const inner = Math.max(LEAST_WIDTH, width);
	const stacked = stackNodes(input, 0, inner);
	const used = Math.max(...stacked.nodes.map((node) => node.box.y + node.box.height), 40);
	return { width: inner, height: used, stacked: true, ...stacked, ...none };
}

function stackNodes(input: LayoutInput, x: number, width: number): Placed {
	const placed = placeNodes(input, box(x, 0, width, STACKED_NODES), true);
	if (placed === null) throw new RangeError(`rooms do not fit ${width} px`);
	return placed;
}

/** Panels, rooms and tiles for a figure that is `factor` times as large; lens and lists stay where they are. */
export function magnifyRooms(input: LayoutInput, base: RoomsLayout, factor: number): RoomsLayout {
	if (factor <= 1 || input.nodes.length === 0) return base;
	const seen = seenOf(base);
	const area = box(
		base.nodes[0]?.box.x ?? 0,
		base.nodes[0]?.box.y ?? 0,
		(seen.width - 2 * seen.x) * factor,
		(base.stacked ? STACKED_NODES : input.height) * factor
	);
	return {
		...base,
		...(placeNodes(input, area, base.stacked) ?? { tiles: base.tiles, nodes: base.nodes })
	};
}

/** What panels take of the figure: the window through which a magnified one is seen. `x` is the air at its left. */
export function seenOf(layout: RoomsLayout): Box {
	const right = Math.max(0, ...layout.nodes.map((node) => node.box.x + node.box.width));
	const bottom = Math.max(0, ...layout.nodes.map((node) => node.box.y + node.box.height));
	const air = layout.nodes[0]?.box.x ?? 0;
	return box(air, 0, right + air, bottom);
}

interface Placed {
	readonly tiles: Tiles;
	readonly nodes: readonly NodeBox[];
}

/** The largest tiles with which all panels fit; null where even the smallest do not. */
function placeNodes(input: LayoutInput, area: Box, stacked: boolean): Placed | null {
	const { nodes, sectionsPerBlock, underline } = input;
	if (nodes.length === 0) return { tiles: NO_TILES, nodes: [] };
	const largest = Math.max(1, ...nodes.flatMap((node) => node.rooms));
	for (const tiles of fitTiles(sectionsPerBlock * BLOCKS_PER_MEMORY_BLOCK, largest, underline)) {
		const placed = placeRows(nodes, area, tiles, stacked);
		if (placed !== null) return { tiles, nodes: placed };
	}
	return null;
}

/** Panels stand in one row up to four nodes, then in rows; stacked they stand below each other. */
const perRow = (count: number, stacked: boolean): number =>
	stacked ? 1 : count <= 4 ? count : Math.ceil(Math.sqrt(count));

function placeRows(
	nodes: LayoutInput['nodes'],
	area: Box,
	tiles: Tiles,
	stacked: boolean
): NodeBox[] | null {
	const columns = perRow(nodes.length, stacked);
	const rows = Math.ceil(nodes.length / columns);
	const rowHeight = (area.height - GAP * (rows - 1)) / rows;
	const placed: NodeBox[] = [];
	let y = area.y;
	for (let first = 0; first < nodes.length; first += columns) {
		const row = nodes.slice(first, first + columns);
		const room = stacked ? Infinity : rowHeight;
		const widths = widthsOf(row, area.width, room, tiles, stacked);
		if (widths === null) return null;
		let x = area.x;
		let lowest = y + PANEL_HEAD + 44;
		const inRow = row.map((node, index): NodeBox => {
			const width = widths[index] as number;
			const inside = placeRooms(node.rooms, box(x, y, width, room), tiles) ?? [];
			for (const one of inside) lowest = Math.max(lowest, one.box.y + one.box.height + 10);
			const made = { box: box(x, y, width, room), rooms: inside };
			x += width + GAP;
			return made;
		});
		const height = stacked ? lowest - y : rowHeight;
		placed.push(...inRow.map((node) => ({ ...node, box: { ...node.box, height } })));
		y += height + GAP;
	}
	return stacked && y - GAP > area.y + area.height && !tiles.last ? null : placed;
}

/** The narrowest panels that hold their rooms, then what is left over in proportion; null when they do not fit. */
function widthsOf(
	row: LayoutInput['nodes'],
	width: number,
	height: number,
	tiles: Tiles,
	stacked: boolean
): readonly number[] | null {
	const free = width - GAP * (row.length - 1);
	if (stacked)
		return placeRooms(row[0]?.rooms ?? [], box(0, 0, free, height), tiles) === null ? null : [free];
	const least: number[] = [];
	for (const node of row) {
		const most = Math.max(1, ...node.rooms.map((count) => Math.ceil(count / tiles.blocksPerCell)));
		const candidates: number[] = [];
		for (let columns = 1; columns <= most && columns * tiles.pitchX <= free; columns += 1) {
			const inner = Math.max(LEAST_ROOM, columns * tiles.pitchX - tiles.gap + 2 * ROOM_PAD);
			candidates.push(inner, inner + 8 + LEAST_ROOM);
		}
		candidates.sort((one, other) => one - other);
		const found = candidates.find(
			(inner) => placeRooms(node.rooms, box(0, 0, inner + 20, height), tiles) !== null
		);
		if (found === undefined) return null;
		least.push(found + 20);
	}
	const spare = free - least.reduce((sum, one) => sum + one, 0);
	if (spare < 0) return null;
	const counts = row.map((node) => node.rooms.reduce((sum, count) => sum + count, 1));
	const sum = counts.reduce((total, count) => total + count, 0);
	return least.map((one, index) => Math.floor(one + (spare * (counts[index] as number)) / sum));
}

/** Rooms of one panel on shelves: beside each other where they fit, else below. */
function placeRooms(counts: readonly number[], panel: Box, tiles: Tiles): RoomBox[] | null {
	const inner = panel.width - 20;
	const bottom = panel.y + panel.height - 10;
	const most = Math.floor((inner - 2 * ROOM_PAD + tiles.gap) / tiles.pitchX);
	if (most < 1) return null;
	const placed: RoomBox[] = [];
	let x = panel.x + 10;
	let y = panel.y + PANEL_HEAD;
	let shelf = 0;
	for (const count of counts) {
		const cells = Math.ceil(count / tiles.blocksPerCell);
		const columns = Math.max(1, Math.min(most, cells));
		const rows = Math.max(1, Math.ceil(cells / columns));
		const least = Math.min(inner, LEAST_ROOM);
		const width = Math.max(least, columns * tiles.pitchX - tiles.gap + 2 * ROOM_PAD);
		const height =
			ROOM_HEAD +
			(tiles.cell > 0 ? 0 : tiles.above) +
			rows * tiles.pitchY -
			tiles.gap +
			ROOM_FOOT +
			4;
		if (x > panel.x + 10 && x + width > panel.x + 10 + inner) {
			x = panel.x + 10;
			y += shelf + 8;
			shelf = 0;
		}
		if (y + height > bottom) return null;
		placed.push({
			box: box(x, y, width, height),
			origin: { x: x + ROOM_PAD, y: y + ROOM_HEAD + tiles.above },
			columns
		});
		x += width + 8;
		shelf = Math.max(shelf, height);
	}
	return placed;
}
