import { describe, expect, test } from 'vitest';
import { budgetBoxes, budgetTitle, budgetWords, downtimeBudget, isBroken } from '../../../../src/lib/viz/timeline/budget.ts';
import { MS, operation, summary } from './fixtures.ts';

/** Where each microsecond of the gap went. The limit of the fixture is 10 ms, the gap takes 5.15 ms. */
const THIN = '\u2009';
const whole = summary(1100 * MS).operations[0];
const at = (ns: number) => downtimeBudget(operation(), summary(ns).operations[0], whole, ns)!;

describe('the gap', () => {
	test('before: all expected, nothing spent', () => {
		const budget = at(287 * MS);
		expect(budget.tense).toBe('future');
		expect(budget.totalNs).toBeCloseTo(5_150_000, 3);
		expect(budget.spentNs).toBe(0);
		expect(budget.leftNs).toBeCloseTo(4_850_000, 3);
		expect(budgetTitle(budget)).toBe(`Downtime 5.15${THIN}ms expected`);
	});
	test('during: save is past, flush is half done, the rest is expected', () => {
		const budget = at(460.575 * MS);
		expect(budget.parts.map((part) => part.tense)).toEqual(['past', 'now', 'future', 'future']);
		expect(budget.parts[1]!.happened).toBeCloseTo(0.5, 6);
		expect(budgetTitle(budget)).toBe(`Downtime 2.58${THIN}ms so far`);
	});
	test('after: the measured figure, and the parts add up to it', () => {
		const budget = at(500 * MS);
		expect(budget.tense).toBe('past');
		expect(budget.totalNs).toBe(5_150_000);
		const sum = budget.parts.reduce((total, part) => total + part.durationNs, 0);
		expect(sum).toBeCloseTo(budget.totalNs, 3);
		expect(budgetWords(budget)).toContain('4.85');
	});
	test('at the commit the length is known, but the gap goes on', () => {
		const happened = { ...summary(462.8 * MS).operations[0]!, downtimeNs: 4_751_000 };
		const budget = downtimeBudget(operation(), happened, whole, 462.8 * MS)!;
		expect(budget.tense).toBe('now');
		expect(budget.totalNs).toBeCloseTo(5_150_000, 3);
	});
	test('between two parts the gap goes on', () => {
		const course = summary(458.4 * MS).operations[0]!;
		const happened = { ...course, downtimeNs: 400_000, downtime: course.downtime.slice(0, 1) };
		const budget = downtimeBudget(operation(), happened, whole, 458.4 * MS)!;
		expect(budget.parts.length).toBe(4);
		expect(budget.tense).toBe('now');
	});
	test('more than the limit is said as such', () => {
		const budget = downtimeBudget(operation({ downtimeBudgetNs: 2 * MS }), whole, whole, 500 * MS)!;
		expect(budget.overNs).toBe(3_150_000);
		expect(budgetWords(budget)).toContain('more than the limit');
	});
	test('before the order the gap is forecast, and no limit is set', () => {
		const budget = downtimeBudget(null, undefined, whole, 0)!;
		expect(budget).toMatchObject({ budgetNs: null, leftNs: 0, overNs: 0, tense: 'future' });
		expect(budgetWords(budget)).not.toContain('limit');
	});
	test('no stop, no figure', () => {
		expect(downtimeBudget(operation(), summary(10 * MS).operations[0], undefined, 10 * MS)).toBeNull();
		expect(budgetTitle(null)).toBe('Downtime');
	});
});

describe('boxes', () => {
	test('a limit of 300 ms does not squeeze a gap of 5 ms: the bar is broken behind it', () => {
		const wide = downtimeBudget(operation({ downtimeBudgetNs: 300 * MS }), whole, whole, 500 * MS)!;
		expect(isBroken(wide)).toBe(true);
		const last = budgetBoxes(wide, 340).at(-1)!;
		expect(last.x + last.width).toBeGreaterThan(200);
		expect(last.x + last.width).toBeLessThan(230);
		expect(isBroken(at(287 * MS))).toBe(false);
	});
	test('lie side by side inside the bar, and no two texts on the lower line meet', () => {
		const boxes = budgetBoxes(at(287 * MS), 340);
		for (const [index, box] of boxes.entries()) {
			expect(box.x + box.width).toBeLessThanOrEqual(340.01);
			const before = boxes[index - 1];
			if (before) expect(box.x).toBeCloseTo(before.x + before.width, 6);
		}
		const below = boxes.filter((box) => box.place === 'below');
		for (const [index, box] of below.entries()) {
			const before = below[index - 1];
			if (before) expect(box.textX).toBeGreaterThanOrEqual(before.textX + before.text.length * 6.1);
		}
		expect(boxes.find((box) => box.part.id === 'flush')!.place).toBe('inside');
		expect(boxes.find((box) => box.part.id === 'commit')!.place).toBe('above');
	});
});
