import { formatNumber } from '../../base/format.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { keptBy, type Frames } from './frames.ts';
import type { MarkName } from './marks.ts';
import type { BlockScene, Lane, RoomsScene } from './scene.ts';
import { Mark, type Owners } from './sub-blocks.ts';
import { pagesText } from './words.ts';

/** A lane as glyphs with counts: what is never averaged away, largest claim first. */
export interface LaneMark {
	readonly name: MarkName;
	readonly text: string;
	/** Where it begins, from the first one. */
	readonly x: number;
}

/** What a glyph means, where there is room for the word. */
export const MARK_WORDS: Readonly<Record<MarkName, string>> = {
	secure: 'secret',
	pinned: 'pinned',
	held: 'held',
	kernel: 'of the kernel'
};

/** What is never averaged away in one block. */
export const laneOfBlock = (block: BlockScene): Lane => ({
	kernelPages: block.status.kernelPages,
	pinnedPages: block.held.pinned,
	heldPages: block.held.held,
	securePages: block.held.secure
});

/** The same among the pages of one sub-block. */
export function laneOfFrames(frames: Frames, owners: Owners): Lane {
	const pages: Record<MarkName, number> = { secure: 0, pinned: 0, held: 0, kernel: 0 };
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) {
		const kept = keptBy(frames, row, owners);
		if (kept !== null) pages[kept] += 1;
	}
	return {
		kernelPages: pages.kernel,
		pinnedPages: pages.pinned,
		heldPages: pages.held,
		securePages: pages.secure
	};
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

/** A glyph in the head of a block, with the number of its 2 MiB cells that carry it; without where there is no room. */
export interface TileMark {
	readonly name: MarkName;
	readonly text: string;
	/** Middle of the glyph and end of the text, from the left edge of the tile. */
	readonly glyphX: number;
	readonly textX: number;
}

const GLYPH = 11;
const BITS: readonly (readonly [MarkName, number])[] = [
	['secure', Mark.secure],
	['pinned', Mark.pinned],
	['held', Mark.held],
	['kernel', Mark.kernel]
];

const headOf = (block: BlockScene): number => String(block.status.id).length * DIGIT + 6;

/** Middle of the ring of a walk that begins again and again, behind the number; null without one, or without room for it and a mark. */
export function againX(block: BlockScene, width: number): number | null {
	if (block.calls.running?.waitingFor == null) return null;
	const x = headOf(block) + GLYPH / 2;
	return x + GLYPH / 2 + 3 + GLYPH <= width ? x : null;
}

/** What keeps a block, the strongest claim first: as many as fit beside its number. `width`: of the head. */
export function tileMarks(scene: RoomsScene, block: BlockScene, width: number): TileMark[] {
	if (block.status.state === 'offline') return [];
	const found = BITS.map(([name, bit]) => {
		let cells = 0;
		for (let at = block.first; at < block.first + block.count; at += 1)
			if (((scene.cells.marks[at] as number) & bit) !== 0) cells += 1;
		return { name, cells };
	}).filter(({ cells }) => cells > 0);
	let room = width - headOf(block) - (againX(block, width) === null ? 0 : GLYPH + 3);
	const wide = (text: string): number => GLYPH + (text === '' ? 0 : text.length * DIGIT + 3);
	const fitting: { readonly name: MarkName; readonly text: string }[] = [];
	for (const { name, cells } of found) {
		const counted = formatNumber(cells);
		const text = wide(counted) <= room ? counted : '';
		if (fitting.length > 0 && wide(text) > room) break;
		fitting.push({ name, text });
		room -= wide(text) + 6;
	}
	let right = width;
	return fitting.reverse().map(({ name, text }) => {
		const left = right - wide(text);
		const mark = { name, text, glyphX: left + GLYPH / 2, textX: right };
		right = left - 6;
		return mark;
	});
}
