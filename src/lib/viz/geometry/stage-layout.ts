import { box, right, type Box, type Point } from './box.ts';
import { measureGrid, measureStrip, type GridMeasure } from './memory-grid.ts';
import { ROWS, SHORT, type Rows, type StageMode } from './stage-rows.ts';

export type { StageMode };

export interface StageInput {
	readonly width: number;
	readonly height: number;
	readonly mode: StageMode;
	readonly hostCount: number;
	readonly hasPool: boolean;
	/** 2 MiB blocks of the largest memory: all memories share one scale. */
	readonly largestBlocks: number;
	readonly cpus: number;
	/** Leaves the line of the moment out (the page says it elsewhere). */
	readonly caption: boolean;
}

export interface CardLayout {
	readonly card: Box;
	/** Left and right edge of the content. */
	readonly left: number;
	readonly right: number;
	readonly titleY: number;
	readonly headY: number;
	readonly grid: Box;
	/** Baseline rows that a mode may leave out. */
	readonly laneY: number | null;
	readonly laneLines: readonly number[];
	readonly footY: number | null;
	readonly strip: Box | null;
	readonly footNoteY: number | null;
}

export interface HostLayout extends CardLayout {
	readonly slots: readonly Box[];
	readonly slotsNoteY: number | null;
	readonly slotsLineY: number | null;
	/** Left (1) or right (−1) of the pool: which way its link goes. */
	readonly side: 1 | -1;
	/** Where its link leaves the card, and where the network comes to it. */
	readonly linkFrom: Point;
	readonly wireAt: Point;
}

export interface SwitchLayout {
	readonly card: Box;
	readonly nameY: number;
	/** Name left of the pool's port, below the card, instead of in it: the figure of that port stands right of it. */
	readonly nameOutside: boolean;
	readonly linkY: number;
	readonly leftPort: Point;
	readonly rightPort: Point;
	readonly poolPort: Point;
	readonly poolTopY: number;
}

export interface StageLayout {
	readonly mode: StageMode;
	readonly width: number;
	readonly height: number;
	readonly captionY: number;
	readonly measure: GridMeasure;
	/** Side of the square of cells, and the measure of the opened block. */
	readonly side: number;
	readonly hosts: readonly HostLayout[];
	readonly pool: CardLayout | null;
	readonly switch: SwitchLayout | null;
	/** The migration network: from the top edge of one card to the other. */
	readonly wire: {
		readonly y: number;
		readonly fromX: number;
		readonly toX: number;
		readonly dropY: number;
		readonly labelX: number;
		/** Hosts in rows: the network goes round them, and down both margins. */
		readonly around: {
			readonly leftX: number;
			readonly rightX: number;
			readonly leftY: number;
			readonly rightY: number;
		} | null;
	} | null;
	/** Room between the cards, for figures of the home page. */
	readonly gutters: readonly [Box, Box];
}

/** 0.42 px per GB/s, one scale for every link. */
export const PX_PER_GBPS = 0.42;
export const bandWidth = (bytesPerSecond: number): number => (bytesPerSecond / 1e9) * PX_PER_GBPS;

const RAIL = 20;
const PAD = 10;
const LEAST_GUTTER = 43;
/** When a page is a little too narrow; below that the whole figure is made smaller. */
const NARROWEST_GUTTER = 36;
const NARROWEST_MARGIN = 2;
export const NARROWEST_STAGE = 3 * 300 + 2 * NARROWEST_GUTTER + 2 * NARROWEST_MARGIN;
const MARGIN = 12;

/** Half density has no room for squares: this much for its cells; several rows of hosts share what room there is. */
const HALF_GRID = 98;
const LOWEST_GRID = 74;
const TALLEST_GRID = 160;
/** Between switch and pool, where rows leave room for the name of the switch. */
const POOL_SHIFT = 14;
const ROW_GAP = 16;
/** Margin in which the network goes down beside hosts in rows. */
const WIRE_MARGIN = 14;

/** More hosts than two stand in rows left and right of the pool, each as high as in half density. */
function rowsOf(input: StageInput): number {
	return input.mode === 'half' && input.hostCount > 2 ? Math.ceil(input.hostCount / 2) : 1;
}

function gridHeightOf(input: StageInput, rows: Rows, side: number, top: number): number {
	if (input.mode !== 'half') return side;
	const count = rowsOf(input);
	if (count === 1) return HALF_GRID;
	const room = (input.height - top - 10 - (count - 1) * ROW_GAP) / count - rows.grid - rows.end;
	return Math.max(LOWEST_GRID, Math.min(TALLEST_GRID, Math.floor(room)));
}

