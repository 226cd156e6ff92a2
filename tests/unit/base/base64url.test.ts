import { describe, expect, it } from 'vitest';
import { fromBase64Url, toBase64Url } from '../../../src/lib/base/base64url.ts';

describe('base64url', () => {
	it('is that of RFC 4648 without padding', () => {
		const text = new TextEncoder().encode('foobar');
		expect(Array.from({ length: 7 }, (_, length) => toBase64Url(text.slice(0, length)))).toEqual([
			'',
			'Zg',
			'Zm8',
			'Zm9v',
			'Zm9vYg',
			'Zm9vYmE',
			'Zm9vYmFy'
		]);
		expect(toBase64Url(new Uint8Array([0xfb, 0xff]))).toBe('-_8');
	});

	it('refuses impossible lengths and characters', () => {
		for (const wrong of ['A', 'AAAAA', 'A+AA', 'AA==', 'ä']) expect(fromBase64Url(wrong), wrong).toBeNull();
		expect(fromBase64Url('')).toEqual(new Uint8Array(0));
	});
});
