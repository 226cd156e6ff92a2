/**
 * Goal: exp, ln and their relatives are right to the promised relative error.
 * Method: every result is compared with a series in 200-bit fixed-point BigInt arithmetic, which shares no code and no
 * algorithm step with the tested file, with published decimal expansions, and loosely with the built-in functions.
 */
import { describe, expect, it } from 'vitest';
import { exp, expm1, ln, ln1p, log2, pow, powerOfTwo } from '$lib/base/exact-math.ts';

const BITS = 260n;
const ONE = 1n << BITS;

/** A double as an exact fixed-point number with BITS fractional bits. */
function fixed(x: number): bigint {
	const view = new DataView(new ArrayBuffer(8));
	view.setFloat64(0, x);
	const word = view.getBigUint64(0);
	const biased = (word >> 52n) & 0x7ffn;
	const fraction = word & 0xfffffffffffffn;
	const mantissa = biased === 0n ? fraction : fraction | (1n << 52n);
	const exponent = (biased === 0n ? 1n : biased) - 1075n + BITS;
	const size = exponent >= 0n ? mantissa << exponent : mantissa >> -exponent;
	return word >> 63n ? -size : size;
}

/** e^x by the plain Taylor series after halving x sixteen times. */
function referenceExp(x: bigint): bigint {
	const small = x / 65536n;
	let term = ONE;
	let sum = ONE;
	for (let n = 1n; term !== 0n; n += 1n) {
		term = (term * small) / (ONE * n);
		sum += term;
		if (n > 400n) throw new Error('the series does not end');
	}
	for (let times = 0; times < 16; times += 1) sum = (sum * sum) / ONE;
	return sum;
}

/** ln x by Newton steps on the reference exponential: y ← y + 2 (x − e^y) / (x + e^y). */
function referenceLn(x: bigint): bigint {
	let y = fixed(Math.log(Number(x >> (BITS - 60n)) / 2 ** 60));
	for (let times = 0; times < 4; times += 1) {
		const power = referenceExp(y);
		y += (2n * (x - power) * ONE) / (x + power);
	}
	return y;
}

/** |result − wanted| / |wanted| as a double. */
function relativeError(result: number, wanted: bigint): number {
	const difference = fixed(result) - wanted;
	return Math.abs(Number((difference * 10n ** 30n) / wanted)) / 1e30;
}

/** Repeatable words (xorshift, 32 bits); the seed is in every message. */
function words(seed: number): () => number {
	let state = seed;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32;
	};
}

const SEED = 20051102;

describe('exp', () => {
	it('stays within 1e-15 of the reference from −60 to 40', () => {
		const next = words(SEED);
		for (let count = 0; count < 400; count += 1) {
			const x = count < 50 ? (next() - 0.5) / 2 ** (count / 2) : next() * 100 - 60;
			expect(relativeError(exp(x), referenceExp(fixed(x))), `seed ${SEED}, exp(${x})`).toBeLessThan(1e-15);
		}
	});
	it('agrees with the built-in function over the whole range of doubles', () => {
		for (let x = -708; x < 709; x += 1.37) expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(2e-15);
	});
	it('knows its ends', () => {
		expect(exp(0)).toBe(1);
		expect(exp(710)).toBe(Infinity);
		expect(exp(-746)).toBe(0);
		expect(exp(-Infinity)).toBe(0);
		expect(exp(Infinity)).toBe(Infinity);
		expect(exp(NaN)).toBeNaN();
		expect(exp(-740)).toBeGreaterThan(0);
	});
	it('has the digits of e that are printed in books', () => {
		expect(relativeError(exp(1), (2718281828459045235360287471352n * ONE) / 10n ** 30n)).toBeLessThan(1e-15);
	});
});

describe('expm1', () => {
	it('keeps the digits of a small argument', () => {
		const next = words(SEED + 1);
		for (let count = 0; count < 200; count += 1) {
			const x = (next() - 0.5) / 2 ** (count / 8);
			const wanted = referenceExp(fixed(x)) - ONE;
			expect(relativeError(expm1(x), wanted), `seed ${SEED + 1}, expm1(${x})`).toBeLessThan(1.5e-15);
		}
		expect(expm1(1e-18)).toBe(1e-18);
		expect(expm1(0)).toBe(0);
	});
});

