/**
 * Goal: 64 bits as two doubles add, subtract, compare and come back as they do in C. Method: against bigints that wrap, at the
 * places where something carries.
 */
import { expect, it } from 'vitest';
import {
	differenceRest,
	differenceUnits,
	isLess,
	isWide,
	restOf,
	rounded,
	sumRest,
	sumUnits,
	unitsOf,
	wide
} from '$lib/engine/vdpa/iova/wide.ts';

const edges = [0n, 1n, 4095n, 4096n, 4097n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 44n, 2n ** 52n + 1n, 2n ** 53n + 1n, 2n ** 63n];
const values = [...edges, ...edges.map((value) => 2n ** 64n - 1n - value)];

it('every pair of numbers adds, subtracts and compares', () => {
	for (const a of values) {
		expect(wide(unitsOf(a), restOf(a))).toBe(a);
		expect(rounded(unitsOf(a), restOf(a))).toBe(Number(a));
		for (const b of values) {
			const [aUnits, aRest, bUnits, bRest] = [unitsOf(a), restOf(a), unitsOf(b), restOf(b)];
			expect(wide(sumUnits(aUnits, aRest, bUnits, bRest), sumRest(aRest, bRest))).toBe(BigInt.asUintN(64, a + b));
			expect(wide(differenceUnits(aUnits, aRest, bUnits, bRest), differenceRest(aRest, bRest))).toBe(BigInt.asUintN(64, a - b));
			expect(isLess(aUnits, aRest, bUnits, bRest)).toBe(a < b);
		}
	}
});

it('what has no 64 bits is told', () => {
	expect([-1n, 2n ** 64n].map(isWide)).toEqual([false, false]);
	expect([0n, 2n ** 64n - 1n].map(isWide)).toEqual([true, true]);
});
