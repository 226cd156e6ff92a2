import { assert } from './assert.ts';

/**
 * exp, ln and powers that have the same bits in every browser. The language leaves the last bits of Math.exp, Math.log
 * and Math.pow to the implementation; + − × ÷ and Math.floor are fixed by IEEE 754, so everything here is made of them.
 *
 * Relative error: at most 1e-15 for `exp` (result a normal number), `ln`, `log2`, `ln1p` and `expm1`; for `pow` with a
 * fractional exponent at most (|y · ln x| + 4) · 2^-52, which stays below 4e-15 while |y · ln x| ≤ 14 (Zipf weights of
 * a million pages); for a whole exponent at most |y| · 2^-53. The tests compare with fixed-point series of 160 bits.
 */

/** ln 2 in two parts: k · LN2_HIGH is exact for |k| < 2^20, because its last 20 bits are zero. */
const LN2_HIGH = 0.69314718036912381649017333984375;
const LN2_LOW = 1.90821492927058770002e-10;
export const LN2 = 0.6931471805599453;

const SQRT_HALF = Math.sqrt(0.5);
const SQRT_TWO = Math.sqrt(2);
/** Beyond these e^x is above the largest or below half the smallest double. */
const EXP_OVERFLOW = 709.782712893384;
const EXP_UNDERFLOW = -745.1332191019412;

/** 2^512, 2^256 … 2^1 with their exponents: factors to bring a number near 1 without rounding. */
const POWERS_OF_TWO: readonly (readonly [exponent: number, factor: number])[] = (() => {
	const list: [number, number][] = [];
	let factor = 2;
	for (let exponent = 1; exponent <= 512; exponent *= 2) {
		list.unshift([exponent, factor]);
		factor *= factor;
	}
	return list;
})();

/** 2^exponent for a whole exponent from −1022 to 1023, exact. */
export function powerOfTwo(exponent: number): number {
	assert(
		Number.isInteger(exponent) && exponent >= -1022 && exponent <= 1023,
		`2^${exponent} is not a normal number`
	);
	let result = 1;
	let left = exponent < 0 ? -exponent : exponent;
	for (const [step, factor] of POWERS_OF_TWO)
		if (left >= step) {
			result *= factor;
			left -= step;
		}
	return exponent < 0 ? 1 / result : result;
}

/** Σ xⁿ/n! from n = 1, for |x| ≤ 0.36: the first term left out is below 2^-58 of the sum. */
function exponentialSeries(x: number): number {
	let sum = 0;
	for (let n = 14; n >= 2; n -= 1) sum = ((1 + sum) * x) / n;
	return x + x * sum;
}

/** e^x. Above 709.78 infinite, below −745.13 zero. */
export function exp(x: number): number {
	if (x !== x) return x;
	if (x > EXP_OVERFLOW) return Infinity;
	if (x < EXP_UNDERFLOW) return 0;
	const k = Math.floor(x / LN2 + 0.5);
	const rest = x - k * LN2_HIGH - k * LN2_LOW;
	const small = 1 + exponentialSeries(rest);
	// Two exact steps, so that neither 2^1024 nor a subnormal power of two is ever formed.
	const half = Math.floor(k / 2);
	return small * powerOfTwo(half) * powerOfTwo(k - half);
}

/** e^x − 1, without losing the digits of a small x. */
export function expm1(x: number): number {
	return x > -0.35 && x < 0.35 ? exponentialSeries(x) : exp(x) - 1;
}

/** 2 · artanh(s) for |s| ≤ 0.1716, which is ln((1+s)/(1−s)). */
function doubleArtanh(s: number): number {
	const square = s * s;
	let sum = 0;
	for (let n = 25; n >= 3; n -= 2) sum = square * (1 / n + sum);
	return 2 * s + 2 * s * sum;
}

/** x = mantissa · 2^exponent with the mantissa between √½ and √2, exact. */
function split(x: number): { mantissa: number; exponent: number } {
	let mantissa = x;
	let exponent = 0;
	for (const [step, factor] of POWERS_OF_TWO)
		// The first pass of a subnormal may need the largest step twice.
		for (let times = 0; times < 2; times += 1) {
			if (mantissa >= factor) {
				mantissa /= factor;
				exponent += step;
			} else if (mantissa * factor <= 2) {
				mantissa *= factor;
				exponent -= step;
			}
		}
	if (mantissa > SQRT_TWO) {
		mantissa /= 2;
		exponent += 1;
	} else if (mantissa < SQRT_HALF) {
		mantissa *= 2;
		exponent -= 1;
	}
	return { mantissa, exponent };
}

/** Natural logarithm of a positive, finite number. */
export function ln(x: number): number {
	assert(x > 0 && x < Infinity, `ln of ${x}`);
	const { mantissa, exponent } = split(x);
	const part = doubleArtanh((mantissa - 1) / (mantissa + 1));
	return exponent === 0 ? part : exponent * LN2_HIGH + (part + exponent * LN2_LOW);
}

/** Logarithm to base 2; exact for powers of two. */
export function log2(x: number): number {
	assert(x > 0 && x < Infinity, `log2 of ${x}`);
	const { mantissa, exponent } = split(x);
	const part = doubleArtanh((mantissa - 1) / (mantissa + 1));
	return exponent + part / LN2;
}

/** ln(1 + x), without losing the digits of a small x; x > −1. */
export function ln1p(x: number): number {
	assert(x > -1 && x < Infinity, `ln1p of ${x}`);
	return x > -0.25 && x < 0.4 ? doubleArtanh(x / (2 + x)) : ln(1 + x);
}

/** x^count for a whole count ≥ 0 by squaring. */
function wholePower(x: number, count: number): number {
	let result = 1;
	let square = x;
	let left = count;
	while (left > 0) {
		if (left % 2 === 1) result *= square;
		left = Math.floor(left / 2);
		if (left > 0) square *= square;
	}
	return result;
}

/** x^y for x ≥ 0. Whole exponents up to ±1024 go by squaring, all others through exp and ln. */
export function pow(x: number, y: number): number {
	assert(x >= 0 && x < Infinity && y > -Infinity && y < Infinity, `${x} to the power of ${y}`);
	if (Number.isInteger(y) && y >= -1024 && y <= 1024)
		return y >= 0 ? wholePower(x, y) : 1 / wholePower(x, -y);
	if (x === 0) {
		assert(y > 0, `0 to the power of ${y}`);
		return 0;
	}
	if (x === 1) return 1;
	return exp(y * ln(x));
}
