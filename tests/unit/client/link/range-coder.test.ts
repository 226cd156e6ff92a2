/** Goal: bytes come back whatever they are and wherever they stand; likely ones get short. Random, seed printed. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Expectation, RangeDecoder, RangeEncoder } from '../../../../src/lib/client/link/range-coder.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
type Placed = readonly [byte: number, context: number | null];

const encode = (bytes: readonly Placed[]): Uint8Array => {
	const coder = new RangeEncoder(new Expectation());
	for (const [byte, context] of bytes) coder.put(byte, context);
	return coder.done();
};

it(`gives back every byte (seed ${seed})`, () => {
	const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255));
	fc.assert(
		fc.property(fc.array(fc.tuple(byte, fc.option(fc.nat(3))), { maxLength: 400 }), (bytes) => {
			const packed = encode(bytes);
			const decoder = new RangeDecoder(packed, new Expectation());
			expect(bytes.map(([, context]) => decoder.get(context))).toEqual(bytes.map(([value]) => value));
			expect([decoder.isOverrun, decoder.left]).toEqual([false, 0]);
		}),
		{ seed, numRuns: 500 }
	);
});

it('carries through long runs of 255', () => {
	for (const fill of [0, 255]) {
		const bytes = Array.from({ length: 5000 }, (_, index): Placed => [index % 997 === 0 ? 255 - fill : fill, null]);
		const packed = encode(bytes);
		const decoder = new RangeDecoder(packed, new Expectation());
		expect(bytes.every(([value]) => decoder.get(null) === value)).toBe(true);
		expect(packed.length).toBeLessThanOrEqual(5001);
	}
});

it('makes what is always the same nearly free', () => {
	expect(encode(Array.from({ length: 1000 }, (): Placed => [65, 0])).length).toBeLessThan(100);
});

it('notices that something is missing, or left over', () => {
	const bytes = Array.from({ length: 40 }, (_, index): Placed => [(index * 97) % 256, null]);
	const packed = encode(bytes);
	const short = new RangeDecoder(packed.subarray(0, packed.length - 3), new Expectation());
	for (const _ of bytes) short.get(null);
	expect(short.isOverrun).toBe(true);
	const long = new RangeDecoder(Uint8Array.from([...packed, 1, 2, 3, 4, 5]), new Expectation());
	for (const _ of bytes) long.get(null);
	expect(long.left).toBeGreaterThan(0);
});
