/**
 * Goal: the tree of device addresses gives what a slow version gives, and grows into the same shape.
 * Method: random sequences, in small spaces where everything collides, at both ends of 64 bits, and with sizes that doubles
 * round; then the trees of a device over three slow ones.
 */
import { describe, expect, it } from 'vitest';
import { emptyTree, HEIGHT, LEFT, RIGHT, type IovaTreeRecord } from '../../src/lib/engine/vdpa/iova/nodes.ts';
import { treeProblems, vhostTreeProblems } from '../../src/lib/engine/vdpa/iova/sound.ts';
import { allocateMap, findByTarget, findMap, insertMap, mapAt, mapsOf, removeMaps } from '../../src/lib/engine/vdpa/iova/tree.ts';
import {
	findGuest,
	findHost,
	makeVhostTree,
	mapGuest,
	mapHost,
	removeGuest,
	removeHost
} from '../../src/lib/engine/vdpa/iova/vhost-tree.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { SlowIovaTree } from './slow-iova.ts';

const TOP = 2n ** 64n - 1n;
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

function shape(tree: IovaTreeRecord): [number, bigint][] {
	const list: [number, bigint][] = [];
	const visit = (node: number, depth: number): void => {
		if (node === 0) return;
		list.push([depth, mapAt(tree, node).iova]);
		visit(tree.nodes[node + LEFT] as number, depth + 1);
		visit(tree.nodes[node + RIGHT] as number, depth + 1);
	};
	visit(tree.root, 0);
	return list;
}

/** Where a sequence plays: an address, a size, a window. */
interface Space {
	readonly name: string;
	address(chance: Chance): bigint;
	size(chance: Chance): bigint;
	window(chance: Chance): readonly [bigint, bigint];
}
const SIZES = [0n, 0n, 0x3fn, 0xfffn, 0xfffn, 0xfffn, 0x1000n, 0x1fffn, 0x2fffn, 0x7fffn];
const pages = (chance: Chance, to: number): bigint => BigInt(chance.whole(0, to)) * 0x1000n;

const SPACES: readonly Space[] = [
	{
		name: 'thirty-two pages',
		address: (chance) => pages(chance, 31) + (chance.once(4) ? BigInt(chance.whole(0, 4095)) : 0n),
		size: (chance) => chance.pick(SIZES),
		window: (chance) => [chance.pick([0n, 0x1000n, pages(chance, 31)]), chance.pick([TOP, 0x1ffffn, pages(chance, 31), 0xffffn])]
	},
	{
		name: 'the end of the space',
		address: (chance) => wrap(TOP - 0x18000n + pages(chance, 30) + BigInt(chance.whole(0, 2))),
		size: (chance) => chance.pick([...SIZES, TOP - 0x10000n, TOP - 1n, TOP]),
		window: (chance) => [chance.pick([0n, 0x1000n, TOP - 0x8000n, TOP - pages(chance, 31)]), chance.pick([TOP, TOP - 1n, TOP - 0x4000n])]
	},
	{
		name: 'sizes that doubles round',
		address: (chance) => BigInt(chance.whole(0, 15)) * 2n ** 60n + BigInt(chance.whole(0, 3)) + 2n ** BigInt(chance.whole(0, 59)),
		size: (chance) => wrap(2n ** BigInt(chance.whole(0, 62)) + BigInt(chance.whole(-2, 3))),
		window: (chance) => [chance.pick([0n, 1n, 2n ** 60n + 1n]), chance.pick([TOP, TOP, 2n ** 63n])]
	}
];

function play(space: Space, order: 'iova' | 'target', seed: number, steps: number): void {
	const chance = new Chance(seed);
	const tree = emptyTree(order);
	const slow = new SlowIovaTree(order);
	for (let step = 0; step < steps; step += 1) {
		const where = `${space.name}, by ${order}, seed ${seed}, step ${step}`;
		const key = space.address(chance);
		const other = space.address(chance);
		const size = space.size(chance);
		const perm = chance.once(20) ? 0 : chance.whole(1, 3);
		const map = order === 'iova' ? { iova: key, target: other, size, perm } : { iova: other, target: key, size, perm };
		switch (chance.whole(0, order === 'iova' ? 5 : 4)) {
			case 0:
			case 1:
				expect(insertMap(tree, map), where).toBe(slow.insert(map));
				break;
			case 2:
				expect(removeMaps(tree, key, size), where).toBe(slow.remove(map));
				break;
			case 3:
				expect(findMap(tree, key, size), where).toEqual(slow.find(map));
				break;
			case 4:
				expect(findByTarget(tree, other, size), where).toEqual(slow.findByTarget(other, size));
				break;
			case 5: {
				const [begin, last] = space.window(chance);
				expect(allocateMap(tree, map, begin, last), where).toEqual(slow.allocate(map, begin, last));
				break;
			}
		}
		if (step % 8 === 0) expect(shape(tree), where).toEqual(slow.shape());
	}
	const where = `${space.name}, by ${order}, seed ${seed}, at the end`;
	expect(shape(tree), where).toEqual(slow.shape());
	expect(mapsOf(tree), where).toEqual(slow.all());
	expect(treeProblems(tree), where).toEqual([]);
}

