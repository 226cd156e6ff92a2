import { assert } from './assert.ts';
import type { Brand } from './brand.ts';

/** Guest virtual, guest physical, host virtual, host physical and device physical byte addresses, below 2^52 but for GVA. */
export type Gpa = Brand<number, 'Gpa'>;
export type Hva = Brand<number, 'Hva'>;
export type Hpa = Brand<number, 'Hpa'>;
export type Dpa = Brand<number, 'Dpa'>;
/** A guest virtual address lies in the upper canonical half and needs 64 bits. */
export type Gva = Brand<bigint, 'Gva'>;
/** Guest frame number: gpa / 4 KiB. */
export type Gfn = Brand<number, 'Gfn'>;

const LIMIT = 2 ** 52;

/** Asserts an integer byte address below 2^52 (decision D1: doubles hold these exactly, 32-bit operators do not). */
export function byteAddress(value: number, space: string): number {
	// The text is put together only for a value that is out of range.
	if (!(Number.isInteger(value) && value >= 0 && value < LIMIT))
		assert(false, `${space} out of range: ${value}`);
	return value;
}

/** Floor of value / divisor for non-negative integers below 2^53. */
export function floorDiv(value: number, divisor: number): number {
	return (value - (value % divisor)) / divisor;
}

export function alignUp(value: number, alignment: number): number {
	const rest = value % alignment;
	return rest === 0 ? value : value + (alignment - rest);
}

/** Parity of the bits of `value & mask`, both below 2^52, computed on two 26-bit halves. */
export function maskParity(value: number, mask: number): 0 | 1 {
	const half = 2 ** 26;
	let bits = ((value % half) & (mask % half)) ^ (floorDiv(value, half) & floorDiv(mask, half));
	bits ^= bits >>> 16;
	bits ^= bits >>> 8;
	bits ^= bits >>> 4;
	bits ^= bits >>> 2;
	bits ^= bits >>> 1;
	return (bits & 1) as 0 | 1;
}

/** `0x1_2345_6000`: hexadecimal digits grouped by four from the right. */
export function formatAddress(value: number | bigint): string {
	const digits = value.toString(16);
	const groups: string[] = [];
	for (let end = digits.length; end > 0; end -= 4)
		groups.unshift(digits.slice(Math.max(0, end - 4), end));
	return `0x${groups.join('_')}`;
}

/** Reads decimal or `0x` hexadecimal with optional `_` groups; null if it is neither or above 2^53. */
export function parseAddress(text: string): number | null {
	const bare = text.trim().toLowerCase().replaceAll('_', '');
	if (!/^(0x[0-9a-f]+|[0-9]+)$/.test(bare)) return null;
	const value = Number(bare);
	return Number.isSafeInteger(value) ? value : null;
}
