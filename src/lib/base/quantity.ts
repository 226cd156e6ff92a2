import { refused, ok, type Outcome } from './outcome.ts';

/**
 * Quantities as people write them in scenario files: a number in the base unit, or a text such as "4 GiB", "1.25 GB/s",
 * "300 ms", "25 Gbit/s". Everything is turned into the base unit of its dimension.
 */
export type Dimension = 'bytes' | 'bytesPerSecond' | 'nanoseconds';

const SIZE: Record<string, number> = {
	B: 1,
	kB: 1e3,
	MB: 1e6,
	GB: 1e9,
	TB: 1e12,
	KiB: 1024,
	MiB: 1024 ** 2,
	GiB: 1024 ** 3,
	TiB: 1024 ** 4
};
const BITS: Record<string, number> = { 'kbit/s': 125, 'Mbit/s': 125e3, 'Gbit/s': 125e6 };

const UNITS: Record<Dimension, Record<string, number>> = {
	bytes: SIZE,
	bytesPerSecond: {
		...Object.fromEntries(Object.entries(SIZE).map(([name, factor]) => [`${name}/s`, factor])),
		...BITS
	},
	nanoseconds: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9 }
};

/** The value in the base unit, a non-negative integer below 2^53, or a refusal that names what was wrong. */
export function parseQuantity(
	value: unknown,
	dimension: Dimension
): Outcome<number, 'bad-quantity'> {
	const units = UNITS[dimension];
	let result: number;
	if (typeof value === 'number') result = value;
	else if (typeof value === 'string') {
		const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-zµ]+(?:\/s)?)\s*$/.exec(value);
		const factor = match ? units[match[2] as string] : undefined;
		if (!match || factor === undefined)
			return refused(
				'bad-quantity',
				`"${value.slice(0, 40)}" is not a number with a unit out of ${Object.keys(units).join(', ')}`
			);
		result = Math.round(Number(match[1]) * factor);
	} else
		return refused('bad-quantity', `expected a number or a text with a unit, got ${typeof value}`);
	if (!Number.isSafeInteger(result) || result < 0)
		return refused(
			'bad-quantity',
			`${String(value).slice(0, 40)} is not a whole amount from 0 to 2^53`
		);
	return ok(result);
}
