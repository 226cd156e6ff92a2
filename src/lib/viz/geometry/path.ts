import type { Point } from './box.ts';

/** Cubic curves as four points, with what an arc with a token needs: a place by length, and a cut there. */
export type Cubic = readonly [Point, Point, Point, Point];

const mixPoint = (a: Point, b: Point, t: number): Point => ({
	x: a.x + (b.x - a.x) * t,
	y: a.y + (b.y - a.y) * t
});

export function pointOn([a, b, c, d]: Cubic, t: number): Point {
	const ab = mixPoint(a, b, t);
	const bc = mixPoint(b, c, t);
	const cd = mixPoint(c, d, t);
	return mixPoint(mixPoint(ab, bc, t), mixPoint(bc, cd, t), t);
}

/** de Casteljau: the part before t and the part after it. */
export function cutCubic([a, b, c, d]: Cubic, t: number): [Cubic, Cubic] {
	const ab = mixPoint(a, b, t);
	const bc = mixPoint(b, c, t);
	const cd = mixPoint(c, d, t);
	const abc = mixPoint(ab, bc, t);
	const bcd = mixPoint(bc, cd, t);
	const middle = mixPoint(abc, bcd, t);
	return [
		[a, ab, abc, middle],
		[middle, bcd, cd, d]
	];
}

const STEPS = 24;
const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);

function lengthOf(curve: Cubic): number {
	let sum = 0;
	let from = curve[0];
	for (let step = 1; step <= STEPS; step += 1) {
		const to = pointOn(curve, step / STEPS);
		sum += distance(from, to);
		from = to;
	}
	return sum;
}

/** The parameter at which a curve has run `share` of its length. */
function parameterAt(curve: Cubic, share: number): number {
	const goal = lengthOf(curve) * share;
	let sum = 0;
	let from = curve[0];
	for (let step = 1; step <= STEPS; step += 1) {
		const to = pointOn(curve, step / STEPS);
		const piece = distance(from, to);
		if (sum + piece >= goal) return (step - 1 + (piece === 0 ? 0 : (goal - sum) / piece)) / STEPS;
		sum += piece;
		from = to;
	}
	return 1;
}

const round = (value: number): number => Math.round(value * 100) / 100;
const words = (p: Point): string => `${round(p.x)} ${round(p.y)}`;

export function pathOf(curves: readonly Cubic[]): string {
	let end: Point | null = null;
	return curves
		.map(([a, b, c, d]) => {
			const start = end !== null && end.x === a.x && end.y === a.y ? '' : `M${words(a)}`;
			end = d;
			return `${start}C${words(b)} ${words(c)} ${words(d)}`;
		})
		.join('');
}

export interface CutPath {
	readonly behind: string;
	readonly ahead: string;
	readonly token: Point;
}

/**
 * A chain of curves, cut where `share` of its whole length has been run. Curves named by `hidden` count but are not drawn:
 * they run along a line that is there already.
 */
export function cutChain(
	curves: readonly Cubic[],
	share: number,
	hidden: readonly number[] = []
): CutPath {
	const lengths = curves.map(lengthOf);
	let goal = lengths.reduce((sum, length) => sum + length, 0) * Math.min(1, Math.max(0, share));
	const behind: Cubic[] = [];
	const ahead: Cubic[] = [];
	let token: Point | null = null;
	curves.forEach((curve, index) => {
		const length = lengths[index] as number;
		const shown = !hidden.includes(index);
		if (token !== null) {
			if (shown) ahead.push(curve);
		} else if (goal > length && index < curves.length - 1) {
			goal -= length;
			if (shown) behind.push(curve);
		} else {
			const [before, after] = cutCubic(
				curve,
				parameterAt(curve, length === 0 ? 0 : Math.min(1, goal / length))
			);
			if (shown) behind.push(before);
			if (shown) ahead.push(after);
			token = after[0];
		}
	});
	return { behind: pathOf(behind), ahead: pathOf(ahead), token: token ?? { x: 0, y: 0 } };
}

/** A straight line as a curve, so that chains are of one kind. */
export const straight = (a: Point, b: Point): Cubic => [
	a,
	mixPoint(a, b, 1 / 3),
	mixPoint(a, b, 2 / 3),
	b
];

/** From block to block: up, over and down; `lane` (0, 1, 2) keeps parallel arcs apart. */
export function arcBetween(from: Point, to: Point, lane: number): Cubic {
	const dx = to.x - from.x;
	const lift = Math.min(150, 40 + Math.abs(dx) * 0.24) - lane * 12;
	const top = Math.min(from.y, to.y) - lift * 0.55;
	return [from, { x: from.x + dx * 0.2, y: top }, { x: from.x + dx * 0.62, y: top }, to];
}

/** From block to block between rows of cells, never above them: for figures whose heads leave no room for an arc. */
export function arcAcross(from: Point, to: Point, gutterX: number): Cubic {
	return [from, { x: gutterX, y: from.y }, { x: gutterX, y: to.y }, to];
}

/** The point of a curve that goes steadily sideways at this x. */
export function pointAtX(curve: Cubic, x: number): Point {
	const forth = curve[0].x < curve[3].x;
	let low = 0;
	let high = 1;
	for (let step = 0; step < STEPS; step += 1) {
		const middle = (low + high) / 2;
		if (pointOn(curve, middle).x < x === forth) low = middle;
		else high = middle;
	}
	return pointOn(curve, (low + high) / 2);
}

/** Which curve of `arcOverWire` runs along the wire itself. */
export const ALONG_WIRE: readonly number[] = [1];

/** Along corners: one straight curve per leg. */
export const alongCorners = (corners: readonly Point[]): Cubic[] =>
	corners.slice(1).map((corner, index) => straight(corners[index] as Point, corner));

/** Over the wire: out of the block to where the wire leaves the card, along it, and down into the other block. */
export function arcOverWire(
	from: Point,
	to: Point,
	wireY: number,
	leftX: number,
	rightX: number
): Cubic[] {
	const forth = from.x < to.x;
	const enter = { x: forth ? leftX : rightX, y: wireY };
	const leave = { x: forth ? rightX : leftX, y: wireY };
	// Sideways to the edge of the card and up along it: names and figures in the head of the card are not crossed.
	const bend = (block: Point, gate: Point): [Point, Point] => [
		{ x: gate.x, y: block.y },
		{ x: gate.x, y: wireY + (block.y - wireY) * 0.6 }
	];
	const [a, b] = bend(from, enter);
	const [c, d] = bend(to, leave);
	return [[from, a, b, enter], straight(enter, leave), [leave, d, c, to]];
}
