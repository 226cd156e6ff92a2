import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { Point } from '../geometry/box.ts';
import { pageBox, tileBox, type GridMeasure } from '../geometry/memory-grid.ts';
import { CellFlag, CellKind, FULL, peerLetter, type MemoryCells } from '../scene/cells.ts';
import type { PageCells } from '../scene/pages.ts';
import { hostColour, labelOn, type ColourName } from '../tokens/colour.ts';
import { type DrawList, Glyph, Notch, Op, paint, Shape } from './ops.ts';

/** What a zoomed cell is filled with; null = drawn by outline, dots or hatch. */
function fill(kind: number, hue: number): ColourName | null {
	switch (kind) {
		case CellKind.vm:
		case CellKind.leaving:
		case CellKind.incoming:
		case CellKind.copy:
			return hostColour(hue - 1);
		case CellKind.kernel:
			return 'kernel';
		case CellKind.other:
			return 'other';
		case CellKind.superpage:
			return 'shared';
		case CellKind.peer:
			return 'peer';
		default:
			return null;
	}
}

const isTinted = (kind: number): boolean =>
	kind === CellKind.leaving || kind === CellKind.incoming || kind === CellKind.copy;

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
			if (kind === CellKind.offline)
				list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
			else if (kind !== CellKind.absent) {
				const pool = kind !== CellKind.free;
				list.add(
					Op.outline,
					b.x,
					b.y,
					b.width,
					b.height,
					paint(pool ? 'pool' : 'hairline'),
					kind === CellKind.capacity ? 0.42 : 1,
					shape,
					0,
					1
				);
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
						kind === CellKind.capacity ? 0.42 : 1
					);
			}
		} else if (isTinted(kind)) {
			list.add(Op.area, b.x, b.y, b.width, b.height, paint(colour), 0.14, shape, Notch.none);
			list.add(
				Op.outline,
				b.x,
				b.y,
				b.width,
				b.height,
				paint(colour),
				1,
				shape,
				kind === CellKind.copy ? 0 : 1,
				1.5
			);
		} else if (used < FULL) {
			const height = Math.max(2, Math.round((b.height * used) / FULL));
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint(colour), 0.7, shape, 0, 1);
			list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
			list.add(Op.rect, b.x, b.y + b.height - height, b.width, height, paint(colour), 1);
			list.add(Op.unclip);
		} else {
			const notch =
				kind !== CellKind.vm
					? Notch.none
					: hue === 1
						? Notch.topLeft
						: hue === 2
							? Notch.bottomRight
							: Notch.none;
			list.add(Op.area, b.x, b.y, b.width, b.height, paint(colour), 1, shape, notch);
		}
		const x = b.x + b.width / 2;
		const y = b.y + b.height / 2;
		if (kind === CellKind.kernel && used > FULL / 2)
			list.add(Op.glyph, x, y, 14, Glyph.anchor, paint('on-kernel'));
		else if (kind === CellKind.kernel || (flags & CellFlag.kernelInside) !== 0)
			list.add(Op.glyph, x, y, 13, Glyph.anchor, paint('ink'));
		if (kind === CellKind.peer)
			list.add(Op.letter, x, y, 12, peerLetter(hue).charCodeAt(0), paint(labelOn('peer')));
		if ((flags & CellFlag.pinned) !== 0) list.add(Op.glyph, x, y, 16, Glyph.nail, paint('ink'));
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
			if (kind === CellKind.offline)
				list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
			else if (kind !== CellKind.absent) {
				const pool = kind !== CellKind.free;
				list.add(
					Op.outline,
					b.x,
					b.y,
					b.width,
					b.height,
					paint(pool ? 'pool' : 'hairline'),
					pool ? 0.42 : 1,
					Shape.square,
					0,
					1
				);
				if (pool)
					list.add(
						Op.dots,
						b.x + b.width / 2,
						b.y + b.height / 2,
						1,
						1,
						1,
						1,
						1.2,
						paint('pool'),
						1
					);
			}
		} else if (isTinted(kind)) {
			list.add(Op.rect, b.x, b.y, b.width, b.height, paint(colour), 0.14);
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint(colour), 1, Shape.square, 0, 1);
		} else list.add(Op.rect, b.x, b.y, b.width, b.height, paint(colour), 1);
		if (kind === CellKind.kernel)
			list.add(
				Op.glyph,
				b.x + b.width / 2,
				b.y + b.height / 2,
				b.height,
				Glyph.dot,
				paint('paper')
			);
		if ((pages.dirty[page] as number) === 1)
			list.add(Op.dirty, b.x + b.width - 0.5, b.y + 0.5, Math.min(7, b.height));
		if (
			(pages.pinned[page] as number) === 1 &&
			(page === 0 || (pages.pinned[page - 1] as number) === 0)
		)
			list.add(Op.glyph, b.x + b.width / 2, b.y + b.height / 2, 13, Glyph.nail, paint('ink'));
	}
}
