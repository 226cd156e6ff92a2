import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../src/lib/base/address.ts';
import { fromBase64Url, toBase64Url } from '../../src/lib/base/base64url.ts';
import { parseQuantity } from '../../src/lib/base/quantity.ts';
import { canonicalText, readScenario, readScenarioText } from '../../src/lib/engine/contract/scenario/read.ts';
import { Chance } from '../support/chance.ts';
import { randomScenario } from '../sim/random-worlds.ts';

describe('texts', () => {
	it('quantities: a number with a unit is the number times the unit', () => {
		const units = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, kB: 1e3, MB: 1e6, GB: 1e9 };
		fc.assert(
			fc.property(
				fc.integer({ min: 0, max: 4_000_000 }),
				fc.constantFrom(...Object.entries(units)),
				fc.constantFrom('', ' ', '  '),
				(count, [unit, bytes], gap) => {
					expect(parseQuantity(`${count}${gap}${unit}`, 'bytes')).toEqual({
						ok: true,
						value: count * bytes
					});
					expect(parseQuantity(`${count}${gap}${unit}/s`, 'bytesPerSecond')).toEqual({
						ok: true,
						value: count * bytes
					});
				}
			)
		);
	});

	it('quantities: whatever is given is answered, never thrown', () => {
		fc.assert(
			fc.property(
				fc.anything(),
				fc.constantFrom('bytes' as const, 'bytesPerSecond' as const, 'nanoseconds' as const),
				(value, dimension) => {
					const parsed = parseQuantity(value, dimension);
					if (parsed.ok) expect(Number.isSafeInteger(parsed.value) && parsed.value >= 0).toBe(true);
					else expect(parsed.reason).toBe('bad-quantity');
				}
			)
		);
	});

	it('addresses are read as they are written', () => {
		fc.assert(fc.property(fc.maxSafeNat(), (value) => void expect(parseAddress(formatAddress(value))).toBe(value)));
	});

	it('base64url gives the bytes back, and refuses what is none', () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)));
		fc.assert(fc.property(fc.string(), (text) => void expect(() => fromBase64Url(text)).not.toThrow()));
	});

	it('a canonical scenario reads as itself', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
				const read = readScenario(randomScenario(new Chance(seed)));
				if (!read.ok) return expect(read.reason).toBe('bad-scenario');
				const text = canonicalText(read.value);
				const again = readScenarioText(text);
				expect(again.ok && canonicalText(again.value)).toBe(text);
			}),
			{ numRuns: 60 }
		);
	});
});
