/** Goal: numbers, texts and names of a link come back exactly; numbers that people write are short. Random, seed printed. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../../../src/lib/client/link/bytes.ts';
import { LinkDamage } from '../../../../src/lib/client/link/reasons.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

function bytesOf(write: (out: ByteWriter) => void): number[] {
	const bytes: number[] = [];
	write(new ByteWriter((byte) => bytes.push(byte)));
	return bytes;
}
function readerOf(bytes: readonly number[]): ByteReader {
	const left = [...bytes];
	return new ByteReader(() => {
		const byte = left.shift();
		if (byte === undefined) throw new LinkDamage('truncated', 'no more');
		return byte;
	});
}

it(`brings numbers back (seed ${seed})`, () => {
	const whole = fc.oneof(fc.nat(300), fc.maxSafeNat());
	const decimal = fc.double({ noNaN: true, noDefaultInfinity: true });
	fc.assert(
		fc.property(whole, whole, decimal, (count, quantity, number) => {
			const from = readerOf(
				bytesOf((out) => {
					out.count(count);
					out.quantity(quantity);
					out.decimal(number);
				})
			);
			expect([from.count(), from.quantity()]).toEqual([count, quantity]);
			const back = from.decimal();
			expect(back === number || Object.is(back, number)).toBe(true);
		}),
		{ seed, numRuns: 2000 }
	);
});

it.each([
	[4 * 1024 ** 3, 1],
	[10_000_000, 1],
	[408 * 1024 ** 2, 2],
	[1_250_000_000, 2],
	[2_937_500_000, 3],
	[0, 1]
])('writes %i in %i bytes', (value, bytes) => {
	expect(bytesOf((out) => out.quantity(value))).toHaveLength(bytes);
});

it(`brings texts and names back (seed ${seed})`, () => {
	const text = fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 30 }), fc.constant('\ud83d'));
	fc.assert(
		fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
			const from = readerOf(bytesOf((out) => texts.forEach((each) => (out.text(each), out.name(each), out.name(each)))));
			for (const each of texts) expect([from.text(64), from.name(), from.name()]).toEqual([each, each, each]);
		}),
		{ seed, numRuns: 500 }
	);
});

it('refuses what no writer writes', () => {
	const refusals: [number[], (from: ByteReader) => unknown][] = [
		[[255, 255, 255, 255, 255, 255, 255, 255, 1], (from) => from.count()],
		[[60], (from) => from.quantity()],
		[[55 + 128, 255, 255, 255, 255, 127], (from) => from.quantity()],
		[[200, 1], (from) => from.text(64)],
		[[127], (from) => from.name()],
		[[2], (from) => from.yesOrNo()],
		[[], (from) => from.byte()]
	];
	for (const [bytes, read] of refusals) expect(() => read(readerOf(bytes))).toThrow(LinkDamage);
});

it('stops reading at a bound, however much is offered', () => {
	const endless = new ByteReader(() => 1);
	expect(() => {
		for (;;) endless.byte();
	}).toThrow(/more than/);
});
