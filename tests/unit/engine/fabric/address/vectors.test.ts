import { describe, expect, test } from 'vitest';
import { endpointHit, portHit } from '$lib/engine/fabric/address/decoders.ts';
import { offsetInDevice, wayOf } from '$lib/engine/fabric/address/interleave.ts';
import { rootIndex } from '$lib/engine/fabric/address/window.ts';
import type { HdmDecoderRecord, PortDecoderRecord } from '$lib/engine/state/fabric-records.ts';

/** Worked examples: 1 to 3 are those of CXL 4.0 8.2.4.20, recomputed by hand; 4 and 5 are worked out from the kernel's rule. */
const GB = 2 ** 30;
const decoder = (baseHpa: number, bytes: number, ways: number, granularity: number): HdmDecoderRecord => ({
	baseHpa,
	bytes,
	ways,
	granularity,
	position: 0,
	skip: 0,
	committed: true,
	locked: false,
	backInvalidate: false,
	byHand: false
});

describe('worked examples of decoders', () => {
	test('1: the second decoder of a device, 8 ways of 512 B', () => {
		const hit = endpointHit([decoder(32 * GB, 32 * GB, 3, 1), decoder(128 * GB, 4 * GB, 3, 1)], 129 * GB + 1028);
		expect(hit).toMatchObject({ index: 1, offset: 0x4000_0404, way: 2, dpa: 0x1_0800_0004 });
	});

	test('2: the second decoder of a device, 12 ways of 512 B', () => {
		const hit = endpointHit([decoder(32 * GB, 48 * GB, 10, 1), decoder(128 * GB, 24 * GB, 10, 1)], 128 * GB + 24920);
		expect(hit).toMatchObject({ index: 1, offset: 0x6158, way: 0, dpa: 0x1_0000_0958 });
	});

	test('3: a host bridge picks by bits of the whole address', () => {
		const bridge: PortDecoderRecord = {
			baseHpa: 128 * GB,
			bytes: 16 * GB,
			ways: 2,
			granularity: 1,
			targets: [7, 5, 3, 1],
			committed: true,
			locked: false
		};
		expect(portHit([bridge], 129 * GB + 1028)).toMatchObject({ way: 2, target: 3 });
		expect(portHit([bridge], 144 * GB)).toBeNull();
	});

	test.each([
		[0, 0, 0],
		[0x100, 1, 0],
		[0x200, 2, 0],
		[0x300, 0, 0x100],
		[0x2ff, 2, 0xff],
		[0x12345, 0, 0x6145]
	])('4: three ways of 256 B, offset %i', (offset, way, dpa) => {
		expect(wayOf(offset, 0, 8)).toBe(way);
		expect(offsetInDevice(offset, 0, 8)).toBe(dpa);
	});

	test.each([
		[0x900, 0, 1],
		[0x2000100, 0, 1],
		[0x20900, 1, 1]
	])('5: XOR over two ways, address %i', (hpa, xor, modulo) => {
		const window = { xorMasks: [0x2020900], granularity: 256 };
		expect(rootIndex({ ...window, arithmetic: 'xor' }, 2, hpa)).toBe(xor);
		expect(rootIndex({ ...window, arithmetic: 'modulo' }, 2, hpa)).toBe(modulo);
	});

	test('a decoder that is not committed claims nothing, and its share is skipped all the same', () => {
		const first = { ...decoder(32 * GB, 32 * GB, 0, 0), committed: false };
		expect(endpointHit([first, decoder(128 * GB, 4 * GB, 0, 0)], 32 * GB)).toBeNull();
		expect(endpointHit([first, decoder(128 * GB, 4 * GB, 0, 0)], 128 * GB + 5)).toMatchObject({ dpa: 32 * GB + 5 });
	});
});
