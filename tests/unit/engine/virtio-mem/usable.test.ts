/**
 * Goal: the arithmetic of the usable region (virtio-mem reference 2.1 and 8) without a guest.
 * Method: worked examples, and the bounds that the specification asks for over many sizes.
 */
import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/base/units.ts';
import { usableFor } from '$lib/engine/virtio-mem/usable.ts';
import { Chance, seedOr } from '../../../support/chance.ts';

describe('usable region', () => {
	it.each([
		[0, 8 * GIB, 2 * MIB, 0],
		[80 * MIB, 8 * GIB, 2 * MIB, 336 * MIB],
		[GIB, 8 * GIB, 2 * MIB, 1280 * MIB],
		[900 * MIB, 8 * GIB, 2 * MIB, 1156 * MIB],
		[300 * MIB, 300 * MIB, 2 * MIB, 300 * MIB],
		[8 * GIB, 4 * GIB, 2 * MIB, 4 * GIB],
		[64 * MIB, 8 * GIB, 512 * MIB, 512 * MIB]
	])('%d of a region of %d with blocks of %d is %d', (requested, region, block, usable) => {
		expect(usableFor(requested, region, block)).toBe(usable);
	});

	it('covers the request, never more than the region, in whole blocks', () => {
		const draw = new Chance(seedOr(20191212));
		for (let index = 0; index < 500; index += 1) {
			const block = MIB * 2 ** draw.whole(0, 8);
			const region = block * draw.whole(1, 4096);
			const requested = block * draw.whole(0, region / block);
			const usable = usableFor(requested, region, block);
			expect(usable % block, `seed ${draw.seed}`).toBe(0);
			expect(usable).toBeLessThanOrEqual(region);
			expect(usable).toBeGreaterThanOrEqual(requested);
			if (requested > 0 && usable < region) expect(usable - requested).toBeGreaterThanOrEqual(256 * MIB);
		}
	});

	it('a guest with memory blocks of 2 GiB can plug nothing below 1792 MiB', () => {
		const memoryBlock = 2 * GIB;
		const reachable = (requested: number): number => Math.floor(usableFor(requested, 8 * GIB, 2 * MIB) / memoryBlock) * memoryBlock;
		expect([512 * MIB, GIB, 1790 * MIB].map(reachable)).toEqual([0, 0, 0]);
		expect(reachable(1792 * MIB)).toBe(memoryBlock);
	});
});
