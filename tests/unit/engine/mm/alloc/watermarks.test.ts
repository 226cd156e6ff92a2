import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { minFreeKbytes, watermarksOf } from '../../../../../src/lib/engine/mm/alloc/watermarks.ts';
import { zoneIndex } from '../../../../../src/lib/engine/mm/os/os.ts';
import { machine } from '../../../../support/machines.ts';

/** A machine whose zones hold exactly so many managed pages. */
function zones(
	pages: readonly (readonly [node: number, name: 'DMA' | 'DMA32' | 'NORMAL' | 'MOVABLE', managed: number])[]
): Simulation['world'] {
	const { world } = machine();
	for (const zone of world.r.oses[0]?.zones ?? []) world.c.zoneManagedPages.set(zone, 0);
	for (const [node, name, managed] of pages) world.c.zoneManagedPages.set(zoneIndex(world, 0, node, name), managed);
	return world;
}

describe('watermarks', () => {
	it('of node 1 with 512 MiB movable beside a host with DMA and DMA32 (M-2, section 13)', () => {
		const world = zones([
			[0, 'DMA', 3840],
			[0, 'DMA32', 483_588],
			[1, 'MOVABLE', 131_072]
		]);
		expect(minFreeKbytes(world, 0)).toBe(45_056);
		expect(watermarksOf(world, zoneIndex(world, 0, 1, 'MOVABLE'))).toEqual({
			min: 128,
			low: 885,
			high: 1642,
			promo: 2399,
			reserve: [0, 0, 0, 0, 0]
		});
	});

	it('of the recorded machine: what lies above HIGH is the total that its kernel log counts', () => {
		const managed: (readonly [number, 'DMA' | 'DMA32', number])[] = [
			[0, 'DMA', 3840],
			[0, 'DMA32', 114_084],
			[1, 'DMA32', 111_813]
		];
		const world = zones(managed);
		const above = managed.reduce((sum, [node, name, pages]) => sum + pages - watermarksOf(world, zoneIndex(world, 0, node, name)).high, 0);
		expect(above).toBe(212_616);
	});

	it('keep a reserve from allocations that could have gone higher on the same node', () => {
		const world = zones([
			[0, 'DMA', 3840],
			[0, 'DMA32', 256_000],
			[0, 'NORMAL', 512_000],
			[0, 'MOVABLE', 1_024_000],
			[1, 'NORMAL', 999_999]
		]);
		const reserve = (name: 'DMA' | 'DMA32' | 'NORMAL' | 'MOVABLE'): readonly number[] =>
			watermarksOf(world, zoneIndex(world, 0, 0, name)).reserve;
		expect(reserve('DMA')).toEqual([0, 1000, 3000, 7000, 7000]);
		expect(reserve('DMA32')).toEqual([0, 0, 2000, 6000, 6000]);
		expect(reserve('NORMAL')).toEqual([0, 0, 0, 32_000, 32_000]);
		expect(reserve('MOVABLE')).toEqual([0, 0, 0, 0, 0]);
	});

	it('follow min_free_kbytes where somebody wrote it, and the plain root without huge pages', () => {
		const world = zones([[0, 'DMA32', 262_144]]);
		const settings = world.r.oses[0]?.settings;
		if (!settings) throw new Error('no machine');
		settings.thp = 'never';
		// isqrt(16 × kB above HIGH): between that of all memory and that without the marks.
		expect(minFreeKbytes(world, 0)).toBeGreaterThan(4050);
		expect(minFreeKbytes(world, 0)).toBeLessThanOrEqual(4096);
		settings.minFreeKbytes = 40_960;
		expect(watermarksOf(world, zoneIndex(world, 0, 0, 'DMA32'))).toMatchObject({ min: 10_240, low: 12_800, high: 15_360, promo: 17_920 });
		settings.watermarkScaleFactor = 200;
		expect(watermarksOf(world, zoneIndex(world, 0, 0, 'DMA32')).low).toBe(10_240 + 5242);
	});
});
