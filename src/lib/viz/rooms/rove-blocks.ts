import { centre, type Box } from '../geometry/box.ts';

/** Where the focus goes among boxes in reading order; null when the key means nothing here. */
export function roveBoxes(key: string, at: number, boxes: readonly Box[]): number | null {
	if (boxes.length === 0) return null;
	if (key === 'Home') return 0;
	if (key === 'End') return boxes.length - 1;
	const here = boxes[at];
	if (here === undefined) return 0;
	switch (key) {
		case 'ArrowRight':
			return Math.min(boxes.length - 1, at + 1);
		case 'ArrowLeft':
			return Math.max(0, at - 1);
		case 'ArrowDown':
			return nearest(here, at, boxes, (y) => y > centre(here).y + here.height / 2);
		case 'ArrowUp':
			return nearest(here, at, boxes, (y) => y < centre(here).y - here.height / 2);
		default:
			return null;
	}
}

/** The nearest box in the next row that is above or below; sideways counts four times. */
function nearest(
	here: Box,
	at: number,
	boxes: readonly Box[],
	beyond: (y: number) => boolean
): number {
	const from = centre(here);
	let best = at;
	let least = Infinity;
	boxes.forEach((candidate, index) => {
		const to = centre(candidate);
		if (!beyond(to.y)) return;
		const distance = Math.abs(to.y - from.y) + 4 * Math.abs(to.x - from.x);
		if (distance < least) {
			least = distance;
			best = index;
		}
	});
	return best;
}
