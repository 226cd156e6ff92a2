import { BLOCKS_PER_MEMORY_BLOCK, PAGES_PER_BLOCK } from '../../base/units.ts';
import { DrawList, Op, paint, Shape } from '../draw/ops.ts';
import { box, type Box } from '../geometry/box.ts';
import { PageFate, type BlockPages } from './pages.ts';

/** Pages of a sub-block stand 32 beside each other, 16 rows deep. */
const ACROSS = 32;
const DOWN = PAGES_PER_BLOCK / ACROSS;
const GAP = 5;
const MARGIN = 8;
const LARGEST_PAGE = 5;

export interface PagesLayout {
	/** Edge of one page in pixels. */
	readonly page: number;
	readonly columns: number;
	/** Outline of the block. */
	readonly outer: Box;
	readonly width: number;
	readonly height: number;
}

/** The largest pages with which 64 sub-blocks fit; at least a pixel each, then the figure is as high as it has to be. */
export function layoutPages(width: number, height: number): PagesLayout {
	let best: PagesLayout | null = null;
	for (const columns of [16, 8, 4, 2]) {
		const rows = BLOCKS_PER_MEMORY_BLOCK / columns;
		const across = (width - 2 * MARGIN - (columns - 1) * GAP) / (columns * ACROSS);
		const down = (height - 2 * MARGIN - (rows - 1) * GAP) / (rows * DOWN);
		const page = Math.min(LARGEST_PAGE, Math.floor(Math.min(across, down) * 4) / 4);
		if (best !== null && page <= best.page) continue;
		best = sized(page, columns);
	}
	if (best !== null && best.page >= 1) return best;
	const columns = width >= 16 * (ACROSS + GAP) ? 16 : width >= 8 * (ACROSS + GAP) ? 8 : 4;
	return sized(1, columns);
}

function sized(page: number, columns: number): PagesLayout {
	const rows = BLOCKS_PER_MEMORY_BLOCK / columns;
	const width = columns * ACROSS * page + (columns - 1) * GAP + 2 * MARGIN;
	const height = rows * DOWN * page + (rows - 1) * GAP + 2 * MARGIN;
	return { page, columns, outer: box(0, 0, width, height), width, height };
}

/** Where a sub-block stands. */
export function boxOfSubBlock({ page, columns }: PagesLayout, sub: number): Box {
	const x = Math.round(MARGIN + (sub % columns) * (ACROSS * page + GAP));
	const y = Math.round(MARGIN + Math.floor(sub / columns) * (DOWN * page + GAP));
	return box(x, y, ACROSS * page, DOWN * page);
}

/** What a brush of so many pages covers at a point; null beside the pages. */
export function boxOfBrush(layout: PagesLayout, pages: number, x: number, y: number): Box | null {
	if (pages > PAGES_PER_BLOCK) return box(3, 3, layout.width - 6, layout.height - 6);
	for (let sub = 0; sub < BLOCKS_PER_MEMORY_BLOCK; sub += 1) {
		const b = boxOfSubBlock(layout, sub);
		if (x < b.x || y < b.y || x >= b.x + b.width || y >= b.y + b.height) continue;
		if (pages > 1) return box(b.x - 2, b.y - 2, b.width + 4, b.height + 4);
		const { page } = layout;
		return box(
			b.x + Math.floor((x - b.x) / page) * page - 2,
			b.y + Math.floor((y - b.y) / page) * page - 2,
			page + 4,
			page + 4
		);
	}
	return null;
}

export function drawPages(pages: BlockPages, layout: PagesLayout): DrawList {
	const list = new DrawList();
	for (let sub = 0; sub < BLOCKS_PER_MEMORY_BLOCK; sub += 1) drawSubBlock(list, pages, layout, sub);
	const { outer } = layout;
	const arrived = pages.state === 'offline' || pages.state === 'absent';
	const dash = pages.state === 'online' ? 0 : 5;
	list.add(
		Op.outline,
		outer.x + 2,
		outer.y + 2,
		outer.width - 4,
		outer.height - 4,
		paint(arrived ? 'border' : 'ink'),
		1,
		Shape.round,
		dash,
		2
	);
	return list;
}

function drawSubBlock(list: DrawList, pages: BlockPages, layout: PagesLayout, sub: number): void {
	const b = boxOfSubBlock(layout, sub);
	const { page } = layout;
	const base = sub * PAGES_PER_BLOCK;
	const whole = pages.fates[base] as number;
	let uniform = true;
	for (let row = 1; uniform && row < PAGES_PER_BLOCK; row += 1)
		uniform = pages.fates[base + row] === whole;
	if (uniform) fill(list, whole, b.x, b.y, b.width, b.height);
	else
		for (let line = 0; line < DOWN; line += 1)
			for (let from = 0; from < ACROSS;) {
				const fate = pages.fates[base + line * ACROSS + from] as number;
				let to = from + 1;
				while (to < ACROSS && pages.fates[base + line * ACROSS + to] === fate) to += 1;
				// Whole pixels: neighbours meet without a seam.
				const [left, right] = [b.x + from * page, b.x + to * page].map(Math.round) as [
					number,
					number
				];
				const [top, bottom] = [b.y + line * page, b.y + (line + 1) * page].map(Math.round) as [
					number,
					number
				];
				fill(list, fate, left, top, right - left, bottom - top);
				from = to;
			}
	list.add(Op.outline, b.x, b.y, b.width, b.height, paint('border'), 1, Shape.square, 0, 1);
	// One page decides over its sub-block: what is held stays visible at any size.
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		if (pages.fates[base + row] !== PageFate.held) continue;
		const x = b.x + (row % ACROSS) * page + page / 2;
		const y = b.y + Math.floor(row / ACROSS) * page + page / 2;
		const half = Math.max(3.5, page);
		list.add(Op.rect, x - half, y - half, 2 * half, 2 * half, paint('paper'), 1);
		list.add(Op.rect, x - half + 1.5, y - half + 1.5, 2 * half - 3, 2 * half - 3, paint('ink'), 1);
	}
}

function fill(
	list: DrawList,
	fate: number,
	x: number,
	y: number,
	width: number,
	height: number
): void {
	if (fate === PageFate.used || fate === PageFate.held)
		list.add(Op.rect, x, y, width, height, paint('host-a'), 1);
	else if (fate === PageFate.kernel) list.add(Op.rect, x, y, width, height, paint('kernel'), 1);
	else if (fate === PageFate.gone) list.add(Op.hatch, x, y, width, height, paint('hatch'));
}
