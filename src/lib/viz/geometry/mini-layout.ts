import { box, centre, right, type Box, type Point } from './box.ts';
import type { GridMeasure } from './memory-grid.ts';

/**
 * The small picture of a lesson lane (260 × 76) or of a phone (358 × 172): A – pool – B, or A – wire – B. On a phone more hosts
 * stand in lower rows left and right of what is between them.
 */
export interface MiniLayout {
	readonly width: number;
	readonly height: number;
	readonly cards: readonly MiniCard[];
	/** Absent between hosts that talk over the network. */
	readonly pool: MiniCard | null;
	/** From each card to the pill, around corners where it is in another row. */
	readonly links: readonly (readonly Point[])[];
	/** Pill of the switch or of the network. */
	readonly hub: Box;
	readonly measure: GridMeasure;
	readonly compact: boolean;
}
export interface MiniCard {
	readonly card: Box;
	readonly titleX: number;
	readonly titleY: number;
	readonly grid: Box;
	/** vCPUs: middle of the first, from one to the next, radius. */
	readonly discs: {
		readonly x: number;
		readonly y: number;
		readonly pitch: number;
		readonly r: number;
	};
}

const ROW_GAP = 8;

/** Cells of 128 MiB, or larger, so that all fit. */
export function measureMini(blocks: number, width: number, height: number): GridMeasure {
	let blocksPerCell = 64;
	for (;;) {
		const cells = Math.ceil(blocks / blocksPerCell);
		for (let columns = 1; columns <= 32; columns += 1) {
			const rows = Math.ceil(cells / columns);
			const pitch = Math.floor(((width + 1) / columns) * 4) / 4;
			const pitchY = Math.floor(((height + 1) / rows) * 4) / 4;
			if (pitch < 4 || pitchY < pitch * 0.96) continue;
			const tall = Math.min(pitchY, pitch > 8 ? pitch : pitch * 2.4);
			const gap = pitch >= 8 ? 1.5 : 1;
			return {
				blocksPerCell,
				cell: pitch - gap,
				tileSide: 1,
				tile: pitch - gap,
				pitch,
				columns,
				rows,
				tileHeight: tall - gap,
				pitchY: tall
			};
		}
		blocksPerCell *= 2;
	}
}

export function layoutMini(
	size: 'lane' | 'still',
	hasPool: boolean,
	largestBlocks: number,
	vcpus: number,
	room = 0,
	hostCount = 2
): MiniLayout {
	const compact = size === 'lane';
	const width = Math.max(room, compact ? 260 : 326);
	const rows = compact ? 1 : Math.ceil(Math.max(2, hostCount) / 2);
	const rowHeight = compact ? 76 : rows === 1 ? 172 : 112;
	const height = rows * rowHeight + (rows - 1) * ROW_GAP;
	const cardWidth = Math.floor(compact ? Math.min(90, width * 0.28) : width * 0.294);
	const pad = compact ? 5 : 6;
	const gridHeight = compact ? 42 : rows === 1 ? 93 : 58;
	const measure = measureMini(largestBlocks, cardWidth - 2 * pad, gridHeight);
	const used = measure.columns * measure.pitch - (measure.pitch - measure.tile);
	const card = (x: number, y: number, title: number, grid: number, high: number): MiniCard => {
		const left = x + (cardWidth - used) / 2;
		const r = compact
			? Math.min(4, (cardWidth - 2 * pad - 26) / Math.max(4, vcpus) / 2 - 0.4)
			: Math.min(9.5, (cardWidth - 2 * pad) / Math.max(4, vcpus) / 2 - 1.2);
		const pitch = compact
			? r * 2 + 1
			: Math.min(24, (cardWidth - 2 * pad - 2 * r) / Math.max(1, Math.max(4, vcpus) - 1));
		return {
			card: box(x, y, cardWidth, high),
			titleX: left,
			titleY: title,
			grid: box(left, grid, used, gridHeight),
			discs: compact
				? { x: x + cardWidth - pad - r - (vcpus - 1) * pitch, y: title - 0.5, pitch, r }
				: { x: left + r, y: y + (rows === 1 ? 38 : 30), pitch, r }
		};
	};
	const gridTop = rowHeight - pad - gridHeight + (compact ? 2 : 0);
	const rightX = width - cardWidth;
	const middleX = Math.round((width - cardWidth) / 2);
	/** Pool and pill stand in the middle of all rows. */
	const middleTop = (height - rowHeight) / 2;
	const poolTop = compact ? 16 : rows === 1 ? 44 : 30;
	const hub = compact
		? box(middleX + cardWidth / 2 - 24, 0, 48, 13)
		: box(middleX + cardWidth / 2 - 44, middleTop + (rows === 1 ? 8 : 0), 88, rows === 1 ? 25 : 22);
	const cards = Array.from({ length: Math.max(2, Math.min(hostCount, 2 * rows)) }, (_, index) => {
		const y = Math.floor(index / 2) * (rowHeight + ROW_GAP);
		return card(index % 2 === 0 ? 0 : rightX, y, y + 13, y + gridTop, rowHeight);
	});
	return {
		width,
		height,
		compact,
		measure,
		cards,
		links: cards.map((one, index) => linkOf(one.card, hub, index % 2 === 0, rows)),
		pool: hasPool
			? card(
					middleX,
					middleTop + poolTop,
					middleTop + (compact ? 26 : rows === 1 ? 58 : poolTop + 12),
					middleTop + (compact ? 34 : gridTop),
					rowHeight - poolTop
				)
			: null,
		hub
	};
}

/** Straight at the height of the pill; from another row along the middle of the gap. */
function linkOf(card: Box, hub: Box, isLeft: boolean, rows: number): Point[] {
	const from = isLeft ? right(card) : card.x;
	const to = isLeft ? hub.x : right(hub);
	const y = centre(hub).y;
	if (rows === 1)
		return [
			{ x: from, y },
			{ x: to, y }
		];
	const middle = (from + to) / 2;
	const at = card.y + 13;
	return [
		{ x: from, y: at },
		{ x: middle, y: at },
		{ x: middle, y },
		{ x: to, y }
	];
}
