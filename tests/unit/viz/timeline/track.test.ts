import { describe, expect, test } from 'vitest';
import { trackRows } from '../../../../src/lib/viz/timeline/rows.ts';
import { drawTrack, slowLabels, trackWords } from '../../../../src/lib/viz/timeline/track.ts';
import { MS, summary } from './fixtures.ts';

/** What is drawn of one run, between two answers of the engine. */
const until = 1100 * MS;
const window = { startNs: 0, endNs: until };
const row = trackRows(1, false).rows[0]!;
const track = (ns: number, marks: { atNs: number; words: string }[] = []) => ({
	name: 'main',
	course: summary(ns),
	forecast: summary(until),
	vm: 'vm0',
	marks
});
const texts = (ns: number) =>
	slowLabels(drawTrack(track(ns), row, window, 1000, until), window, 1000).map((label) => label.text.replaceAll('\u2009', ' '));

describe('a track', () => {
	test('the drawing of the speed does not change when the forecast comes true', () => {
		const early = drawTrack(track(287 * MS), row, window, 800, until);
		const late = drawTrack(track(500 * MS), row, window, 800, until);
		const value = (drawing: typeof early, ns: number) => {
			let found = 0;
			drawing.speed.atNs.forEach((at, index) => {
				if (at <= ns) found = drawing.speed.values[index]!;
			});
			return found;
		};
		for (const ns of [50, 150, 400, 460, 600, 1000]) expect(value(early, ns * MS)).toBe(value(late, ns * MS));
	});
	test('what was, what is so far and what is expected are told apart', () => {
		expect(texts(287 * MS)).toEqual(['brownout 187 ms so far', '68 % at worst', 'brownout 396 ms']);
		expect(texts(until)).toEqual(['brownout 358 ms, down to 68 %', 'brownout 396 ms, down to 70 %']);
	});
	test('words are left out where they do not fit', () => {
		expect(slowLabels(drawTrack(track(until), row, window, 90, until), window, 90)).toEqual([]);
	});
	test('ends that were no success are told', () => {
		const drawing = drawTrack(track(until, [{ atNs: 5 * MS, words: 'Refused at 5 ms.' }]), row, window, 800, until);
		expect(trackWords(drawing)).toContain('Refused at 5 ms.');
	});
});
