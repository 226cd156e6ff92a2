import { Fingerprint } from '../../base/hash.ts';
import type { ColourName } from '../tokens/colour.ts';

/**
 * A drawing of cells as data: rows of numbers that a small loop puts on a canvas. Two pictures are the same when their
 * lists are; tests compare the fingerprint. Colours are names here, values come with the theme.
 */
export const Op = {
	/** Filled area with corners of its zone and the notch of its owner: x y width height colour alpha shape notch. */
	area: 0,
	/** Its outline, 1 or more px, solid or dashed: x y width height colour alpha shape dash line-width. */
	outline: 1,
	/** A plain rectangle: x y width height colour alpha. */
	rect: 2,
	/** The 1 px grid of cells over a tile of 8 × 8: x y cell. */
	grid: 3,
	/** Round dots: x y columns rows pitch-x pitch-y radius colour alpha. */
	dots: 4,
	/** 45° lines inside: x y width height colour. */
	hatch: 5,
	/** A glyph by number, centred: x y size glyph colour (halo is ground-coloured). */
	glyph: 6,
	/** A letter, centred: x y size character-code colour. */
	letter: 7,
	/** Everything until the next `clip` or `unclip` stays inside: x y width height shape. */
	clip: 8,
	unclip: 9,
	/** A corner triangle; a negative size points to the lower right: x y size colour. */
	corner: 10,
	/** A dirty page: amber corner at the upper right with its ink edge: x y size. */
	dirty: 11
} as const;

export const Shape = { square: 0, round: 1, chamfer: 2 } as const;
export const Notch = { none: 0, topLeft: 1, bottomRight: 2 } as const;
export const Glyph = { anchor: 0, nail: 1, dot: 2, stroke: 3 } as const;

const PALETTE: readonly ColourName[] = [
	'ground',
	'panel',
	'ink',
	'paper',
	'muted',
	'hairline',
	'border',
	'hatch',
	'amber',
	'amber-edge',
	'host-a',
	'on-host-a',
	'host-b',
	'on-host-b',
	'pool',
	'on-pool',
	'shared',
	'on-shared',
	'kernel',
	'on-kernel',
	'other',
	'peer',
	'on-peer'
];
const INDEX = new Map(PALETTE.map((name, index) => [name, index]));
export const paint = (name: ColourName): number => INDEX.get(name) ?? 0;
export const paintName = (index: number): ColourName => PALETTE[index] ?? 'ink';

/** Numbers per row after the code. */
export const ARITY: readonly number[] = [8, 9, 6, 3, 9, 5, 5, 5, 5, 0, 4, 3];

/** Grows by rows; `rows` is flat: code, then ARITY[code] numbers. */
export class DrawList {
	readonly rows: number[] = [];

	add(code: number, ...values: number[]): void {
		this.rows.push(code, ...values);
	}

	/** 16 hexadecimal digits; hundredths of a pixel count. */
	fingerprint(): string {
		const print = new Fingerprint();
		for (const value of this.rows) print.add(Math.round(value * 100));
		return print.text();
	}
}
