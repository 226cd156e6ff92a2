import type { Box, Point } from '../geometry/box.ts';
import { blocksPerTile, tileBox, type GridMeasure } from '../geometry/memory-grid.ts';
import { CellFlag, CellKind, FULL, peerLetter, type MemoryCells } from '../scene/cells.ts';
import { countCells, isUniform } from '../scene/counts.ts';
import { hostColour, labelOn, type ColourName } from '../tokens/colour.ts';
import { type DrawList, Glyph, Notch, Op, paint, Shape } from './ops.ts';

/** Corners by zone, per tile: NORMAL square, MOVABLE round. */
export type ShapeOf = (tile: number) => number;

/** 42 %: pool capacity outside every extent; 14 %: a block that leaves or arrives (design of the picture). */
const OUTSIDE = 0.42;
const TINT = 0.14;

const hueName = (hue: number): ColourName => hostColour(hue - 1);
const notchOf = (hue: number): number =>
	hue === 1 ? Notch.topLeft : hue === 2 ? Notch.bottomRight : Notch.none;

/** The fill of a used block, or null for what is drawn without fill. */
function fillOf(kind: number, hue: number): ColourName | null {
	switch (kind) {
		case CellKind.vm:
			return hueName(hue);
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

/** All cells of one memory as a draw list. */
export function drawMemory(
	list: DrawList,
	cells: MemoryCells,
	measure: GridMeasure,
	origin: Point,
	shapeOf: ShapeOf
): void {
	const perTile = blocksPerTile(measure);
	const count = cells.kind.length;
	const tiles = Math.ceil(count / perTile);
	for (let tile = 0; tile < tiles; tile += 1) {
		const first = tile * perTile;
		const end = Math.min(count, first + perTile);
		const b = tileBox(measure, origin, tile);
		if (measure.blocksPerCell > 1) drawLevel(list, cells, first, end, b, shapeOf(tile));
		else if (isUniform(cells, first, end) && end - first === perTile)
			drawUniform(list, cells, first, b, shapeOf(tile), measure.cell);
		else drawMixed(list, cells, first, end, b, shapeOf(tile), measure.cell);
	}
}

function poolDots(list: DrawList, b: Box, full: boolean): void {
	const step = b.width / 4 + 0.5;
	list.add(
		Op.dots,
		b.x + step / 2 - 1,
		b.y + step / 2 - 1,
		4,
		4,
		step,
		step,
		full ? 1.35 : 1.25,
		paint('pool'),
		full ? 1 : OUTSIDE
	);
}

function drawEmpty(list: DrawList, kind: number, hue: number, b: Box, shape: number): boolean {
	switch (kind) {
		case CellKind.absent:
			return true;
		case CellKind.offline:
			list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hatch'), 0.6, shape, 0, 1);
			return true;
		case CellKind.free:
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hairline'), 1, shape, 0, 1);
			return true;
		case CellKind.capacity:
			poolDots(list, b, false);
			return true;
		case CellKind.reserved:
			list.add(Op.outline, b.x, b.y, b.width, b.height, paint('pool'), 0.75, shape, 0, 1);
			poolDots(list, b, true);
			return true;
		case CellKind.leaving:
		case CellKind.incoming: {
			const colour = paint(hueName(hue));
			list.add(Op.area, b.x, b.y, b.width, b.height, colour, TINT, shape, Notch.none);
			list.add(Op.outline, b.x, b.y, b.width, b.height, colour, 1, shape, 1, 1.25);
			return true;
		}
		case CellKind.copy: {
			const colour = paint(hueName(hue));
			list.add(Op.area, b.x, b.y, b.width, b.height, colour, 0.07, shape, notchOf(hue));
			list.add(Op.outline, b.x, b.y, b.width, b.height, colour, 1, shape, 0, 1.5);
			return true;
		}
		default:
			return false;
	}
}

function drawUniform(
	list: DrawList,
	cells: MemoryCells,
	first: number,
	b: Box,
	shape: number,
	cell: number
): void {
	const kind = cells.kind[first] as number;
	const hue = cells.hue[first] as number;
	if (drawEmpty(list, kind, hue, b, shape)) return;
	const fill = fillOf(kind, hue) ?? 'other';
	const used = cells.used[first] as number;
	if (used < FULL) {
		// Every block is used to the same part: one level for all, over the outline of free memory.
		drawLevelIn(list, b, shape, fill, used / FULL, hue);
		return;
	}
	const notch = kind === CellKind.vm ? notchOf(hue) : Notch.none;
	list.add(
		Op.area,
		b.x,
		b.y,
		b.width,
		b.height,
		paint(fill),
		1,
		kind === CellKind.peer ? Shape.square : shape,
		notch
	);
	list.add(Op.grid, b.x, b.y, cell);
	const x = b.x + b.width / 2;
	const y = b.y + b.height / 2;
	if (kind === CellKind.kernel) list.add(Op.glyph, x, y, 16, Glyph.anchor, paint('on-kernel'));
	if (kind === CellKind.peer)
		list.add(Op.letter, x, y, 12, peerLetter(hue).charCodeAt(0), paint('on-peer'));
	if (kind === CellKind.vm && hue > 2)
		list.add(Op.letter, x, y, 12, peerLetter(hue - 1).charCodeAt(0), paint('on-peer'));
}

/** A tile whose cells differ: outline of what it would be when empty, then runs of cells, then marks. */
function drawMixed(
	list: DrawList,
	cells: MemoryCells,
	first: number,
	end: number,
	b: Box,
	shape: number,
	cell: number
): void {
	const pool = cells.memory.kind === 'pool';
	let empty = 0;
	let reserved = 0;
	let moving = 0;
	let movingHue = 0;
	for (let block = first; block < end; block += 1) {
		const kind = cells.kind[block] as number;
		if (kind === CellKind.free || kind === CellKind.capacity) empty += 1;
		if (kind === CellKind.reserved) reserved += 1;
		if (kind === CellKind.leaving || kind === CellKind.incoming) {
			moving += 1;
			movingHue = cells.hue[block] as number;
		}
	}
	if (empty > 0 && !pool)
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hairline'), 1, shape, 0, 1);
	if (reserved > 0)
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('pool'), 0.75, shape, 0, 1);
	if (moving * 2 >= end - first) drawEmpty(list, CellKind.incoming, movingHue, b, shape);
	list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
	for (let block = first; block < end; block += 1) {
		const at = block - first;
		const x = b.x + (at % 8) * cell;
		const y = b.y + Math.floor(at / 8) * cell;
		const kind = cells.kind[block] as number;
		const hue = cells.hue[block] as number;
		const used = cells.used[block] as number;
		switch (kind) {
			case CellKind.absent:
			case CellKind.free:
				break;
			case CellKind.offline:
				list.add(Op.hatch, x, y, cell, cell, paint('hatch'));
				break;
			case CellKind.capacity:
			case CellKind.reserved:
				if (at % 2 === 0 && Math.floor(at / 8) % 2 === 0)
					list.add(
						Op.dots,
						x + cell,
						y + cell,
						1,
						1,
						1,
						1,
						kind === CellKind.reserved ? 1.35 : 1.25,
						paint('pool'),
						kind === CellKind.reserved ? 1 : OUTSIDE
					);
				break;
			case CellKind.leaving:
			case CellKind.incoming:
				if (moving * 2 < end - first)
					list.add(Op.rect, x, y, cell - 1, cell - 1, paint(hueName(hue)), 0.34);
				break;
			case CellKind.copy:
				list.add(Op.rect, x, y, cell - 1, cell - 1, paint(hueName(hue)), 0.14);
				list.add(
					Op.outline,
					x,
					y,
					cell - 0.5,
					cell - 0.5,
					paint(hueName(hue)),
					0.9,
					Shape.square,
					0,
					1
				);
				break;
			default: {
				const colour = paint(fillOf(kind, hue) ?? 'other');
				const level = used >= FULL ? cell : Math.max(1, Math.round((cell * used) / FULL));
				// A paler cell under the level keeps the place of its free pages visible.
				if (level < cell) list.add(Op.rect, x, y, cell - 1, cell - 1, colour, TINT);
				list.add(Op.rect, x, y + cell - level, cell, level, colour, 1);
				list.add(Op.rect, x + cell - 1, y, 1, cell, paint('panel'), 0.26);
				list.add(Op.rect, x, y + cell - 1, cell - 1, 1, paint('panel'), 0.26);
			}
		}
	}
	list.add(Op.unclip);
	for (let block = first; block < end; block += 1) {
		const flags = cells.flags[block] as number;
		if (flags === 0) continue;
		const at = block - first;
		const x = b.x + (at % 8) * cell + cell / 2;
		const y = b.y + Math.floor(at / 8) * cell + cell / 2;
		if ((flags & CellFlag.pinned) !== 0)
			list.add(Op.glyph, x, y, cell >= 10 ? 12 : 10, Glyph.nail, paint('ink'));
		else if (cells.kind[block] !== CellKind.kernel)
			list.add(Op.glyph, x, y, cell, Glyph.dot, paint('paper'));
	}
}

function drawLevelIn(
	list: DrawList,
	b: Box,
	shape: number,
	fill: ColourName,
	share: number,
	hue: number
): void {
	list.add(Op.outline, b.x, b.y, b.width, b.height, paint(fill), 0.6, shape, 0, 1);
	list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
	const height = Math.max(1, Math.round(b.height * share));
	list.add(Op.rect, b.x, b.y + b.height - height, b.width, height, paint(fill), 1);
	list.add(Op.unclip);
	void hue;
}

/** A cell of 128 MiB or more: hue by its largest user, height by the used share; marks as in the lane. */
function drawLevel(
	list: DrawList,
	cells: MemoryCells,
	first: number,
	end: number,
	b: Box,
	shape: number
): void {
	const counts = countCells(cells, first, end);
	const blocks = Math.max(1, end - first);
	const parts: { colour: ColourName; count: number; hue: number }[] = [];
	for (const [host, count] of counts.vmByHost)
		parts.push({ colour: hostColour(host), count, hue: host + 1 });
	parts.push({ colour: 'kernel', count: counts.kernel, hue: 0 });
	parts.push({ colour: 'other', count: counts.other, hue: 0 });
	parts.push({ colour: 'peer', count: counts.peer, hue: 0 });
	const used = parts.filter((part) => part.count > 0).sort((a, c) => c.count - a.count);
	const moving = counts.incoming + counts.leaving + counts.copies;
	if (counts.reserved > 0)
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('pool'), 0.75, shape, 0, 1);
	else if (counts.free > 0)
		list.add(Op.outline, b.x, b.y, b.width, b.height, paint('hairline'), 1, shape, 0, 1);
	else if (counts.offline > blocks / 2 && cells.memory.kind === 'dram')
		list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
	if (counts.capacity + counts.reserved > blocks / 2) {
		const full = counts.reserved > counts.capacity;
		list.add(
			Op.dots,
			b.x + b.width / 2,
			b.y + b.height / 2,
			1,
			1,
			1,
			1,
			Math.min(1.6, b.width / 6),
			paint('pool'),
			full ? 1 : OUTSIDE
		);
	}
	if (moving > 0) {
		let hue = 0;
		for (let block = first; block < end && hue === 0; block += 1) {
			const kind = cells.kind[block] as number;
			if (kind === CellKind.incoming || kind === CellKind.leaving || kind === CellKind.copy)
				hue = cells.hue[block] as number;
		}
		const height = Math.max(2, Math.round((b.height * moving) / blocks));
		const copies = counts.copies > counts.incoming + counts.leaving;
		list.add(
			Op.area,
			b.x,
			b.y + b.height - height,
			b.width,
			height,
			paint(hueName(hue)),
			TINT,
			Shape.square,
			Notch.none
		);
		list.add(
			Op.outline,
			b.x,
			b.y,
			b.width,
			b.height,
			paint(hueName(hue)),
			1,
			shape,
			copies ? 0 : 1,
			1.25
		);
	}
	if (used.length > 0) {
		list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
		let from = b.y + b.height;
		for (const part of used) {
			const height = Math.max(1, Math.round((b.height * part.count) / blocks));
			list.add(
				Op.rect,
				b.x,
				Math.max(b.y, from - height),
				b.width,
				Math.min(height, from - b.y),
				paint(part.colour),
				1
			);
			from -= height;
		}
		list.add(Op.unclip);
		const [most] = used as [(typeof used)[0], ...typeof used];
		if (most.count === blocks && b.width >= 9) {
			if (most.colour === 'kernel')
				list.add(
					Op.glyph,
					b.x + b.width / 2,
					b.y + b.height / 2,
					Math.min(12, b.width - 2),
					Glyph.anchor,
					paint('on-kernel')
				);
			else if (most.colour === 'peer') {
				const letter =
					most.hue > 0 ? peerLetter(most.hue - 1) : peerLetter(cells.hue[first] as number);
				list.add(
					Op.letter,
					b.x + b.width / 2,
					b.y + b.height / 2,
					Math.min(11, b.width - 2),
					letter.charCodeAt(0),
					paint(labelOn('peer'))
				);
			}
		}
		if (most.hue > 0 && most.count === blocks && b.width >= 9) {
			// The notch of the owner, cut with the colour of the panel.
			const size = Math.min(5, b.width / 3);
			list.add(
				Op.corner,
				most.hue === 1 ? b.x : b.x + b.width,
				most.hue === 1 ? b.y : b.y + b.height,
				most.hue === 1 ? size : -size,
				paint('panel')
			);
		}
	}
	// The super-page is one block: at this scale a mark of its own, never averaged away.
	if (counts.superpage > 0)
		list.add(Op.rect, b.x, b.y, Math.min(8, b.width), Math.min(8, b.height), paint('shared'), 1);
	if (counts.pinned > 0)
		list.add(
			Op.glyph,
			b.x + b.width / 2,
			b.y + b.height / 2,
			b.width >= 12 ? 10 : b.width,
			b.width >= 12 ? Glyph.nail : Glyph.stroke,
			paint('ink')
		);
}
