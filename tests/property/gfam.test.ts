import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dpa, Hpa } from '../../src/lib/base/address.ts';
import { dpaToFrame, frameToDpa, toDpa, toHpa } from '../../src/lib/engine/fabric/gfam.ts';
import { gdtHits, gdtReverse } from '../../src/lib/engine/fabric/gfd/decode.ts';
import type { GdtEntry } from '../../src/lib/engine/state/fabric-records.ts';
import { open, tinyWorld } from '../support/worlds.ts';

const [a, b] = open(tinyWorld()).world.r.hosts;
if (!a || !b) throw new Error('two hosts');

describe('the device’s decoders', () => {
	const inside = fc.integer({ min: 0, max: a.decoder.bytes - 1 });

	it('turn every address of a window into one device address and back', () => {
		fc.assert(
			fc.property(inside, (offset) => {
				for (const host of [a, b]) {
					const dpa = toDpa(host, (host.windowBaseHpa + offset) as Hpa);
					expect(dpa).toEqual({ ok: true, value: offset });
					expect(toHpa(host, offset as Dpa)).toEqual({
						ok: true,
						value: host.windowBaseHpa + offset
					});
				}
			})
		);
	});

	it('reach one byte by different addresses from different hosts', () => {
		fc.assert(
			fc.property(inside, (offset) => {
				const [one, other] = [toHpa(a, offset as Dpa), toHpa(b, offset as Dpa)];
				expect(one.ok && other.ok && one.value !== other.value).toBe(true);
			})
		);
	});

	it('claim nothing outside', () => {
		fc.assert(
			fc.property(fc.maxSafeNat(), (hpa) => {
				const wanted = hpa >= a.windowBaseHpa && hpa < a.windowBaseHpa + a.decoder.bytes;
				expect(toDpa(a, hpa as Hpa).ok).toBe(wanted);
			})
		);
		expect(toHpa(a, a.decoder.bytes as Dpa).ok).toBe(false);
		expect(toDpa(a, (a.windowBaseHpa - 1) as Hpa).ok).toBe(false);
	});

	it('keep frames and bytes in step', () => {
		fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (frame) => void expect(dpaToFrame(frameToDpa(frame))).toBe(frame)));
	});

	it('are one entry of a G-FAM device’s table: the records of fabrics translate every address alike, both ways', () => {
		const windows = [a, b];
		fc.assert(
			fc.property(fc.constantFrom(...windows), fc.integer({ min: -(2 ** 30), max: a.decoder.bytes + 2 ** 30 }), (host, offset) => {
				const entry: GdtEntry = { ...host.decoder, valid: true, coherent: true, interleave: 0, granularity: 0, way: 0 };
				const hpa = host.windowBaseHpa + offset;
				const [hit, ...more] = gdtHits([entry], hpa);
				expect(more).toEqual([]);
				const own = toDpa(host, hpa as Hpa);
				expect(own.ok ? own.value : null).toBe(hit?.dpa ?? null);
				const dpa = Math.max(0, offset);
				const back = toHpa(host, dpa as Dpa);
				expect(back.ok ? [back.value] : []).toEqual(gdtReverse([entry], dpa).map((one) => one.hpa));
			})
		);
	});
});
