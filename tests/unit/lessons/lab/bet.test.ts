/** Goal: figures say numbers as people write them. Method: amounts of each kind, those that never came about among them. */
import { expect, it } from 'vitest';
import { sayFigure } from '../../../../src/lib/lessons/lab/bet.ts';

const seconds = { amount: { expression: 0, divide: 1, unit: 's', digits: 1 } };

it('digits in groups, a thin space before the unit', () => {
	expect(sayFigure({ amount: { expression: 0, divide: 1, unit: 'GiB', digits: 0 } }, 1536)).toBe('1,536\u2009GiB');
	expect(sayFigure(seconds, 58.46)).toBe('58.5\u2009s');
});

it('what has not happened has a word of its own, where one is given', () => {
	const never = { amount: { ...seconds.amount, never: 'not within a minute' } };
	expect(sayFigure(never, -1)).toBe('not within a minute');
	expect(sayFigure(never, 0)).toBe('0.0\u2009s');
	expect(sayFigure(seconds, -1)).toBe('-1.0\u2009s');
	expect(sayFigure(seconds, null)).toBe('–');
});