describe.each(SPACES.map((space) => [space.name, space] as const))('%s', (_name, space) => {
	it.each([0, 1, 2, 3].map((group) => seedOr(5000) + group * 1000))('fifty sequences, seeds from %i', (first) => {
		for (let seed = first; seed < first + 50; seed += 1) play(space, seed % 4 === 0 ? 'target' : 'iova', seed, 60);
	});
});

it.each([0, 1].map((offset) => seedOr(5900) + offset))('a tree of hundreds keeps the shape, seed %i', (seed) => {
	const wide: Space = { ...(SPACES[0] as Space), name: 'a thousand pages', address: (chance) => pages(chance, 1023) };
	const chance = new Chance(seed);
	const tree = emptyTree();
	const slow = new SlowIovaTree('iova');
	for (let step = 0; step < 1500; step += 1) {
		const map = { iova: wide.address(chance), target: 0n, size: chance.pick([0xfffn, 0xfffn, 0x1fffn]), perm: 3 };
		// Waves: it grows to some hundreds and is emptied again, by ranges that hold several maps.
		if (Math.floor(step / 500) % 2 === 0 ? !chance.once(4) : chance.once(4)) {
			if (chance.once(2)) expect(insertMap(tree, map)).toBe(slow.insert(map));
			else expect(allocateMap(tree, map, 0x1000n, TOP)).toEqual(slow.allocate(map, 0x1000n, TOP));
		} else expect(removeMaps(tree, map.iova, 0x2fffn)).toBe(slow.remove({ ...map, size: 0x2fffn }));
		if (step % 25 === 0) expect(shape(tree), `seed ${seed}, step ${step}`).toEqual(slow.shape());
		if (step === 499) expect(tree.nodes[tree.root + HEIGHT]).toBeGreaterThan(6);
	}
	expect(treeProblems(tree)).toEqual([]);
});

it.each([0, 1, 2, 3].map((group) => seedOr(7000) + group * 1000))(
	'the trees of a device are three slow ones, fifty sequences, seeds from %i',
	(first) => {
		for (let seed = first; seed < first + 50; seed += 1) playDevice(seed);
	}
);

function playDevice(seed: number): void {
	const chance = new Chance(seed);
	const [first, last] = [chance.pick([0n, 0x1000n, 0x1800n, 0x4000n]), chance.pick([TOP, 0x7ffffn, 0x1ffffn, 0x800n])];
	const tree = makeVhostTree(first, last);
	const slow = { space: new SlowIovaTree('iova'), host: new SlowIovaTree('iova'), guest: new SlowIovaTree('target') };
	const begin = first > 0x1000n ? first : 0x1000n;
	const allocate = (second: SlowIovaTree, target: bigint, size: bigint, perm: number) => {
		if (wrap(target + size) < target || perm === 0) return { code: 'INVALID', iova: null, orphan: false };
		const given = slow.space.allocate({ iova: 0n, target: 0n, size, perm }, begin, last);
		if (given.code !== 'OK') return { ...given, orphan: false };
		const code = second.insert({ iova: given.iova as bigint, target, size, perm });
		return { code, iova: given.iova, orphan: code !== 'OK' };
	};
	for (let step = 0; step < 50; step += 1) {
		const where = `seed ${seed}, step ${step}`;
		const size = chance.pick(SIZES);
		const target = chance.once(30) ? TOP - 0x1000n : pages(chance, 31);
		const perm = chance.once(20) ? 0 : 3;
		const known = chance.pick([...slow.host.all(), ...slow.guest.all(), { iova: pages(chance, 15), target, size, perm }]);
		switch (chance.whole(0, 7)) {
			case 0:
			case 1:
				expect(mapHost(tree, { hva: target, size, perm }), where).toEqual(allocate(slow.host, target, size, perm));
				break;
			case 2:
			case 3:
				expect(mapGuest(tree, { gpa: target, hva: 0n, size, perm }), where).toEqual(allocate(slow.guest, target, size, perm));
				break;
			case 4:
				expect(findHost(tree, target, size), where).toEqual(slow.host.findByTarget(target, size));
				break;
			case 5:
				expect(findGuest(tree, { gpa: target, hva: 0n, size }), where).toEqual(slow.guest.findByTarget(target, size));
				break;
			case 6:
				removeHost(tree, known);
				slow.host.remove(known);
				slow.space.remove(known);
				break;
			case 7:
				removeGuest(tree, known);
				slow.guest.remove(known);
				slow.space.remove(known);
				break;
		}
		expect(shape(tree.allocated), where).toEqual(slow.space.shape());
		expect(shape(tree.host), where).toEqual(slow.host.shape());
		expect(shape(tree.guest), where).toEqual(slow.guest.shape());
	}
	expect([tree.allocated, tree.host, tree.guest].flatMap(treeProblems), `seed ${seed}`).toEqual([]);
	expect(vhostTreeProblems(tree).filter((problem) => !problem.endsWith('is mapped and not given out'))).toEqual([]);
}
