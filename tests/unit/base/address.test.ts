import { describe, expect, it } from 'vitest';
import { alignUp, byteAddress, floorDiv, formatAddress, maskParity, parseAddress } from '../../../src/lib/base/address.ts';

describe('addresses beyond 32 bits', () => {
	const high = 0x10_8000_1234;

	it('divide and align exactly', () => {
		expect(floorDiv(high, 4096)).toBe(0x1_0800_01);
		expect(alignUp(high, 4096)).toBe(0x10_8000_2000);
		expect(alignUp(0x10_8000_2000, 4096)).toBe(0x10_8000_2000);
	});

	it('have the parity of their masked bits', () => {
		for (const [value, mask] of [
			[high, high],
			[2 ** 51, 2 ** 51],
			[2 ** 51 + 1, 2 ** 51 + 1],
			[high, 0],
			[0x3_0000_0000, 0x1_0000_0000]
		] as const) {
			let bits = BigInt(value) & BigInt(mask);
			let parity = 0;
			for (; bits > 0n; bits >>= 1n) parity ^= Number(bits & 1n);
			expect(maskParity(value, mask), `${value} & ${mask}`).toBe(parity);
		}
	});

	it('are refused out of range', () => {
		expect(byteAddress(2 ** 52 - 1, 'HPA')).toBe(2 ** 52 - 1);
		for (const wrong of [2 ** 52, -1, 0.5, NaN]) expect(() => byteAddress(wrong, 'HPA')).toThrow('HPA out of range');
	});

	it('are written in groups of four and read again', () => {
		expect(formatAddress(high)).toBe('0x10_8000_1234');
		expect(formatAddress(0)).toBe('0x0');
		expect(formatAddress(0xffff_8880_0000_0000n)).toBe('0xffff_8880_0000_0000');
		expect(parseAddress(' 0x10_8000_1234 ')).toBe(high);
		expect(parseAddress('4096')).toBe(4096);
		for (const wrong of ['', '0x', 'abc', '-1', '1.5', '0x40000000000000']) expect(parseAddress(wrong), wrong).toBeNull();
	});
});
