/**
 * A bet on a curve: one value per point of time, drawn by pointer, finger or keys, or said in a word. Pure: what the pen
 * does becomes numbers here, pictures are made elsewhere.
 */

export type BetWord = 'falls' | 'settles' | 'grows';

export interface BetAxes {
	readonly untilNs: number;
	readonly stepNs: number;
	readonly topBytes: number;
	/** Where every line begins: all of the memory is left at the start. */
	readonly startBytes: number;
}

/** Values at 0, stepNs, 2·stepNs …; null where the pen has not been. The first is always startBytes. */
export type BetCurve = readonly (number | null)[];

export interface Bet {
	/** null when the bet was said in a word only. */
	readonly curve: BetCurve | null;
	readonly word: BetWord;
}

export interface BetPoint {
	readonly ns: number;
	readonly bytes: number;
}

export const pointCount = (axes: BetAxes): number => Math.round(axes.untilNs / axes.stepNs) + 1;

export function emptyCurve(axes: BetAxes): BetCurve {
	const curve: (number | null)[] = new Array<number | null>(pointCount(axes)).fill(null);
	curve[0] = axes.startBytes;
	return curve;
}

const clamp = (value: number, least: number, most: number): number =>
	Math.min(most, Math.max(least, value));

/** Last point that the pen has touched; 0 for an untouched curve. */
export function lastDrawn(curve: BetCurve): number {
	for (let index = curve.length - 1; index > 0; index -= 1) if (curve[index] !== null) return index;
	return 0;
}

export const isDrawn = (curve: BetCurve): boolean => lastDrawn(curve) > 0;

/**
 * The curve with one point set. Points between it and the nearest drawn one before it are filled by a straight line, so
 * that a line never has holes; the first point cannot be moved.
 */
export function setPoint(curve: BetCurve, axes: BetAxes, index: number, bytes: number): BetCurve {
	const at = clamp(Math.round(index), 0, curve.length - 1);
	if (at === 0) return curve;
	const next = curve.slice();
	next[at] = clamp(bytes, 0, axes.topBytes);
	let before = at - 1;
	while (next[before] === null) before -= 1;
	const from = next[before] as number;
	const to = next[at] as number;
	for (let fill = before + 1; fill < at; fill += 1)
		next[fill] = from + ((to - from) * (fill - before)) / (at - before);
	return next;
}

/**
 * The curve with one point moved by keys: straight lines lead to it from `left` and on to `right`, so that a point that is
 * lowered step by step takes its neighbourhood along. Beyond the last drawn point there is nothing to lead to.
 */
export function movePoint(
	curve: BetCurve,
	axes: BetAxes,
	index: number,
	bytes: number,
	left: number,
	right: number
): BetCurve {
	const cleared = curve.map((value, at) => (at > Math.max(0, left) && at < index ? null : value));
	const moved = setPoint(cleared, axes, index, bytes);
	if (right >= moved.length || moved[right] === null) return moved;
	return setPoint(
		moved.map((value, at) => (at > index && at < right ? null : value)),
		axes,
		right,
		moved[right] as number
	);
}

/** A stroke of the pen from one place to another: every point of time that it passes takes the height of the pen. */
export function stroke(curve: BetCurve, axes: BetAxes, from: BetPoint, to: BetPoint): BetCurve {
	const [left, right] = from.ns <= to.ns ? [from, to] : [to, from];
	const first = Math.max(1, Math.ceil(left.ns / axes.stepNs - 1e-9));
	const last = Math.min(curve.length - 1, Math.floor(right.ns / axes.stepNs + 1e-9));
	let next = curve;
	for (let index = first; index <= last; index += 1) {
		const share = right.ns === left.ns ? 1 : (index * axes.stepNs - left.ns) / (right.ns - left.ns);
		next = setPoint(
			next,
			axes,
			index,
			left.bytes + (right.bytes - left.bytes) * clamp(share, 0, 1)
		);
	}
	// A touch between two points of time still counts: the nearest one takes it.
	if (last < first)
		next = setPoint(next, axes, Math.max(1, Math.round(to.ns / axes.stepNs)), to.bytes);
	return next;
}

/** The drawn points in order, for the picture. */
export function drawnPoints(curve: BetCurve, axes: BetAxes): readonly BetPoint[] {
	return curve.flatMap((bytes, index) =>
		bytes === null ? [] : [{ ns: index * axes.stepNs, bytes }]
	);
}

/** The whole line: after the last drawn point it stays where it was left. */
export function wholeLine(curve: BetCurve, axes: BetAxes): readonly BetPoint[] {
	const points = [...drawnPoints(curve, axes)];
	const last = points.at(-1) as BetPoint;
	if (last.ns < axes.untilNs) points.push({ ns: axes.untilNs, bytes: last.bytes });
	return points;
}

/** Less than this share of the start counts as nothing, more than this share above the start as growth. */
const NOTHING_SHARE = 0.02;
const GROWTH_SHARE = 0.02;

/** The one word for a line, the same for a bet and for what happened. */
export function wordOf(points: readonly BetPoint[]): BetWord {
	const first = points[0];
	const last = points.at(-1);
	if (first === undefined || last === undefined) return 'settles';
	if (last.bytes <= first.bytes * NOTHING_SHARE) return 'falls';
	return last.bytes > first.bytes * (1 + GROWTH_SHARE) ? 'grows' : 'settles';
}

/** When a line first comes down to nothing, between two points by a straight line; null when it never does. */
export function zeroAtNs(points: readonly BetPoint[]): number | null {
	const start = points[0];
	if (start === undefined) return null;
	const nothing = start.bytes * NOTHING_SHARE;
	const index = points.findIndex((point) => point.bytes <= nothing);
	if (index < 0) return null;
	const after = points[index] as BetPoint;
	const before = points[index - 1];
	if (before === undefined || before.bytes === after.bytes) return after.ns;
	const share = (before.bytes - nothing) / (before.bytes - after.bytes);
	return before.ns + (after.ns - before.ns) * clamp(share, 0, 1);
}

/** The line's value at a moment, by straight lines between its points. */
export function valueAt(points: readonly BetPoint[], ns: number): number {
	const first = points[0] as BetPoint;
	let before = first;
	for (const point of points) {
		if (point.ns >= ns) {
			if (point.ns === before.ns) return point.bytes;
			return (
				before.bytes + ((point.bytes - before.bytes) * (ns - before.ns)) / (point.ns - before.ns)
			);
		}
		before = point;
	}
	return before.bytes;
}
