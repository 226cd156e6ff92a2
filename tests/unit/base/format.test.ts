import { describe, expect, it } from 'vitest';
import {
	formatBytesBinary,
	formatBytesDecimal,
	formatNs,
	formatNumber,
	formatPpm,
	formatRate,
	formatThree,
	THIN
} from '../../../src/lib/base/format.ts';

const plain = (text: string): string => text.replaceAll(THIN, ' ');

describe('numbers for people', () => {
	it('are grouped and signed', () => {
		expect([0, 999, 1086, 1234567, -1500].map((value) => formatNumber(value))).toEqual(['0', '999', '1,086', '1,234,567', '−1,500']);
		expect(formatNumber(-0.2)).toBe('0');
		expect(formatNumber(2.5, 2)).toBe('2.50');
	});

	it('have three significant digits', () => {
		expect([0, 0.4, 5.15, 58.84, 396.4, 1086].map(formatThree)).toEqual(['0', '0.4', '5.15', '58.8', '396', '1,086']);
	});

	it('carry the unit that fits', () => {
		expect([5, 1000, 5_151_090, 3_440_000_000].map((ns) => plain(formatNs(ns)))).toEqual(['5 ns', '1 µs', '5.15 ms', '3.44 s']);
		expect([512, 4096, 2 * 1024 ** 2, 4 * 1024 ** 3, 2 ** 41].map((bytes) => plain(formatBytesBinary(bytes)))).toEqual([
			'512 B',
			'4 KiB',
			'2 MiB',
			'4 GiB',
			'2 TiB'
		]);
		expect([0, 1500, 2_000_000, 5_600_000_000].map((bytes) => plain(formatBytesDecimal(bytes)))).toEqual([
			'0 B',
			'1.5 kB',
			'2 MB',
			'5.6 GB'
		]);
		expect(plain(formatRate(10_880_000_000))).toBe('10.9 GB/s');
		expect(plain(formatPpm(801_234))).toBe('80 %');
	});
});
