import type { Box } from '../geometry/box.ts';
import { CellKind } from '../scene/cells.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';
import { Notch, Op, paint, type DrawList } from './ops.ts';

/** What the cells of a memory and the inside of one of its blocks are drawn with. */

/** 42 %: pool capacity outside every extent; 14 %: a block that leaves or arrives (design of the picture). */
export const OUTSIDE = 0.42;
export const TINT = 0.14;

/** A cell's hue is its host's index and one. */
export const hueName = (hue: number): ColourName => hostColour(hue - 1);
export const notchOf = (hue: number): number =>
	hue === 1 ? Notch.topLeft : hue === 2 ? Notch.bottomRight : Notch.none;

/** The fill of used memory; null for what is drawn without one. */
export function usedColour(kind: number, hue: number): ColourName | null {
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

/** On its way: drawn as a tint with an outline. */
export const isOnTheWay = (kind: number): boolean =>
	kind === CellKind.leaving || kind === CellKind.incoming || kind === CellKind.copy;

export function outline(
	list: DrawList,
	b: Box,
	colour: ColourName,
	alpha: number,
	shape: number,
	dash: 0 | 1 = 0,
	lineWidth = 1
): void {
	list.add(Op.outline, b.x, b.y, b.width, b.height, paint(colour), alpha, shape, dash, lineWidth);
}

export function area(
	list: DrawList,
	b: Box,
	colour: ColourName,
	alpha: number,
	shape: number,
	notch: number = Notch.none
): void {
	list.add(Op.area, b.x, b.y, b.width, b.height, paint(colour), alpha, shape, notch);
}

export function rect(list: DrawList, b: Box, colour: ColourName, alpha = 1): void {
	list.add(Op.rect, b.x, b.y, b.width, b.height, paint(colour), alpha);
}

export function hatch(list: DrawList, b: Box): void {
	list.add(Op.hatch, b.x, b.y, b.width, b.height, paint('hatch'));
}

/** A glyph in the middle. */
export function glyph(
	list: DrawList,
	b: Box,
	size: number,
	which: number,
	colour: ColourName
): void {
	list.add(Op.glyph, b.x + b.width / 2, b.y + b.height / 2, size, which, paint(colour));
}

/** A letter in the middle. */
export function letter(
	list: DrawList,
	b: Box,
	size: number,
	text: string,
	colour: ColourName
): void {
	list.add(
		Op.letter,
		b.x + b.width / 2,
		b.y + b.height / 2,
		size,
		text.charCodeAt(0),
		paint(colour)
	);
}

/** One dot of the pool in the middle. */
export function poolDot(list: DrawList, b: Box, radius: number, alpha: number): void {
	list.add(
		Op.dots,
		b.x + b.width / 2,
		b.y + b.height / 2,
		1,
		1,
		1,
		1,
		radius,
		paint('pool'),
		alpha
	);
}

/** Used to a part: a level inside an outline. */
export function level(
	list: DrawList,
	b: Box,
	shape: number,
	colour: ColourName,
	height: number,
	outlineAlpha: number
): void {
	outline(list, b, colour, outlineAlpha, shape);
	list.add(Op.clip, b.x, b.y, b.width, b.height, shape);
	rect(list, { ...b, y: b.y + b.height - height, height }, colour);
	list.add(Op.unclip);
}
