import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
	between,
	formatMoment,
	formatMomentIn,
	isWhole,
	showing,
	SMALLEST_WINDOW_NS,
	timeTicks,
	toNs,
	toX,
	zoomAround
} from '../../../../src/lib/viz/timeline/window.ts';

/** The part of time that a track shows: positions and moments are inverse, zoom keeps its place and its limits. */
const whole = { startNs: 0, endNs: 1_100_000_000 };
const THIN = '\u2009';

describe('positions', () => {
	test('a position and its moment are inverse within a pixel', () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 800 }), (x) => {
				expect(toX(whole, 800, toNs(whole, 800, x))).toBeCloseTo(x, 3);
			})
		);
	});
	test('a position outside the track is the nearest moment inside', () => {
		expect(toNs(whole, 800, -50)).toBe(0);
		expect(toNs(whole, 800, 5000)).toBe(whole.endNs);
	});
});

describe('zoom', () => {
	test('the moment under the pointer keeps its place', () => {
		const around = 464_400_000;
		const closer = zoomAround(whole, whole, around, 4);
		expect(closer.endNs - closer.startNs).toBeCloseTo(whole.endNs / 4, 0);
		expect(toX(closer, 800, around)).toBeCloseTo(toX(whole, 800, around), 6);
	});
	test('never beyond the limits, never below two microseconds', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.record({
						at: fc.double({ min: 0, max: 1, noNaN: true }),
						factor: fc.double({ min: 0.05, max: 50, noNaN: true })
					}),
					{ maxLength: 12 }
				),
				(steps) => {
					let shown = whole;
					for (const { at, factor } of steps) shown = zoomAround(shown, whole, shown.startNs + at * (shown.endNs - shown.startNs), factor);
					expect(shown.startNs).toBeGreaterThanOrEqual(0);
					expect(shown.endNs).toBeLessThanOrEqual(whole.endNs + 1e-3);
					expect(shown.endNs - shown.startNs).toBeGreaterThanOrEqual(SMALLEST_WINDOW_NS - 1e-3);
				}
			)
		);
	});
	test('a brush may be drawn in either direction', () => {
		expect(between(300, 90_000_300, whole)).toEqual(between(90_000_300, 300, whole));
	});
	test('the window follows a moment only when it has left', () => {
		const part = { startNs: 100e6, endNs: 200e6 };
		expect(showing(part, whole, 150e6)).toBe(part);
		const moved = showing(part, whole, 500e6);
		expect(moved.startNs).toBeLessThan(500e6);
		expect(moved.endNs).toBeGreaterThan(500e6);
		expect(moved.endNs - moved.startNs).toBe(100e6);
		expect(isWhole(moved, whole)).toBe(false);
		expect(isWhole(whole, whole)).toBe(true);
	});
});

describe('words for moments', () => {
	test('ticks share one unit, named once at the last', () => {
		const ticks = timeTicks({ startNs: 0, endNs: 900_000_000 }, 9);
		expect(ticks.map((tick) => tick.label)).toEqual(['0', '100', '200', '300', '400', '500', '600', '700', '800', `900${THIN}ms`]);
	});
	test('a close zoom shows as many decimals as its marks need', () => {
		const labels = timeTicks({ startNs: 464_000_000, endNs: 464_002_000 }, 4).map((tick) => tick.label);
		expect(new Set(labels).size).toBe(labels.length);
	});
	test('a cursor shows one decimal more than a figure', () => {
		expect(formatMoment(287_300_000)).toBe(`287.3${THIN}ms`);
		expect(formatMoment(3_441_000_000)).toBe(`3.441${THIN}s`);
		expect(formatMoment(400)).toBe(`400${THIN}ns`);
		expect(formatMomentIn(464_400_250, { startNs: 464_400_000, endNs: 464_402_000 })).toBe(`464.4003${THIN}ms`);
	});
});
