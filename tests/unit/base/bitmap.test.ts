import { describe, expect, it } from 'vitest';
import { lowestBit, popcount, testBit } from '../../../src/lib/base/bitmap.ts';

describe('bitmaps', () => {
	it('count and find bits in every kind of word', () => {
		for (const word of [0, 1, 0x80000000, 0xffffffff, 0xaaaaaaaa, 0x00010000, 0x12345678]) {
			const digits = word.toString(2);
			expect(popcount(word), digits).toBe([...digits].filter((digit) => digit === '1').length);
			expect(lowestBit(word), digits).toBe(word === 0 ? 32 : digits.length - 1 - digits.lastIndexOf('1'));
		}
	});

	it('test single bits across words', () => {
		const words = new Uint32Array([0x80000001, 0x2]);
		expect(Array.from({ length: 64 }, (_, index) => testBit(words, index)).flatMap((set, index) => (set ? [index] : []))).toEqual([
			0, 31, 33
		]);
	});
});
