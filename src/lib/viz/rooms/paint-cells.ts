import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { DrawList } from '../draw/ops.ts';
import { Glyph, Notch, Op, paint, Shape } from '../draw/ops.ts';
import type { Box } from '../geometry/box.ts';
import { Mark, type SubBlocks } from './sub-blocks.ts';

/** Pages of some sub-blocks together: what one cell shows, whatever its size. */
export interface CellCounts {
	free: number;
	user: number;
	kernel: number;
	offline: number;
	hole: number;
	marks: number;
}

export function countCells(cells: SubBlocks, first: number, count: number): CellCounts {
	const sum: CellCounts = { free: 0, user: 0, kernel: 0, offline: 0, hole: 0, marks: 0 };
	for (let at = first; at < first + count; at += 1) {
		sum.free += cells.free[at] as number;
		sum.user += cells.user[at] as number;
		sum.kernel += cells.kernel[at] as number;
		sum.offline += cells.offline[at] as number;
		sum.hole += cells.hole[at] as number;
		sum.marks |= cells.marks[at] as number;
	}
	return sum;
}

/** Heights of the parts of a cell from the bottom up; what is there at all is at least a pixel high. */
function partsOf(
	counts: CellCounts,
	height: number
): { kernel: number; user: number; offline: number } {
	const whole = counts.free + counts.user + counts.kernel + counts.offline;
	const part = (pages: number): number =>
		pages === 0 || whole === 0 ? 0 : Math.max(1, Math.round((pages / whole) * height));
	const kernel = Math.min(height, part(counts.kernel));
	const user = Math.min(height - kernel, part(counts.user));
	return { kernel, user, offline: Math.min(height - kernel - user, part(counts.offline)) };
}

/** Cells that are smaller than this carry a dot or a stroke instead of a glyph. */
export const GLYPH_CELL = 15;

/**
 * One cell: user memory as fill from the bottom, kernel memory below it, what is offline inside as hatch on top. Colour says
 * who may touch it; marks are added by the caller where there is room for a glyph.
 */
export function drawCell(list: DrawList, counts: CellCounts, b: Box, shape: number): void {
	const whole = counts.free + counts.user + counts.kernel + counts.offline;
	if (whole === 0) return;
	const parts = partsOf(counts, b.height);
	const bottom = b.y + b.height;
	if (parts.kernel + parts.user >= b.height && (parts.kernel === 0 || parts.user === 0))
		list.add(
			Op.area,
			b.x,
			b.y,
			b.width,
			b.height,
			paint(parts.kernel > 0 ? 'kernel' : 'host-a'),
			1,
			shape,
			Notch.none
		);
	else {
		if (shape !== Shape.square) list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
		if (parts.kernel > 0)
			list.add(Op.rect, b.x, bottom - parts.kernel, b.width, parts.kernel, paint('kernel'), 1);
		if (parts.user > 0)
			list.add(
				Op.rect,
				b.x,
				bottom - parts.kernel - parts.user,
				b.width,
				parts.user,
				paint('host-a'),
				1
			);
		if (shape !== Shape.square) list.add(Op.unclip);
		if (parts.offline > 0) list.add(Op.hatch, b.x, b.y, b.width, parts.offline, paint('hatch'));
	}
}

/** Stand-ins for glyphs where a cell is too small for them: a paper dot for kernel memory, an ink stroke for what stays. */
export function drawSmallMarks(list: DrawList, counts: CellCounts, b: Box): void {
	const x = b.x + b.width / 2;
	const y = b.y + b.height / 2;
	if ((counts.marks & Mark.kernel) !== 0 && counts.kernel * 2 > PAGES_PER_BLOCK && b.width >= 4)
		list.add(Op.glyph, x, y, Math.min(9, b.width), Glyph.dot, paint('paper'));
	else if ((counts.marks & Mark.kernel) !== 0 && b.width >= 4)
		list.add(
			Op.glyph,
			x,
			b.y + b.height - Math.min(2, b.height / 2),
			Math.min(6, b.width),
			Glyph.dot,
			paint('ink')
		);
	if ((counts.marks & (Mark.pinned | Mark.held | Mark.secure)) === 0) return;
	const height = Math.max(5, b.height);
	list.add(Op.rect, x - 2, y - height / 2 - 1, 4, height + 2, paint('paper'), 1);
	list.add(Op.rect, x - 1, y - height / 2, 2, height, paint('ink'), 1);
}
