/** A bet is numbers: what pen and keys do to them, and what a line is called. */
import { describe, expect, it } from 'vitest';
import {
	drawnPoints,
	emptyCurve,
	isDrawn,
	lastDrawn,
	movePoint,
	setPoint,
	stroke,
	valueAt,
	wholeLine,
	wordOf,
	zeroAtNs,
	type BetAxes
} from '../../../src/lib/lessons/bet.ts';

const axes: BetAxes = { untilNs: 12_000, stepNs: 500, topBytes: 5000, startBytes: 4000 };

describe('drawing', () => {
	it('starts with all of the memory and nothing else', () => {
		const curve = emptyCurve(axes);
		expect(curve).toHaveLength(25);
		expect(drawnPoints(curve, axes)).toEqual([{ ns: 0, bytes: 4000 }]);
		expect(isDrawn(curve)).toBe(false);
	});

	it('fills the way to a point picked by keys', () => {
		const curve = setPoint(emptyCurve(axes), axes, 4, 2000);
		expect(curve.slice(0, 6)).toEqual([4000, 3500, 3000, 2500, 2000, null]);
		expect(lastDrawn(curve)).toBe(4);
	});

	it('moves a point by keys step by step, and its neighbourhood with it', () => {
		const once = movePoint(emptyCurve(axes), axes, 4, 3000, 0, 6);
		const twice = movePoint(once, axes, 4, 2000, 0, 6);
		expect(twice.slice(0, 6)).toEqual([4000, 3500, 3000, 2500, 2000, null]);
		const level = setPoint(emptyCurve(axes), axes, 8, 4000);
		expect(movePoint(level, axes, 4, 2000, 2, 6).slice(0, 9)).toEqual([4000, 4000, 4000, 3000, 2000, 3000, 4000, 4000, 4000]);
	});

	it('never moves the first point and never leaves the axes', () => {
		expect(setPoint(emptyCurve(axes), axes, 0, 10)[0]).toBe(4000);
		expect(setPoint(emptyCurve(axes), axes, 3, -50)[3]).toBe(0);
		expect(setPoint(emptyCurve(axes), axes, 99, 9000)[24]).toBe(5000);
	});

	it('takes the height of the pen at every point that it passes, in both directions', () => {
		const right = stroke(emptyCurve(axes), axes, { ns: 0, bytes: 4000 }, { ns: 2000, bytes: 0 });
		expect(right.slice(0, 5)).toEqual([4000, 3000, 2000, 1000, 0]);
		const back = stroke(right, axes, { ns: 2000, bytes: 1000 }, { ns: 900, bytes: 1000 });
		expect(back.slice(0, 5)).toEqual([4000, 3000, 1000, 1000, 1000]);
	});

	it('lets a touch between two points set the nearest', () => {
		const curve = stroke(emptyCurve(axes), axes, { ns: 1600, bytes: 1000 }, { ns: 1600, bytes: 1000 });
		expect(curve[3]).toBe(1000);
	});

	it('stays where it was left', () => {
		const curve = setPoint(emptyCurve(axes), axes, 2, 1500);
		expect(wholeLine(curve, axes).at(-1)).toEqual({ ns: 12_000, bytes: 1500 });
	});
});

describe('reading a line', () => {
	const line = (...values: number[]) => values.map((bytes, index) => ({ ns: index * 1000, bytes }));

	it('gives it one word', () => {
		expect(wordOf(line(4000, 2000, 0))).toBe('falls');
		expect(wordOf(line(4000, 2000, 900))).toBe('settles');
		expect(wordOf(line(4000, 4300, 4600))).toBe('grows');
		expect(wordOf(line(4000, 0, 2000))).toBe('settles');
	});

	it('finds the moment at which nothing is left, between its points', () => {
		expect(zeroAtNs(line(4000, 2080, 80, 80))).toBe(2000);
		expect(zeroAtNs(line(4000, 4080, 0))).toBeCloseTo(1000 + 1000 * (4000 / 4080));
		expect(zeroAtNs(line(4000, 3000, 900))).toBeNull();
	});

	it('reads values between points', () => {
		expect(valueAt(line(4000, 2000), 500)).toBe(3000);
		expect(valueAt(line(4000, 2000), 9000)).toBe(2000);
	});
});
