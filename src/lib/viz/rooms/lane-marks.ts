import { formatNumber } from '../../base/format.ts';
import type { MarkName } from './marks.ts';
import type { Lane } from './scene.ts';
import { pagesText } from './words.ts';

/** A lane as glyphs with counts: what is never averaged away, largest claim first. */
export interface LaneMark {
	readonly name: MarkName;
	readonly text: string;
	/** Where it begins, from the first one. */
	readonly x: number;
}

/** Width of a digit of the smallest size, and what glyph and gap take. */
const DIGIT = 6.4;
const BESIDE = 28;

export function laneMarks(lane: Lane): LaneMark[] {
	const all: readonly (readonly [MarkName, number, string])[] = [
		['secure', lane.securePages, formatNumber(lane.securePages)],
		['pinned', lane.pinnedPages, formatNumber(lane.pinnedPages)],
		['held', lane.heldPages, formatNumber(lane.heldPages)],
		['kernel', lane.kernelPages, pagesText(lane.kernelPages)]
	];
	let x = 0;
	return all
		.filter(([, pages]) => pages > 0)
		.map(([name, , text]) => {
			const mark = { name, text, x };
			x += text.length * DIGIT + BESIDE;
			return mark;
		});
}
