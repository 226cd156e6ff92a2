import { describe, expect, it } from 'vitest';
import { crc32, Fingerprint, hashText, mix32 } from '../../../src/lib/base/hash.ts';

describe('hashes', () => {
	it('crc32 is the one of IEEE 802.3', () => {
		expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
		expect(crc32(new Uint8Array(0))).toBe(0);
	});

	it('mix32 is a 32-bit word that depends on every argument', () => {
		const words = new Set<number>();
		for (let a = 0; a < 20; a += 1) for (let b = 0; b < 20; b += 1) for (let c = 0; c < 20; c += 1) words.add(mix32(a, b, c));
		expect(words.size).toBe(8000);
		for (const word of words) expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
	});

	it('hashText tells neighbours apart', () => {
		expect(new Set(['', 'a', 'b', 'ab', 'ba', 'vm/vm0/writes', 'vm/vm1/writes', 'ā'].map(hashText)).size).toBe(8);
	});

	it('a fingerprint sees order, large and negative values, and texts', () => {
		const print = (...values: (number | string)[]): string => {
			const fingerprint = new Fingerprint();
			for (const value of values)
				if (typeof value === 'number') fingerprint.add(value);
				else fingerprint.addText(value);
			return fingerprint.text();
		};
		const all = [
			print(),
			print(0),
			print(1, 2),
			print(2, 1),
			print(2 ** 32),
			print(2 ** 33),
			print(-1),
			print(0xffffffff),
			print('a'),
			print('a', 'b'),
			print('ab')
		];
		expect(new Set(all).size).toBe(all.length);
		expect(print(1, 'x')).toBe(print(1, 'x'));
		for (const text of all) expect(text).toMatch(/^[0-9a-f]{16}$/);
	});
});
