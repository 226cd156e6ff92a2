import { describe, expect, test } from 'vitest';
import { byteAddress, type Dpa, type Hpa } from '$lib/base/address.ts';
import { dpaToFrame, frameToDpa, toDpa, toHpa } from '$lib/engine/fabric/gfam.ts';
import type { HostRecord } from '$lib/engine/state/records.ts';

const GIB = 2 ** 30;
const host = (id: string, hpaBase: number) => ({ id, decoder: { hpaBase, dpaBase: 0, bytes: 8 * GIB } }) as unknown as HostRecord;
const a = host('A', 0x10_8000_0000);
const b = host('B', 0x28_0000_0000);
const dpa = (value: number) => byteAddress(value, 'DPA') as Dpa;
const hpa = (value: number) => byteAddress(value, 'HPA') as Hpa;

describe('one byte, two hosts', () => {
	test('two host addresses lead to one device address', () => {
		const fromA = toHpa(a, dpa(0x1234_5678));
		const fromB = toHpa(b, dpa(0x1234_5678));
		if (!fromA.ok || !fromB.ok) throw new Error('behind no decoder');
		expect(fromA.value).not.toBe(fromB.value);
		expect(toDpa(a, fromA.value)).toEqual({ ok: true, value: 0x1234_5678 });
		expect(toDpa(b, fromB.value)).toEqual({ ok: true, value: 0x1234_5678 });
	});

	test('the other host’s address leads nowhere', () => {
		const fromA = toHpa(a, dpa(0));
		if (!fromA.ok) throw new Error('behind no decoder');
		expect(toDpa(b, fromA.value)).toMatchObject({ ok: false, reason: 'not-switched' });
	});

	test('a window has a first and a last byte', () => {
		expect(toDpa(a, hpa(0x10_8000_0000)).ok).toBe(true);
		expect(toDpa(a, hpa(0x10_8000_0000 + 8 * GIB - 1)).ok).toBe(true);
		expect(toDpa(a, hpa(0x10_8000_0000 - 1)).ok).toBe(false);
		expect(toDpa(a, hpa(0x10_8000_0000 + 8 * GIB)).ok).toBe(false);
		expect(toHpa(a, dpa(8 * GIB)).ok).toBe(false);
	});

	test('frames', () => {
		expect(dpaToFrame(frameToDpa(2_097_151))).toBe(2_097_151);
	});
});
