/**
 * Goal: the tree of device addresses answers as QEMU's does, the odd answers included.
 * Method: the reference's table (vdpa-svq 8), its golden vectors, the collision of hot-plug with kept rings (vdpa-svq 16),
 * and small cases at the edges of 64 bits and of doubles.
 */
import { describe, expect, it } from 'vitest';
import { emptyTree, type IovaTreeRecord } from '$lib/engine/vdpa/iova/nodes.ts';
import { treeProblems } from '$lib/engine/vdpa/iova/sound.ts';
import {
	allocateMap,
	findByTarget,
	findMap,
	insertMap,
	IOMMU_PERM,
	IOVA_CODES,
	mapsOf,
	removeMaps,
	type Allocation
} from '$lib/engine/vdpa/iova/tree.ts';

const TOP = 2n ** 64n - 1n;
const GIB = 2n ** 30n;
const { none, readWrite } = IOMMU_PERM;

function holding(...ranges: readonly (readonly [first: bigint, last: bigint])[]): IovaTreeRecord {
	const tree = emptyTree();
	for (const [first, last] of ranges) expect(insertMap(tree, { iova: first, target: 0n, size: last - first, perm: readWrite })).toBe('OK');
	return tree;
}

/** First fit of a length in bytes, as the reference's table has it. */
function ask(tree: IovaTreeRecord, bytes: bigint, begin = 0x1000n, last = TOP, perm: number = readWrite): Allocation {
	const answer = allocateMap(tree, { target: 0n, size: bytes - 1n, perm }, begin, last);
	expect(treeProblems(tree)).toEqual([]);
	return answer;
}
const at = (iova: bigint): Allocation => ({ code: 'OK', iova });
const refused = (code: Allocation['code']): Partial<Allocation> => ({ code });

describe('the table of first fit', () => {
	const two = [
		[0x1000n, 0x1fffn],
		[0x3000n, 0x3fffn]
	] as const;

	it.each<[string, IovaTreeRecord, bigint, bigint, bigint, number, Partial<Allocation>]>([
		['an empty tree', holding(), 0x1000n, 0x1000n, TOP, readWrite, at(0x1000n)],
		['a hole that fits exactly', holding(...two), 0x1000n, 0x1000n, TOP, readWrite, at(0x2000n)],
		['one byte too many for it', holding(...two), 0x1001n, 0x1000n, TOP, readWrite, at(0x4000n)],
		['a window one byte short', holding(), 0x1000n, 0x1000n, 0x1ffen, readWrite, refused('NOMEM')],
		['a window that fits exactly', holding(), 0x1000n, 0x1000n, 0x1fffn, readWrite, at(0x1000n)],
		['a window upside down', holding(), 0x1000n, 0x2000n, 0x1000n, readWrite, refused('INVALID')],
		['no permission', holding(), 0x1000n, 0x1000n, TOP, none, refused('INVALID')],
		['a map that reaches over the beginning', holding([0n, 0x3fffn]), 0x1000n, 0x1000n, TOP, readWrite, refused('OVERLAP')]
	])('%s', (_name, tree, bytes, begin, last, perm, answer) => {
		expect(ask(tree, bytes, begin, last, perm)).toMatchObject(answer);
	});

	it('has the numbers of QEMU', () => {
		expect(IOVA_CODES).toEqual({ OK: 0, INVALID: -1, OVERLAP: -2, NOMEM: -3 });
	});
});

describe('golden vectors', () => {
	it('rings and control buffers of two queue pairs, without guest memory', () => {
		const tree = emptyTree();
		const given: bigint[] = [];
		const lengths = [0x2000n, 0x1000n];
		const control = [0x1000n, 0x1000n, 0x1000n, 0x1000n];
		for (const bytes of [...lengths, ...lengths, ...lengths, ...lengths, ...control]) given.push(ask(tree, bytes).iova as bigint);
		expect(given).toEqual([
			...[0x1000n, 0x3000n, 0x4000n, 0x6000n, 0x7000n, 0x9000n, 0xa000n, 0xc000n],
			...[0xd000n, 0xe000n, 0xf000n, 0x10000n]
		]);
		expect(ask(tree, 0x1000n)).toEqual(at(0x11000n));
	});

	it('guest memory first', () => {
		const tree = emptyTree();
		expect([0x80000000n, 0x1f80000000n, 0x20000n].map((bytes) => ask(tree, bytes).iova)).toEqual([0x1000n, 0x80001000n, 0x2000001000n]);
	});
});