/** Side of the square at a cell of `cell` px in tiles of 8 × 8 with 2 px between them. */
const sideAt = (cell: number): number => 8 * (8 * cell) + 7 * 2;

function chooseSide(input: StageInput, rows: Rows, top: number): number {
	const columns = 3;
	for (let cell = 8; cell > 4; cell -= 1) {
		const side = sideAt(cell);
		const width = columns * (side + RAIL + PAD) + 2 * LEAST_GUTTER + 2 * MARGIN;
		if (width <= input.width && top + rows.grid + side + rows.end <= input.height) return side;
	}
	return sideAt(4);
}

export function layoutStage(input: StageInput): StageLayout {
	const rows = ROWS[input.mode];
	const top = input.caption ? rows.card : Math.max(rows.wireAbove + 8, rows.card - 28);
	const side = input.mode === 'half' ? sideAt(4) : chooseSide(input, rows, top);
	const gridHeight = gridHeightOf(input, rows, side, top);
	const rowCount = rowsOf(input);
	const measure =
		input.mode === 'half'
			? measureStrip(input.largestBlocks, side, gridHeight)
			: measureGrid(input.largestBlocks, side);
	const cardWidth = side + RAIL + PAD;
	// The margins give way first, then the gutters.
	const spare = (input.width - 3 * cardWidth) / 2;
	const margin =
		input.mode === 'story'
			? 0
			: Math.max(
					NARROWEST_MARGIN,
					Math.min(rowCount > 1 ? WIRE_MARGIN : MARGIN, spare - NARROWEST_GUTTER)
				);
	const gutter = Math.max(NARROWEST_GUTTER, (input.width - 2 * margin - 3 * cardWidth) / 2);
	const columnX = [margin, margin + cardWidth + gutter, margin + 2 * (cardWidth + gutter)];
	const height = rows.grid + gridHeight + rows.end;

	/** Switch and pool stand in the middle of all rows. */
	const middleTop = top + ((rowCount - 1) * (height + ROW_GAP)) / 2;
	const linkY = middleTop + rows.link;
	const hosts: HostLayout[] = [];
	for (let index = 0; index < input.hostCount; index += 1) {
		const inRows = rowCount > 1;
		const row = inRows ? Math.floor(index / 2) : index < 2 ? 0 : 1 + Math.floor((index - 2) / 3);
		const column = index < 2 || inRows ? (index % 2) * 2 : (index - 2) % 3;
		const card = box(columnX[column] as number, top + row * (height + ROW_GAP), cardWidth, height);
		hosts.push(
			hostLayout(card, rows, gridHeight, side, input, column === 0 ? 1 : -1, inRows, linkY)
		);
	}
	const poolX = columnX[1] as number;
	const poolShift = rowCount > 1 ? POOL_SHIFT : 0;
	const gridTop = middleTop + rows.grid + poolShift;
	const poolTop = middleTop + rows.poolTop + poolShift;
	const storyExtra = input.mode === 'story' ? 54 : 0;
	const pool: CardLayout | null = input.hasPool
		? {
				card: box(poolX, poolTop, cardWidth, middleTop + poolShift + height - poolTop + storyExtra),
				left: poolX + RAIL,
				right: poolX + RAIL + side,
				titleY: middleTop + rows.head + poolShift,
				headY: middleTop + rows.head + poolShift,
				grid: box(poolX + RAIL, gridTop, side, gridHeight),
				laneY: rows.lane === null ? null : gridTop + gridHeight + rows.lane,
				laneLines: lines(rows, gridTop + gridHeight),
				footY: gridTop + gridHeight + rows.foot,
				strip: box(poolX + RAIL, gridTop + gridHeight + rows.poolStrip, side, rows.poolStripHeight),
				footNoteY: null
			}
		: null;
	const card = box(poolX, middleTop, cardWidth, rows.switchHeight);
	const nameOutside = input.mode === 'short' || input.mode === 'half';
	const middle = poolX + cardWidth / 2;
	const first = hosts[0];
	const second = hosts[1];
	return {
		mode: input.mode,
		width: input.width,
		height:
			Math.max(
				...hosts.map((host) => host.card.y + host.card.height),
				pool === null ? 0 : pool.card.y + pool.card.height
			) + (input.mode === 'story' ? 0 : 10),
		captionY: nameOutside ? 15 : 24,
		measure,
		side,
		hosts,
		pool,
		switch: input.hasPool
			? {
					card,
					nameY: nameOutside
						? (middleTop + rows.switchHeight + poolTop) / 2
						: middleTop + (input.mode === 'story' ? 58 : 57),
					nameOutside,
					linkY,
					leftPort: { x: poolX, y: linkY },
					rightPort: { x: poolX + cardWidth, y: linkY },
					poolPort: { x: middle - 0, y: middleTop + rows.switchHeight },
					poolTopY: poolTop
				}
			: null,
		wire:
			first !== undefined && second !== undefined
				? {
						y: top - rows.wireAbove,
						// Where nothing is written: right of A's content, left of B's.
						fromX: right(first.card) - 6,
						toX: second.card.x + 6,
						// The corner of the card is round there.
						dropY: top + 2,
						labelX: middle,
						around:
							rowCount > 1
								? {
										leftX: margin / 2,
										rightX: input.width - margin / 2,
										leftY: lowestWire(hosts, 1),
										rightY: lowestWire(hosts, -1)
									}
								: null
					}
				: null,
		gutters: [
			box(columnX[0]! + cardWidth, middleTop, gutter, height),
			box(poolX + cardWidth, middleTop, gutter, height)
		]
	};
}

