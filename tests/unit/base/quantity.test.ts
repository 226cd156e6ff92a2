import { describe, expect, it } from 'vitest';
import { parseQuantity } from '../../../src/lib/base/quantity.ts';

describe('quantities', () => {
	it.each([
		['4 GiB', 'bytes', 4 * 1024 ** 3],
		['1.5 KiB', 'bytes', 1536],
		[512, 'bytes', 512],
		['25 Gbit/s', 'bytesPerSecond', 3_125_000_000],
		['1.25 GB/s', 'bytesPerSecond', 1_250_000_000],
		['300 ms', 'nanoseconds', 300_000_000],
		['400 us', 'nanoseconds', 400_000],
		['2 µs', 'nanoseconds', 2000]
	] as const)('%s as %s', (text, dimension, value) => expect(parseQuantity(text, dimension)).toEqual({ ok: true, value }));

	it.each([
		['4', 'bytes'],
		['4 gib', 'bytes'],
		['4 GiB', 'nanoseconds'],
		['-4 GiB', 'bytes'],
		[-1, 'bytes'],
		[0.5, 'bytes'],
		['9999999 TiB', 'bytes'],
		[null, 'bytes'],
		['1e3 B', 'bytes']
	] as const)('%s is no amount of %s', (value, dimension) => {
		const parsed = parseQuantity(value, dimension);
		expect(parsed.ok).toBe(false);
		if (!parsed.ok) expect(parsed.detail.length).toBeGreaterThan(10);
	});
});
