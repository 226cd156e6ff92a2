/** Shapes that carry meaning without colour, drawn in a square of 16 × 16 around the origin (−8 … 8). */

/** Kernel: it will not move. */
export const ANCHOR =
	'M0-3.6V6.2M-2.7-1.6H2.7M-5.6 1.6C-5.4 4.8-3 6.3 0 6.3S5.4 4.8 5.6 1.6M-6.9 3.2L-5.6 1.3-3.9 2.9M6.9 3.2L5.6 1.3 3.9 2.9';
export const ANCHOR_RING = { cx: 0, cy: -5.2, r: 1.7 };

/** Pinned: a nail. */
export const NAIL = 'M-4.5-7H4.5V-3.8H1.8V3.6L0 7-1.8 3.6V-3.8H-4.5Z';

/** Nothing to report: a tick. */
export const TICK = 'M-6 0.5L-2 4.5 6-4.5';

/** The super-page: a square with a diagonal. */
export const SUPERPAGE_LINE = 'M-3.6 3.6L3.6-3.6';

/** Tags are two of these shapes and four digits: never a colour. Filled, in a square of 10 × 10. */
const TAG_SHAPES = [
	'M0-5L5 0 0 5-5 0Z',
	'M0-4.5L5 4.5H-5Z',
	'M-4.2-4.2H4.2V4.2H-4.2Z',
	'M0-4.7A4.7 4.7 0 1 0 0 4.7A4.7 4.7 0 1 0 0-4.7Z',
	'M0 4.5L5-4.5H-5Z',
	'M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z',
	'M-5-4.5L5 0-5 4.5Z',
	'M-3-5H3L5.2 0 3 5H-3L-5.2 0Z'
] as const;
const TAG_WORDS = [
	'diamond',
	'triangle',
	'square',
	'disc',
	'down',
	'cross',
	'arrow',
	'hexagon'
] as const;

/** The two shapes of a 16-bit tag, from its highest and its lowest three bits. */
export function tagShapes(tag: number): readonly [string, string] {
	return [TAG_SHAPES[(tag >>> 13) & 7] as string, TAG_SHAPES[tag & 7] as string];
}
export const tagDigits = (tag: number): string => (tag & 0xffff).toString(16).padStart(4, '0');
export const tagWords = (tag: number): string =>
	`${TAG_WORDS[(tag >>> 13) & 7]}-${TAG_WORDS[tag & 7]} ${tagDigits(tag)}`;