/** How far down the network goes at one side. */
const lowestWire = (hosts: readonly HostLayout[], side: 1 | -1): number =>
	Math.max(...hosts.map((host) => (host.side === side ? host.wireAt.y : 0)));

function lines(rows: Rows, gridBottom: number): number[] {
	return [rows.laneLine, rows.laneEnd].flatMap((row) => (row === null ? [] : [gridBottom + row]));
}

/** What the lowest figure of one world needs: beyond that a scale has nothing to grow into. */
export const LOWEST_STAGE = SHORT.card + SHORT.grid + sideAt(4) + SHORT.end + 10;

function hostLayout(
	card: Box,
	rows: Rows,
	gridHeight: number,
	side: number,
	input: StageInput,
	towards: 1 | -1,
	inRows: boolean,
	linkY: number
): HostLayout {
	const left = card.x + RAIL;
	const grid = box(left, card.y + rows.grid, side, gridHeight);
	const below = grid.y + gridHeight;
	const story = input.mode === 'story';
	const inline = rows.slotNote === null;
	const slotsLeft = inline ? left + 79 : left;
	return {
		card,
		left,
		right: left + side,
		titleY: card.y + rows.title,
		headY: card.y + rows.head,
		grid,
		laneY: rows.lane === null ? null : below + rows.lane,
		laneLines: story ? [] : lines(rows, below),
		footY: story ? null : below + rows.foot,
		strip: story ? null : box(left, below + rows.strip, side, rows.stripHeight),
		footNoteY: rows.note === null || story ? null : below + rows.note,
		slots: slotBoxes(
			input.cpus,
			slotsLeft,
			card.y + rows.slotTop,
			left + side - slotsLeft,
			rows.slot
		),
		slotsNoteY: rows.slotNote === null ? null : card.y + rows.slotNote,
		slotsLineY: rows.slotLine === null ? null : card.y + rows.slotLine,
		side: towards,
		linkFrom: {
			x: towards === 1 ? right(card) : card.x,
			y: inRows
				? Math.max(card.y + 24, Math.min(card.y + card.height - 24, linkY))
				: card.y + rows.link
		},
		wireAt: { x: towards === 1 ? card.x : right(card), y: card.y + rows.title }
	};
}

/** CPU slots: one row up to 12, two rows beyond, smaller as they become many. */
function slotBoxes(cpus: number, left: number, top: number, width: number, high: number): Box[] {
	const rowCount = cpus > 12 ? 2 : 1;
	const perRow = Math.ceil(cpus / rowCount);
	const gap = perRow > 24 ? 1 : rowCount === 2 || high < 28 ? 2 : 4;
	const size = Math.max(
		2,
		Math.min((high - (rowCount - 1) * 2) / rowCount, (width + gap) / perRow - gap)
	);
	const pitch = perRow <= 1 ? 0 : Math.min((width - size) / (perRow - 1), size + 6);
	return Array.from({ length: cpus }, (_, cpu) =>
		box(left + (cpu % perRow) * pitch, top + Math.floor(cpu / perRow) * (size + 2), size, size)
	);
}
