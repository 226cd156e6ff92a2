import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { Point } from '../geometry/box.ts';
import { pageBox, tileBox, type GridMeasure } from '../geometry/memory-grid.ts';
import { CellFlag, CellKind, FULL, peerLetter, type MemoryCells } from '../scene/cells.ts';
import type { PageCells } from '../scene/pages.ts';
import { labelOn, type ColourName } from '../tokens/colour.ts';
import {
	area,
	glyph,
	hatch,
	hueName,
	isOnTheWay,
	letter,
	level,
	notchOf,
	outline,
	OUTSIDE,
	poolDot,
	rect,
	TINT,
	usedColour
} from './cell-ops.ts';
import { type DrawList, Glyph, Notch, Op, paint, Shape } from './ops.ts';

/** What a zoomed cell is filled with; null = drawn by outline, dots or hatch. */
const fill = (kind: number, hue: number): ColourName | null =>
	isOnTheWay(kind) ? hueName(hue) : usedColour(kind, hue);

/** The 64 sub-blocks of a 128 MiB block, large: level of use, anchor, nail, owner's notch. */
export function drawBlockInside(
	list: DrawList,
	cells: MemoryCells,
	first: number,
	measure: GridMeasure,
	origin: Point,
	shape: number
): void {
	const count = Math.min(64, cells.kind.length - first);
	for (let at = 0; at < count; at += 1) {
		const block = first + at;
		const kind = cells.kind[block] as number;
		const hue = cells.hue[block] as number;
		const used = cells.used[block] as number;
		const flags = cells.flags[block] as number;
		const b = tileBox(measure, origin, at);
		const colour = fill(kind, hue);
		if (colour === null) {
			if (kind === CellKind.offline) hatch(list, b);
			else if (kind !== CellKind.absent) {
				const pool = kind !== CellKind.free;
				const alpha = kind === CellKind.capacity ? OUTSIDE : 1;
				outline(list, b, pool ? 'pool' : 'hairline', alpha, shape);
				if (pool)
					list.add(
						Op.dots,
						b.x + b.width / 4,
						b.y + b.height / 4,
						2,
						2,
						b.width / 2,
						b.height / 2,
						1.6,
						paint('pool'),
						alpha
					);
			}
		} else if (isOnTheWay(kind)) {
			area(list, b, colour, TINT, shape);
			outline(list, b, colour, 1, shape, kind === CellKind.copy ? 0 : 1, 1.5);
		} else if (used < FULL) {
			const height = Math.max(2, Math.round((b.height * used) / FULL));
			level(list, b, shape, colour, height, 0.7);
		} else {
			area(list, b, colour, 1, shape, kind === CellKind.vm ? notchOf(hue) : Notch.none);
		}
		if (kind === CellKind.kernel && used > FULL / 2) glyph(list, b, 14, Glyph.anchor, 'on-kernel');
		else if (kind === CellKind.kernel || (flags & CellFlag.kernelInside) !== 0)
			glyph(list, b, 13, Glyph.anchor, 'ink');
		if (kind === CellKind.peer) letter(list, b, 12, peerLetter(hue), labelOn('peer'));
		if ((flags & CellFlag.pinned) !== 0) glyph(list, b, 16, Glyph.nail, 'ink');
	}
}

/** The 512 pages of a 2 MiB block. */
export function drawPagesInside(
	list: DrawList,
	pages: PageCells,
	side: number,
	origin: Point
): void {
	for (let page = 0; page < PAGES_PER_BLOCK; page += 1) {
		const b = pageBox(side, origin, page);
		const kind = pages.kind[page] as number;
		const colour = fill(kind, pages.hue[page] as number);
		if (colour === null) {
			if (kind === CellKind.offline) hatch(list, b);
			else if (kind !== CellKind.absent) {
				const pool = kind !== CellKind.free;
				outline(list, b, pool ? 'pool' : 'hairline', pool ? OUTSIDE : 1, Shape.square);
				if (pool) poolDot(list, b, 1.2, 1);
			}
		} else if (isOnTheWay(kind)) {
			rect(list, b, colour, TINT);
			outline(list, b, colour, 1, Shape.square);
		} else rect(list, b, colour);
		if (kind === CellKind.kernel) glyph(list, b, b.height, Glyph.dot, 'paper');
		if ((pages.dirty[page] as number) === 1)
			list.add(Op.dirty, b.x + b.width - 0.5, b.y + 0.5, Math.min(7, b.height));
		if (
			(pages.pinned[page] as number) === 1 &&
			(page === 0 || (pages.pinned[page - 1] as number) === 0)
		)
			glyph(list, b, 13, Glyph.nail, 'ink');
	}
}
