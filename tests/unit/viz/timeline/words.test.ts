import { expect, test } from 'vitest';
import { courseRows, timelineWords } from '../../../../src/lib/viz/timeline/words.ts';
import { phaseBars, stopSpans } from '../../../../src/lib/viz/timeline/phases.ts';
import { pastOf } from '../../../../src/lib/viz/timeline/course.ts';
import { stillAt, stills } from '../../../../src/lib/viz/timeline/stills.ts';
import { MS, summary } from './fixtures.ts';

/** Every figure is told in words too, with past and future kept apart. */
const until = 1100 * MS;
const whole = summary(until);
const tell = (ns: number): string =>
	timelineWords(
		phaseBars(summary(ns), whole, ns, until),
		stopSpans(summary(ns), whole, ns),
		pastOf(summary(ns).vms[0], 'speedPpm', ns),
		ns
	).replaceAll('\u2009', ' ');

test('the timeline says what has been and what is expected', () => {
	expect(tell(287 * MS)).toBe(
		'Now 287.0 ms. prepare, 0 ns to 58.0 ms. staging: pages to the pool, since 58.0 ms, expected to last until 458.0 ms. ' +
			'hand-off, expected from 458.0 ms to 463.0 ms. unstaging: pages home to B, expected from 463.0 ms to 859.0 ms. ' +
			'The guest is expected to stop at 458.0 ms for 5.15 ms. Slower than usual for 187 ms, at worst 80 %.'
	);
	expect(tell(until)).toContain('The guest stopped at 458.0 ms for 5.15 ms.');
	expect(tell(until)).not.toContain('expected');
});

test('the table has a row at every border and none after now', () => {
	const rows = courseRows(summary(500 * MS), 'vm0');
	expect(rows.map((row) => row.atNs / MS)).toEqual([0, 58, 458, 463, 500]);
	expect(rows.every((row) => row.cells.length === 3)).toBe(true);
	expect(courseRows(whole, 'nobody')).toEqual([]);
});

test('stills are few, in order, from the start to the end', () => {
	const list = stills(summary(0), whole, until);
	expect(list[0]!.atNs).toBe(0);
	expect(list.at(-1)!.atNs).toBe(859 * MS);
	expect(list.map((still) => still.atNs)).toEqual([...list.map((still) => still.atNs)].sort((a, b) => a - b));
	expect(list.length).toBeLessThanOrEqual(9);
	expect(stillAt(list, 0)).toBe(0);
	expect(stillAt(list, until)).toBe(list.length - 1);
});