describe('memory plugged while rings stand in the way', () => {
	const RINGS = 0x10000n;
	const memory = [
		[0n, 0x7fff_ffffn],
		[0x1_0000_0000n, 0x1_7fff_ffffn]
	] as const;
	const plugged = { iova: 0x1_8000_0000n, target: 0x1_8000_0000n, size: GIB - 1n, perm: readWrite };

	it('identity is refused, and what is found instead depends on where the search begins', () => {
		const kept = (): IovaTreeRecord => {
			const tree = holding(...memory);
			expect(ask(tree, RINGS, 0x1_8000_0000n)).toEqual(at(0x1_8000_0000n));
			expect(insertMap(tree, plugged)).toBe('OVERLAP');
			return tree;
		};
		expect(ask(kept(), GIB, 0x1_8000_0000n)).toEqual(at(0x1_8001_0000n));
		expect(ask(kept(), GIB, 0n)).toEqual(at(0x8000_0000n));
		expect(ask(kept(), GIB, 0x1000n)).toMatchObject(refused('OVERLAP'));
	});

	it('with everything allocated it comes last', () => {
		const tree = emptyTree();
		expect([RINGS, 2n * GIB, 2n * GIB, GIB].map((bytes) => ask(tree, bytes).iova)).toEqual([
			0x1000n,
			0x1_1000n,
			0x8001_1000n,
			0x1_0001_1000n
		]);
	});
});

describe('the edges', () => {
	it('a range that wraps is invalid, also where it overlaps; the last byte can be mapped', () => {
		const tree = holding([TOP - 0xfffn, TOP]);
		expect(insertMap(tree, { iova: TOP - 0xfffn, target: 0n, size: 0x1000n, perm: readWrite })).toBe('INVALID');
		expect(insertMap(tree, { iova: TOP, target: 0n, size: 0n, perm: none })).toBe('INVALID');
		expect(insertMap(tree, { iova: TOP, target: 0n, size: 0n, perm: readWrite })).toBe('OVERLAP');
	});

	it('behind the last address the search begins again, and finds what is taken', () => {
		const tree = holding([0x1000n, 0x1fffn], [TOP - 0xfffn, TOP]);
		expect(ask(tree, TOP - 0x2000n)).toEqual({ code: 'OVERLAP', iova: 0x1000n });
	});

	it('the last hole is one byte shorter than it is', () => {
		expect(ask(holding(), 2n ** 64n, 0n)).toMatchObject(refused('NOMEM'));
		expect(ask(holding(), TOP, 0n)).toEqual(at(0n));
	});

	it('one byte decides where doubles round', () => {
		// A hole of 2^60 + 1 bytes and one of 2^60 + 2 bytes: both 2^60 as a double.
		const large = 2n ** 60n;
		const tree = holding([0n, 0xfffn], [0x1000n + large + 1n, 0x2000n + large], [0x2000n + 2n * large + 3n, TOP]);
		expect(ask(tree, large + 2n, 0n)).toEqual(at(0x2001n + large));
		expect(ask(tree, large + 1n, 0n)).toEqual(at(0x1000n));
	});

	it('a removal of one byte takes whole maps, and a search gives the first one it meets', () => {
		const tree = holding([0n, 0xfffn], [0x1000n, 0x1fffn], [0x2000n, 0x2fffn]);
		expect(findMap(tree, 0n, 0x2fffn)?.iova).toBe(0x1000n);
		expect(removeMaps(tree, 0xfffn, 1n)).toBe(2);
		expect(mapsOf(tree).map((map) => map.iova)).toEqual([0x2000n]);
		expect(removeMaps(tree, 0x5000n, 0xfffn)).toBe(0);
		expect(removeMaps(tree, 0n, TOP)).toBe(1);
		expect(tree).toEqual(emptyTree());
	});

	it('by target, the lowest device address of all that reach it', () => {
		const tree = emptyTree();
		insertMap(tree, { iova: 0x5000n, target: 0x9000n, size: 0xfffn, perm: readWrite });
		insertMap(tree, { iova: 0x1000n, target: 0x9800n, size: 0xfffn, perm: readWrite });
		expect(findByTarget(tree, 0x9800n, 0n)?.iova).toBe(0x1000n);
		expect(findByTarget(tree, 0x97ffn, 0n)?.iova).toBe(0x5000n);
		expect(findByTarget(tree, 0xa800n, 0n)).toBeNull();
	});
});

it('a tree that went through text goes on as the one that did not', () => {
	const one = holding([0x1000n, 0x1fffn], [0x4000n, 0x4fffn], [TOP - 1n, TOP]);
	removeMaps(one, 0x4000n, 0n);
	const other = JSON.parse(JSON.stringify(one)) as IovaTreeRecord;
	for (const tree of [one, other]) {
		ask(tree, 0x3000n);
		ask(tree, 2n ** 55n + 1n);
		removeMaps(tree, 0x1000n, 0n);
	}
	expect(other).toEqual(one);
	expect(JSON.stringify(other)).toBe(JSON.stringify(one));
});
