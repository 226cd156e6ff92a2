/**
 * Goal: what QEMU keeps for a vhost-vdpa device, today with three trees and before 2025 with one.
 * Method: the alias of low memory that system management mode has (vdpa-svq 9): one HVA behind two guest addresses.
 */
import { describe, expect, it } from 'vitest';
import { vhostTreeProblems } from '$lib/engine/vdpa/iova/sound.ts';
import { IOMMU_PERM, mapsOf } from '$lib/engine/vdpa/iova/tree.ts';
import {
	findGuest,
	findHost,
	makeVhostTree,
	mapGuest,
	mapHost,
	removeGuest,
	removeHost,
	unmapGuest,
	type GuestRange,
	type VhostTreeKind
} from '$lib/engine/vdpa/iova/vhost-tree.ts';

const TOP = 2n ** 64n - 1n;
const perm = IOMMU_PERM.readWrite;
const HVA = 0x7f00_0000_0000n;
const low: GuestRange = { gpa: 0n, hva: HVA, size: 0x7fff_ffffn, perm };
/** 128 KiB at 0xfeda0000 that are the same memory as 0xa0000. */
const alias: GuestRange = { gpa: 0xfeda_0000n, hva: HVA + 0xa_0000n, size: 0x1_ffffn, perm };

function both(kind: VhostTreeKind) {
	const tree = makeVhostTree(0n, TOP, kind);
	expect(mapGuest(tree, low)).toEqual({ code: 'OK', iova: 0x1000n, orphan: false });
	expect(mapGuest(tree, alias)).toEqual({ code: 'OK', iova: 0x8000_1000n, orphan: false });
	return tree;
}

describe('one memory behind two guest addresses', () => {
	it('by guest address the map goes that was meant', () => {
		const tree = both('three trees');
		expect(unmapGuest(tree, alias)?.iova).toBe(0x8000_1000n);
		expect(findGuest(tree, low)?.iova).toBe(0x1000n);
		expect(mapsOf(tree.allocated).map((map) => map.iova)).toEqual([0x1000n]);
		expect(vhostTreeProblems(tree)).toEqual([]);
	});

	it('by host address, as before 2025, all of low memory goes instead', () => {
		const tree = both('one tree');
		expect(unmapGuest(tree, alias)).toEqual({ iova: 0x1000n, target: HVA, size: low.size, perm });
		expect(mapsOf(tree.allocated).map((map) => map.iova)).toEqual([0x8000_1000n]);
		// What is left is found for guest memory that was never unmapped, outside of the 128 KiB it has no map at all.
		expect(findGuest(tree, { gpa: 0n, hva: HVA, size: 0n })).toBeNull();
		expect(findGuest(tree, { gpa: 0xa_0000n, hva: HVA + 0xa_0000n, size: 0n })?.iova).toBe(0x8000_1000n);
	});
});

describe('the trees of a device', () => {
	it('never give out the first page, and nothing above the window', () => {
		const tree = makeVhostTree(0n, 0x4000_0000n);
		expect(tree).toMatchObject({ firstIova: '0x1000', lastIova: '0x40000000' });
		expect(mapGuest(tree, { ...low, size: 0x3fff_ffffn })).toEqual({ code: 'NOMEM', iova: null, orphan: false });
		expect(mapGuest(tree, { ...low, size: 0x3fff_efffn }).code).toBe('OK');
		expect(mapHost(tree, { hva: HVA, size: 0xfffn, perm }).code).toBe('NOMEM');
		expect(mapHost(tree, { hva: HVA, size: 0n, perm })).toMatchObject({ code: 'OK', iova: 0x4000_0000n });
	});

	it.each<VhostTreeKind>(['three trees', 'one tree'])('refuse a target that wraps and no permission: %s', (kind) => {
		const tree = makeVhostTree(0n, TOP, kind);
		const invalid = { code: 'INVALID', iova: null, orphan: false };
		expect(mapHost(tree, { hva: TOP, size: 1n, perm })).toEqual(invalid);
		expect(mapGuest(tree, { ...low, perm: IOMMU_PERM.none })).toEqual(invalid);
		expect(tree.allocated.count).toBe(0);
	});

	it('keep the address of a map that the second tree refused, until the caller takes it back', () => {
		const tree = both('three trees');
		const twice = mapGuest(tree, { ...low, gpa: 0x1000n, size: 0xfffn });
		expect(twice).toEqual({ code: 'OVERLAP', iova: 0x8002_1000n, orphan: true });
		expect(mapHost(tree, { hva: HVA, size: 0xfffn, perm }).iova).toBe(0x8002_2000n);
		removeHost(tree, { iova: 0x8002_1000n, size: 0xfffn });
		expect(mapHost(tree, { hva: HVA, size: 0xfffn, perm }).iova).toBe(0x8002_1000n);
		expect(vhostTreeProblems(tree)).toEqual([]);
	});

	it('keep memory of QEMU and of the guest apart, over one space of addresses', () => {
		const tree = makeVhostTree(0n, TOP);
		mapHost(tree, { hva: 0x5000n, size: 0xfffn, perm });
		mapGuest(tree, { gpa: 0x5000n, hva: 0n, size: 0xfffn, perm });
		expect(findHost(tree, 0x5000n, 0n)?.iova).toBe(0x1000n);
		expect(findGuest(tree, { gpa: 0x5000n, hva: 0n, size: 0n })?.iova).toBe(0x2000n);
		// The views are left by the address each is ordered by, the space by device address.
		removeGuest(tree, { iova: 0x1000n, target: 0x5000n, size: 0xfffn });
		expect(findGuest(tree, { gpa: 0x5000n, hva: 0n, size: 0n })).toBeNull();
		expect(mapsOf(tree.allocated).map((map) => map.iova)).toEqual([0x2000n]);
		expect(vhostTreeProblems(tree)).toEqual(['0x1000 is mapped and not given out']);
	});
});
