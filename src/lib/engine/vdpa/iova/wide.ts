/**
 * Unsigned numbers of 64 bits as two exact doubles: whole units of 4096 (below 2^52) and the rest (below 4096). Two doubles
 * are plain JSON, and almost every comparison of addresses is decided by the first. Outside this folder such a number is a
 * bigint (decision D1).
 */
export const UNIT = 4096;
/** Units of the whole space: sums wrap here, as they do in C. */
export const SPACE_UNITS = 2 ** 52;
const HALF_UNITS = 2 ** 20;

export const WIDE_LAST = 2n ** 64n - 1n;

// Scratch: written and read within one call.
const view = new DataView(new ArrayBuffer(8));

export function isWide(value: bigint): boolean {
	return value >= 0n && value <= WIDE_LAST;
}

export function unitsOf(value: bigint): number {
	view.setBigUint64(0, value, true);
	return view.getUint32(4, true) * HALF_UNITS + (view.getUint32(0, true) >>> 12);
}

export function restOf(value: bigint): number {
	view.setBigUint64(0, value, true);
	return view.getUint32(0, true) & (UNIT - 1);
}

export function wide(units: number, rest: number): bigint {
	const high = Math.floor(units / HALF_UNITS);
	view.setUint32(4, high, true);
	view.setUint32(0, (units - high * HALF_UNITS) * UNIT + rest, true);
	return view.getBigUint64(0, true);
}

/** Units of a + b. Whether the sum wrapped shows in its being less than a. */
export function sumUnits(aUnits: number, aRest: number, bUnits: number, bRest: number): number {
	const sum = aUnits + bUnits + (aRest + bRest >= UNIT ? 1 : 0);
	return sum >= SPACE_UNITS ? sum - SPACE_UNITS : sum;
}

export function sumRest(aRest: number, bRest: number): number {
	return (aRest + bRest) & (UNIT - 1);
}

/** Units of a − b, which wraps where b is greater. */
export function differenceUnits(aUnits: number, aRest: number, bUnits: number, bRest: number): number {
	const difference = aUnits - bUnits - (aRest < bRest ? 1 : 0);
	return difference < 0 ? difference + SPACE_UNITS : difference;
}

export function differenceRest(aRest: number, bRest: number): number {
	return (aRest - bRest) & (UNIT - 1);
}

export function isLess(aUnits: number, aRest: number, bUnits: number, bRest: number): boolean {
	return aUnits < bUnits || (aUnits === bUnits && aRest < bRest);
}

/** As one double: exact below 2^53, above it rounded, never in the wrong order. */
export function rounded(units: number, rest: number): number {
	return units * UNIT + rest;
}
