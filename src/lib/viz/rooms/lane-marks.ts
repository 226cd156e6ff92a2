import { pagesText } from './words.ts';
import { formatNumber } from '../../base/format.ts';
import type { MarkName } from './marks.ts';
import type { Lane } from './scene.ts';

/** A lane as glyphs with counts: what is never averaged away, largest claim first. */
export interface LaneMark {
	readonly name: MarkName;
	readonly text: string;
}

export function laneMarks(lane: Lane): LaneMark[] {
	const marks: LaneMark[] = [];
	if (lane.securePages > 0) marks.push({ name: 'secure', text: formatNumber(lane.securePages) });
	if (lane.pinnedPages > 0) marks.push({ name: 'pinned', text: formatNumber(lane.pinnedPages) });
	if (lane.heldPages > 0) marks.push({ name: 'held', text: formatNumber(lane.heldPages) });
	if (lane.kernelPages > 0) marks.push({ name: 'kernel', text: pagesText(lane.kernelPages) });
	return marks;
}
