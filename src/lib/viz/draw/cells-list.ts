import type { Box, Point } from '../geometry/box.ts';
import { blocksPerTile, tileBox, type GridMeasure } from '../geometry/memory-grid.ts';
import { CellFlag, CellKind, FULL, peerLetter, type MemoryCells } from '../scene/cells.ts';
import { countCells, isUniform } from '../scene/counts.ts';
import { hostColour, labelOn, type ColourName } from '../tokens/colour.ts';
import {
	area,
	glyph,
	hatch,
	hueName,
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

/** Corners by zone, per tile: NORMAL square, MOVABLE round. */
export type ShapeOf = (tile: number) => number;

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
			hatch(list, b);
			outline(list, b, 'hatch', 0.6, shape);
			return true;
		case CellKind.free:
			outline(list, b, 'hairline', 1, shape);
			return true;
		case CellKind.capacity:
			poolDots(list, b, false);
			return true;
		case CellKind.reserved:
			outline(list, b, 'pool', 0.75, shape);
			poolDots(list, b, true);
			return true;
		case CellKind.leaving:
		case CellKind.incoming:
			area(list, b, hueName(hue), TINT, shape);
			outline(list, b, hueName(hue), 1, shape, 1, 1.25);
			return true;
		case CellKind.copy:
			area(list, b, hueName(hue), 0.07, shape, notchOf(hue));
			outline(list, b, hueName(hue), 1, shape, 0, 1.5);
			return true;
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
	const fill = usedColour(kind, hue) ?? 'other';
	const used = cells.used[first] as number;
	if (used < FULL) {
		// Every block is used to the same part: one level for all, over the outline of free memory.
		level(list, b, shape, fill, Math.max(1, Math.round(b.height * (used / FULL))), 0.6);
		return;
	}
	const notch = kind === CellKind.vm ? notchOf(hue) : Notch.none;
	area(list, b, fill, 1, kind === CellKind.peer ? Shape.square : shape, notch);
	list.add(Op.grid, b.x, b.y, cell);
	if (kind === CellKind.kernel) glyph(list, b, 16, Glyph.anchor, 'on-kernel');
	if (kind === CellKind.peer) letter(list, b, 12, peerLetter(hue), 'on-peer');
	if (kind === CellKind.vm && hue > 2) letter(list, b, 12, peerLetter(hue - 1), 'on-peer');
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
	if (empty > 0 && !pool) outline(list, b, 'hairline', 1, shape);
	if (reserved > 0) outline(list, b, 'pool', 0.75, shape);
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
				const colour = paint(usedColour(kind, hue) ?? 'other');
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
	if (counts.reserved > 0) outline(list, b, 'pool', 0.75, shape);
	else if (counts.free > 0) outline(list, b, 'hairline', 1, shape);
	else if (counts.offline > blocks / 2 && cells.memory.kind === 'dram') hatch(list, b);
	if (counts.capacity + counts.reserved > blocks / 2) {
		const full = counts.reserved > counts.capacity;
		poolDot(list, b, Math.min(1.6, b.width / 6), full ? 1 : OUTSIDE);
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
		area(list, { ...b, y: b.y + b.height - height, height }, hueName(hue), TINT, Shape.square);
		outline(list, b, hueName(hue), 1, shape, copies ? 0 : 1, 1.25);
	}
	if (used.length > 0) {
		list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
		let from = b.y + b.height;
		for (const part of used) {
			const height = Math.max(1, Math.round((b.height * part.count) / blocks));
			const y = Math.max(b.y, from - height);
			rect(list, { ...b, y, height: Math.min(height, from - b.y) }, part.colour);
			from -= height;
		}
		list.add(Op.unclip);
		const [most] = used as [(typeof used)[0], ...typeof used];
		if (most.count === blocks && b.width >= 9) {
			if (most.colour === 'kernel')
				glyph(list, b, Math.min(12, b.width - 2), Glyph.anchor, 'on-kernel');
			else if (most.colour === 'peer') {
				const name =
					most.hue > 0 ? peerLetter(most.hue - 1) : peerLetter(cells.hue[first] as number);
				letter(list, b, Math.min(11, b.width - 2), name, labelOn('peer'));
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
		rect(list, { ...b, width: Math.min(8, b.width), height: Math.min(8, b.height) }, 'shared');
	if (counts.pinned > 0)
		glyph(list, b, b.width >= 12 ? 10 : b.width, b.width >= 12 ? Glyph.nail : Glyph.stroke, 'ink');
}
