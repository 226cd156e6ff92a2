import { describe, expect, test } from 'vitest';
import { checksum, clearDescriptors, descriptorSlots, publishRanges, rangesOf } from '$lib/engine/superpage/descriptors.ts';
import { fenceIndex, nextOwner, ownerIndex, phaseIndex, rangesIndex, sharedWordsOf, vcpuStateIndex } from '$lib/engine/superpage/words.ts';
import { OwnerState, unpackOwner, VM_LIMIT } from '$lib/engine/contract/words.ts';
import type { VmRecord } from '$lib/engine/state/records.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { smallWorld } from '../../../faults/worlds.ts';

/** A VM whose pages have all reached the pool, just before the ranges are published. */
function staged(): { simulation: Simulation; vm: VmRecord; extents: readonly number[] } {
	const simulation = smallWorld({ strategy: 'transit' });
	simulation.advance(1e9, Infinity, ({ r }) => r.operations[0]?.phase === 'publish');
	const { r } = simulation.world;
	return { simulation, vm: r.vms[0] as VmRecord, extents: r.operations[0]?.extents ?? [] };
}

describe('ranges', () => {
	test('name every page once; pages moved in order are one range', () => {
		const { simulation, vm, extents } = staged();
		const ranges = rangesOf(simulation.world, vm, extents);
		if (!ranges.ok) throw new Error(ranges.detail);
		expect(ranges.value).toEqual([{ firstGfn: 0, pages: vm.populatedPages, offset: 0 }]);
	});

	test('a page outside the extents is refused by name', () => {
		const simulation = smallWorld();
		expect(rangesOf(simulation.world, simulation.world.r.vms[0] as VmRecord, [])).toEqual({
			ok: false,
			reason: 'page-stayed',
			detail: 'gfn 0 is not in the extents'
		});
	});
});

describe('published', () => {
	const some = [
		{ firstGfn: 0, pages: 512, offset: 1024 },
		{ firstGfn: 512, pages: 3, offset: 0 }
	];

	test('replaces what was published before, and is gone when cleared', () => {
		const { world } = smallWorld();
		expect(publishRanges(world, 0, some)).toEqual({ ok: true, value: 2 });
		expect(publishRanges(world, 0, some.slice(0, 1))).toEqual({ ok: true, value: 1 });
		expect(descriptorSlots(world, 0)).toHaveLength(1);
		expect(world.r.descriptorCount).toBe(1);
		clearDescriptors(world, 0);
		expect(descriptorSlots(world, 0)).toEqual([]);
		expect(world.r.descriptorCount).toBe(0);
	});

	test('more ranges than descriptors are refused and change nothing', () => {
		const { world } = smallWorld();
		const limit = world.scenario.descriptorLimit;
		publishRanges(world, 0, some);
		const before = checksum(world, 0);
		const many = Array.from({ length: limit + 1 }, (_, at) => ({ firstGfn: 2 * at, pages: 1, offset: at }));
		expect(publishRanges(world, 0, many)).toMatchObject({ ok: false, reason: 'too-many-ranges' });
		expect(checksum(world, 0)).toBe(before);
	});

	test('the checksum changes with every field of every descriptor', () => {
		const { world } = smallWorld();
		publishRanges(world, 0, some);
		const whole = checksum(world, 0);
		expect(Number(world.c.superpageWord.get(rangesIndex(0)))).toBe(whole);
		for (const slot of descriptorSlots(world, 0))
			for (const column of [world.c.descriptorFirstGfn, world.c.descriptorPages, world.c.descriptorOffset, world.c.descriptorCrc]) {
				const value = column.get(slot);
				for (const bit of [1, 1 << 7, 1 << 20]) {
					column.set(slot, (value ^ bit) >>> 0);
					expect(checksum(world, 0)).not.toBe(whole);
				}
				column.set(slot, value);
			}
		expect(checksum(world, 0)).toBe(whole);
	});
});

describe('shared words', () => {
	test('no two of them are one', () => {
		const all: number[] = [];
		for (let vm = 0; vm < VM_LIMIT; vm += 1) all.push(ownerIndex(vm), phaseIndex(vm), vcpuStateIndex(vm), rangesIndex(vm));
		for (let host = 0; host < 16; host += 1) all.push(fenceIndex(host));
		expect(new Set(all).size).toBe(all.length);
	});

	test('a compare-and-swap that expects something else changes nothing', () => {
		const words = sharedWordsOf(smallWorld().world);
		const value = words.load(ownerIndex(0));
		expect(words.compareAndSwap(ownerIndex(0), value + 1n, 0n)).toBe(false);
		expect(words.load(ownerIndex(0))).toBe(value);
		const next = nextOwner(unpackOwner(value), 1, 1, OwnerState.active);
		expect(words.compareAndSwap(ownerIndex(0), value, next)).toBe(true);
		expect(unpackOwner(words.load(ownerIndex(0))).token).toBe(unpackOwner(value).token + 1);
	});
});
