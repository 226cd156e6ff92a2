import { box, type Box } from './box.ts';
import type { GridMeasure } from './memory-grid.ts';

/** The small picture of a lesson lane (260 × 76) or of a phone (358 × 172): A – pool – B, or A – wire – B. */
export interface MiniLayout {
	readonly width: number;
	readonly height: number;
	readonly cards: readonly MiniCard[];
	/** Absent between hosts that talk over the network. */
	readonly pool: MiniCard | null;
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
	room = 0
): MiniLayout {
	const compact = size === 'lane';
	const width = Math.max(room, compact ? 260 : 326);
	const height = compact ? 76 : 172;
	const cardWidth = Math.floor(compact ? Math.min(90, width * 0.28) : width * 0.294);
	const pad = compact ? 5 : 6;
	const gridHeight = compact ? 42 : 93;
	const measure = measureMini(largestBlocks, cardWidth - 2 * pad, gridHeight);
	const used = measure.columns * measure.pitch - (measure.pitch - measure.tile);
	const card = (x: number, y: number, title: number, grid: number): MiniCard => {
		const left = x + (cardWidth - used) / 2;
		const r = compact
			? Math.min(4, (cardWidth - 2 * pad - 26) / Math.max(4, vcpus) / 2 - 0.4)
			: Math.min(9.5, (cardWidth - 2 * pad) / Math.max(4, vcpus) / 2 - 1.2);
		const pitch = compact
			? r * 2 + 1
			: Math.min(24, (cardWidth - 2 * pad - 2 * r) / Math.max(1, Math.max(4, vcpus) - 1));
		return {
			card: box(x, y, cardWidth, height - y),
			titleX: left,
			titleY: title,
			grid: box(left, grid, used, gridHeight),
			discs: compact
				? { x: x + cardWidth - pad - r - (vcpus - 1) * pitch, y: title - 0.5, pitch, r }
				: { x: left + r, y: y + 38, pitch, r }
		};
	};
	const gridTop = height - pad - gridHeight + (compact ? 2 : 0);
	const rightX = width - cardWidth;
	const middleX = Math.round((width - cardWidth) / 2);
	const top = compact ? 0 : 0;
	return {
		width,
		height,
		compact,
		measure,
		cards: [
			card(0, top, compact ? 13 : 13, gridTop),
			card(rightX, top, compact ? 13 : 13, gridTop)
		],
		pool: hasPool
			? card(middleX, compact ? 16 : 44, compact ? 26 : 58, compact ? 34 : gridTop)
			: null,
		hub: compact
			? box(middleX + cardWidth / 2 - 24, 0, 48, 13)
			: box(middleX + cardWidth / 2 - 44, 8, 88, 25)
	};
}
