import * as v from 'valibot';
import { parseAddress } from '../../../base/address.ts';
import { parseQuantity, type Dimension } from '../../../base/quantity.ts';

/** Fields that the parts of the scenario format have in common: names, texts, whole numbers, amounts, addresses below 2^52. */

export const name = v.pipe(
	v.string('expected a name'),
	v.regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, 'a name is a letter and up to 31 letters, digits or hyphens')
);
export const text = (longest: number) => v.pipe(v.string('expected a text'), v.maxLength(longest, `at most ${longest} characters`));
export const whole = (least: number, most: number) =>
	v.pipe(
		v.number('expected a number'),
		v.integer('expected a whole number'),
		v.minValue(least, `at least ${least}`),
		v.maxValue(most, `at most ${most}`)
	);
const amountOf = (dimension: Dimension) =>
	v.pipe(
		v.union([v.number(), v.string()], 'expected a number or a text with a unit'),
		v.rawTransform<number | string, number>(({ dataset, addIssue, NEVER }) => {
			const parsed = parseQuantity(dataset.value, dimension);
			if (parsed.ok) return parsed.value;
			addIssue({ message: parsed.detail });
			return NEVER;
		})
	);
export const bytes = amountOf('bytes');
export const duration = amountOf('nanoseconds');
export const address = v.pipe(
	v.union([v.number(), v.string()], 'expected an address'),
	v.rawTransform<number | string, number>(({ dataset, addIssue, NEVER }) => {
		const value = typeof dataset.value === 'number' ? dataset.value : parseAddress(dataset.value);
		if (value !== null && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 52) return value;
		addIssue({ message: 'an address is a whole number below 2^52' });
		return NEVER;
	})
);
