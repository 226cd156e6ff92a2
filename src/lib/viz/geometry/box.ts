/** Rectangles and points in the pixels of a figure, before any device pixel ratio. */
export interface Point {
	readonly x: number;
	readonly y: number;
}
export interface Box {
	readonly x: number;
	readonly y: number;
	readonly width: number;
	readonly height: number;
}

export const box = (x: number, y: number, width: number, height: number): Box => ({
	x,
	y,
	width,
	height
});
export const centre = (b: Box): Point => ({ x: b.x + b.width / 2, y: b.y + b.height / 2 });
export const right = (b: Box): number => b.x + b.width;
export const bottom = (b: Box): number => b.y + b.height;

export function inset(b: Box, by: number): Box {
	return box(b.x + by, b.y + by, b.width - 2 * by, b.height - 2 * by);
}

/** The smallest box around all; null for none. */
export function around(boxes: readonly Box[]): Box | null {
	if (boxes.length === 0) return null;
	const left = Math.min(...boxes.map((b) => b.x));
	const top = Math.min(...boxes.map((b) => b.y));
	return box(left, top, Math.max(...boxes.map(right)) - left, Math.max(...boxes.map(bottom)) - top);
}

/** Between two boxes, for the opening wedge of a zoom: 0 gives `from`, 1 gives `to`. */
export function between(from: Box, to: Box, share: number): Box {
	const at = (a: number, b: number) => a + (b - a) * share;
	return box(
		at(from.x, to.x),
		at(from.y, to.y),
		at(from.width, to.width),
		at(from.height, to.height)
	);
}

export const contains = (b: Box, p: Point): boolean =>
	p.x >= b.x && p.x < right(b) && p.y >= b.y && p.y < bottom(b);
