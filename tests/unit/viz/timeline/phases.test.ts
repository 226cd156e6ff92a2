import { describe, expect, test } from 'vitest';
import { fittedLabel, labelWidth, phaseBars, placedLabel, stopSpans } from '../../../../src/lib/viz/timeline/phases.ts';
import { MS, summary } from './fixtures.ts';

/** Past is solid, future is dashed, at the same place: nothing jumps when a forecast comes true. */
const until = 1100 * MS;
const whole = summary(until);

describe('phases', () => {
	test('in the middle of staging one is past, one lasts, two are expected', () => {
		const bars = phaseBars(summary(287 * MS), whole, 287 * MS, until);
		expect(bars.map((bar) => [bar.id, bar.tense])).toEqual([
			['prepare', 'past'],
			['staging', 'now'],
			['handoff', 'future'],
			['unstaging', 'future']
		]);
		const staging = bars[1]!;
		expect(staging.solidEndNs).toBe(287 * MS);
		expect(staging.endNs).toBe(458 * MS);
		expect(staging.open).toBe(false);
	});
	test('every bar keeps its place from the forecast until it has happened', () => {
		const places = (ns: number) => phaseBars(summary(ns), whole, ns, until).map((bar) => [bar.key, bar.startNs, bar.endNs]);
		for (const ns of [0, 58 * MS, 300 * MS, 460 * MS, 700 * MS, 900 * MS]) expect(places(ns)).toEqual(places(until));
	});
	test('without a forecast the phase that lasts runs open to the end', () => {
		const bars = phaseBars(summary(287 * MS), null, 287 * MS, until);
		expect(bars.at(-1)).toMatchObject({
			id: 'staging',
			open: true,
			endNs: until,
			solidEndNs: 287 * MS
		});
	});
	test('a forecast of another operation adds nothing to ours', () => {
		const other = {
			...whole,
			operations: whole.operations.map((one) => ({ ...one, id: 9, startNs: 5 * MS }))
		};
		const bars = phaseBars(summary(287 * MS), other, 287 * MS, until);
		expect(new Set(bars.map((bar) => bar.operation))).toEqual(new Set([1]));
	});
	test('an order that is still to come is expected as a whole', () => {
		const later = {
			...whole,
			operations: whole.operations.map((one) => ({
				...one,
				startNs: 10 * MS,
				phases: one.phases.map((span) => ({
					...span,
					startNs: span.startNs + 10 * MS,
					endNs: (span.endNs ?? 0) + 10 * MS
				}))
			}))
		};
		const none = { ...summary(0), operations: [] };
		expect(phaseBars(none, later, 0, until).every((bar) => bar.tense === 'future')).toBe(true);
	});
});

describe('the stop', () => {
	test('before, during and after the hand-off it is the same slit', () => {
		const at = (ns: number) => stopSpans(summary(ns), whole, ns)[0]!;
		expect(at(287 * MS)).toMatchObject({ startNs: 458 * MS, endNs: 463.15 * MS, tense: 'future' });
		expect(at(460 * MS)).toMatchObject({ startNs: 458 * MS, endNs: 463.15 * MS, tense: 'now' });
		expect(at(500 * MS)).toMatchObject({ startNs: 458 * MS, endNs: 463.15 * MS, tense: 'past' });
	});
});

test('a label is shortened to what fits and never cut in a word', () => {
	expect(fittedLabel('staging: pages to the pool', 300)).toBe('staging: pages to the pool');
	expect(fittedLabel('staging: pages to the pool', 70)).toBe('staging');
	expect(fittedLabel('round 12', 30)).toBe('12');
	expect(fittedLabel('round 12', 6)).toBe('');
});

test('a label steps aside for the cursor where there is room, and never leaves its bar', () => {
	expect(placedLabel('staging', 0, 300, 290)!.x).toBe(150);
	const aside = placedLabel('staging', 0, 300, 150)!;
	expect(Math.abs(aside.x - 150)).toBeGreaterThan(labelWidth(aside.text) / 2);
	expect(placedLabel('staging', 0, 52, 26)!.text).toBe('staging');
	expect(placedLabel('staging', 0, 20, 10)).toBeNull();
});
