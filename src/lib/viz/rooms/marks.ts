import { ANCHOR, ANCHOR_RING, NAIL } from '../draw/glyphs.ts';
import { Mark } from './sub-blocks.ts';

/** Glyphs of what will not move, in a square of 16 × 16 around the origin. */

/** Held by an extra reference: a padlock. Body, then bow. */
export const PADLOCK = 'M-5-0.6H5V6.6H-5Z';
export const PADLOCK_BOW = 'M-3.2-0.8V-3.4A3.2 3.2 0 0 1 3.2-3.4V-0.8';

/** Taken out of the kernel's own map: a shield. */
export const SHIELD = 'M0-7L5.6-4.8V-0.4C5.6 3.2 3.2 5.8 0 7-3.2 5.8-5.6 3.2-5.6-0.4V-4.8Z';

/** A walk that begins again and again: an open ring with its head. It has turned on with each picture in which it has tried. */
export const AGAIN = 'M3.9-2.3A4.5 4.5 0 1 0 4.5 0M4.4-5.2V-2.1H1.3';

export interface GlyphShape {
	readonly filled: string;
	readonly lines: string;
	readonly ring: { readonly cx: number; readonly cy: number; readonly r: number } | null;
}

export type MarkName = 'kernel' | 'pinned' | 'held' | 'secure';

export const MARK_GLYPHS: Readonly<Record<MarkName, GlyphShape>> = {
	kernel: { filled: '', lines: ANCHOR, ring: ANCHOR_RING },
	pinned: { filled: NAIL, lines: '', ring: null },
	held: { filled: PADLOCK, lines: PADLOCK_BOW, ring: null },
	secure: { filled: SHIELD, lines: '', ring: null }
};

/** The mark that is shown when a cell has several: what keeps it for ever comes first. */
export function shownMark(bits: number, kernelPages: number): MarkName | null {
	if ((bits & Mark.secure) !== 0) return 'secure';
	if ((bits & Mark.pinned) !== 0) return 'pinned';
	if ((bits & Mark.held) !== 0) return 'held';
	return kernelPages > 0 ? 'kernel' : null;
}
