import { BLOCKS_PER_MEMORY_BLOCK } from '../../base/units.ts';
import type { Zoom } from './zoom.ts';

/**
 * Which cell of a level the cursor is on when one has come there: the cell that was chosen a level above, or the one that
 * was looked into a level below. −1 when nothing was chosen in this part.
 */
export function cursorOn(zoom: Zoom, chosenBlock: number, blocksPerTile: number): number {
	if (chosenBlock < 0) return -1;
	if (zoom.level === 'memory') return Math.floor(chosenBlock / blocksPerTile);
	if (zoom.level === 'pages') return -1;
	const at = chosenBlock - zoom.first;
	return at >= 0 && at < BLOCKS_PER_MEMORY_BLOCK ? at : -1;
}

/** The block that Enter opens: the chosen one if it lies in the cell under the cursor, else the first of that cell. */
export function enteredBlock(first: number, count: number, chosenBlock: number): number {
	return chosenBlock >= first && chosenBlock < first + count ? chosenBlock : first;
}