describe('ln', () => {
	it('stays within 1e-15 of the reference from 1e-18 to 1e18', () => {
		const next = words(SEED + 2);
		for (let count = 0; count < 300; count += 1) {
			const x = count < 100 ? 1 + (next() - 0.5) / 2 ** (count / 4) : 10 ** (next() * 36 - 18);
			if (x === 1) continue;
			expect(relativeError(ln(x), referenceLn(fixed(x))), `seed ${SEED + 2}, ln(${x})`).toBeLessThan(1e-15);
		}
	});
	it('agrees with the built-in function over the whole range of doubles', () => {
		for (let exponent = -1074; exponent < 1024; exponent += 3) {
			const x = 1.2345 * 2 ** exponent;
			expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(2e-15 * Math.max(1, Math.abs(Math.log(x))));
		}
		expect(ln(5e-324)).toBeCloseTo(-744.4400719213812, 10);
		expect(ln(Number.MAX_VALUE)).toBeCloseTo(709.782712893384, 10);
	});
	it('has the digits of ln 2 and ln 10 that are printed in books', () => {
		expect(relativeError(ln(2), (693147180559945309417232121458n * ONE) / 10n ** 30n)).toBeLessThan(1e-15);
		expect(relativeError(ln(10), (2302585092994045684017991454684n * ONE) / 10n ** 30n)).toBeLessThan(1e-15);
	});
	it('refuses what has no logarithm', () => {
		for (const x of [0, -1, NaN, Infinity]) expect(() => ln(x)).toThrow(/ln of/);
	});
});

describe('ln1p and log2', () => {
	it('ln1p keeps the digits of a small argument', () => {
		const next = words(SEED + 3);
		for (let count = 0; count < 150; count += 1) {
			const x = (next() - 0.4) / 2 ** (count / 6);
			if (x === 0) continue;
			const wanted = referenceLn(ONE + fixed(x));
			expect(relativeError(ln1p(x), wanted), `seed ${SEED + 3}, ln1p(${x})`).toBeLessThan(1.5e-15);
		}
	});
	it('log2 is exact for powers of two', () => {
		for (let exponent = -1022; exponent < 1024; exponent += 1) expect(log2(2 ** exponent)).toBe(exponent);
		expect(log2(8) / 3).toBe(1);
		expect(log2(10)).toBeCloseTo(3.321928094887362, 14);
	});
});

describe('pow', () => {
	it('stays within its bound for Zipf weights of a million pages', () => {
		const next = words(SEED + 4);
		for (let count = 0; count < 150; count += 1) {
			const x = 1 + Math.floor(next() * 1e6);
			const y = -(0.5 + Math.floor(next() * 70) / 100);
			if (x === 1) continue;
			const product = (fixed(y) * referenceLn(fixed(x))) / ONE;
			const error = relativeError(pow(x, y), referenceExp(product));
			expect(error, `seed ${SEED + 4}, pow(${x}, ${y})`).toBeLessThan((Math.abs(Number(product >> (BITS - 60n)) / 2 ** 60) + 4) * 2 ** -52);
			expect(error, `seed ${SEED + 4}, pow(${x}, ${y})`).toBeLessThan(4e-15);
		}
	});
	it('is exact where the answer is a whole number', () => {
		expect(pow(3, 5)).toBe(243);
		expect(pow(2, -3)).toBe(0.125);
		expect(pow(7, 0)).toBe(1);
		expect(pow(0, 3)).toBe(0);
		expect(pow(0, 0.5)).toBe(0);
		expect(pow(1, 0.3)).toBe(1);
	});
	it('raises a ratio to a round count as F5 needs it', () => {
		expect(Math.abs(pow(0.851064, 28) / Math.pow(0.851064, 28) - 1)).toBeLessThan(4e-15);
	});
});

describe('powerOfTwo', () => {
	it('is exact from 2^-1022 to 2^1023 and refuses the rest', () => {
		for (let exponent = -1022; exponent < 1024; exponent += 1) expect(powerOfTwo(exponent)).toBe(2 ** exponent);
		expect(() => powerOfTwo(1024)).toThrow();
		expect(() => powerOfTwo(0.5)).toThrow();
	});
});
