import { assert } from './assert.ts';
import { exp, expm1, pow } from './exact-math.ts';

/**
 * Draws from a distribution by comparing one random 32-bit word with a table: `thresholds[i]` is the largest word that
 * still draws index i or a lower one. The tables are built once with exact-math, so a draw is integer comparison only.
 */

const WORDS = 4_294_967_296;

/** Turns growing cumulative weights into inclusive thresholds; the last is always 2^32 − 1. */
function fromCumulative(cumulative: Float64Array): Uint32Array {
	const count = cumulative.length;
	const total = cumulative[count - 1] as number;
	assert(total > 0 && total < Infinity, `the weights add up to ${total}`);
	const thresholds = new Uint32Array(count);
	for (let index = 0; index < count; index += 1) {
		const words = Math.floor(((cumulative[index] as number) / total) * WORDS + 0.5);
		thresholds[index] = words < 1 ? 0 : words > WORDS ? WORDS - 1 : words - 1;
	}
	thresholds[count - 1] = WORDS - 1;
	return thresholds;
}

/** Index i with a chance proportional to (i+1)^−(numerator/denominator). */
export function zipfThresholds(
	count: number,
	exponentNumerator: number,
	exponentDenominator: number
): Uint32Array {
	assert(Number.isInteger(count) && count >= 1 && count <= 1 << 26, `a table of ${count} entries`);
	assert(
		Number.isInteger(exponentNumerator) && exponentNumerator >= 0,
		`exponent ${exponentNumerator}/${exponentDenominator}`
	);
	assert(
		Number.isInteger(exponentDenominator) && exponentDenominator >= 1,
		`exponent ${exponentNumerator}/${exponentDenominator}`
	);
	const exponent = -exponentNumerator / exponentDenominator;
	const cumulative = new Float64Array(count);
	let sum = 0;
	let lost = 0;
	for (let index = 0; index < count; index += 1) {
		// Compensated addition: the tail of a long table is made of weights far below the sum.
		const weight = pow(index + 1, exponent) - lost;
		const next = sum + weight;
		lost = next - sum - weight;
		sum = next;
		cumulative[index] = sum;
	}
	return fromCumulative(cumulative);
}

/** Index i below `count` with a chance proportional to e^(−i/mean), mean = numerator/denominator. */
export function exponentialThresholds(
	count: number,
	meanNumerator: number,
	meanDenominator: number
): Uint32Array {
	assert(Number.isInteger(count) && count >= 1 && count <= 1 << 26, `a table of ${count} entries`);
	assert(meanNumerator > 0 && meanDenominator > 0, `a mean of ${meanNumerator}/${meanDenominator}`);
	const step = meanDenominator / meanNumerator;
	const cumulative = new Float64Array(count);
	for (let index = 0; index < count; index += 1)
		cumulative[index] =
			(index + 1) * step < 0.35 ? -expm1(-(index + 1) * step) : 1 - exp(-(index + 1) * step);
	return fromCumulative(cumulative);
}

/** The index that a random 32-bit word draws: the first whose threshold is not below the word. */
export function drawIndex(thresholds: Uint32Array, word: number): number {
	let low = 0;
	let high = thresholds.length - 1;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		if ((thresholds[middle] as number) >= word) high = middle;
		else low = middle + 1;
	}
	return low;
}
