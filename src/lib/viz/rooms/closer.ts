import type { Box, Point } from '../geometry/box.ts';
import { centre } from '../geometry/box.ts';
import type { Magnified } from '../interact/magnify.ts';
import { magnifyRooms, seenOf, type LayoutInput, type RoomsLayout } from './layout.ts';
import type { Placing } from './placing.ts';
import { LARGEST_CELL } from './tiles.ts';

/** A closer look at the rooms: drawn larger and seen through a window. Pure. */

/** Beyond this a machine of 64 TiB would be laid out over more pixels than an SVG can count exactly. */
const LARGEST_FACTOR = 96;
const STEP = 1.25;

/** From here on a block is drawn as large as it ever is; 1 where it is so already. */
export function mostCloser(input: LayoutInput, base: RoomsLayout): number {
	if (base.nodes.every((node) => node.rooms.length === 0)) return 1;
	for (let factor = 1; factor <= LARGEST_FACTOR; factor *= STEP)
		if (magnifyRooms(input, base, factor).tiles.cell >= LARGEST_CELL) return factor;
	return LARGEST_FACTOR;
}

/** The window does not leave the figure. */
export function keepInside(shift: Point, layout: RoomsLayout, seen: Box): Point {
	const whole = seenOf(layout);
	const bound = (at: number, most: number): number => Math.min(Math.max(0, most), Math.max(0, at));
	return {
		x: bound(shift.x, whole.width - seen.width),
		y: bound(shift.y, whole.height + seen.x - seen.height)
	};
}

/** Index of the place nearest to a point of the figure, −1 when there is none. */
export function nearestPlace(placing: Placing, at: Point): number {
	let best = -1;
	let least = Infinity;
	placing.boxes.forEach((box, index) => {
		const middle = centre(box);
		const distance = Math.hypot(middle.x - at.x, middle.y - at.y);
		if (distance < least) {
			least = distance;
			best = index;
		}
	});
	return best;
}

/**
 * Where the window stands after a change of size so that the block that was under `at` is there again, and the same part of
 * it: rooms are laid out anew, so stretching would lead elsewhere.
 */
export function shiftKeeping(
	before: { readonly placing: Placing; readonly now: Magnified },
	after: { readonly placing: Placing; readonly layout: RoomsLayout },
	at: Point,
	seen: Box
): Point {
	const { shift } = before.now;
	const point = { x: at.x + shift.x, y: at.y + shift.y };
	const place = nearestPlace(before.placing, point);
	const block = before.placing.blocks[place];
	const old = before.placing.boxes[place];
	const next =
		block === undefined ? undefined : after.placing.boxes[after.placing.placeOf[block] as number];
	if (!old || !next) return keepInside(shift, after.layout, seen);
	const share = (from: number, size: number, x: number): number =>
		Math.min(1, Math.max(0, (x - from) / size));
	return keepInside(
		{
			x: next.x + share(old.x, old.width, point.x) * next.width - at.x,
			y: next.y + share(old.y, old.height, point.y) * next.height - at.y
		},
		after.layout,
		seen
	);
}

/** The least move of the window that shows a box with some air around. */
export function shiftShowing(box: Box, now: Magnified, layout: RoomsLayout, seen: Box): Point {
	const AIR = 26;
	const along = (from: number, size: number, at: number, room: number): number =>
		Math.min(from - AIR, Math.max(from + size + AIR - room, at));
	return keepInside(
		{
			x: along(box.x, box.width, now.shift.x, seen.width),
			y: along(box.y, box.height, now.shift.y, seen.height)
		},
		layout,
		seen
	);
}

/** Part of the figure that the window shows; null while all of it is seen. */
export const windowOf = (now: Magnified, seen: Box): Box | null =>
	now.factor <= 1 ? null : { ...now.shift, width: seen.width, height: seen.height };

export const meets = (window: Box | null, box: Box): boolean =>
	window === null ||
	(box.x < window.x + window.width &&
		box.x + box.width > window.x &&
		box.y < window.y + window.height &&
		box.y + box.height > window.y);
