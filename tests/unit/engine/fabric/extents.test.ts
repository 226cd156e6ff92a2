import { describe, expect, test } from 'vitest';
import { choosePieces, frameInTag, offsetInTag } from '$lib/engine/fabric/extents.ts';
import type { World } from '$lib/engine/state/world.ts';

const free = (text: string): boolean[] => [...text].map((letter) => letter === '.');

describe('which memory blocks an extent takes', () => {
	test.each([
		['........', 8, [[0, 8]]],
		['x.......', 2, [[2, 2]]],
		['x.......', 4, [[4, 4]]],
		['x...x...', 3, [[1, 3]]],
		[
			'.x.x.x..',
			4,
			[
				[0, 1],
				[2, 1],
				[4, 1],
				[6, 1]
			]
		],
		['xxxx', 1, null],
		['.x.x', 3, null]
	] as const)('%s, %i wanted', (map, wanted, pieces) => {
		expect(choosePieces(free(map), wanted)).toEqual(pieces);
	});

	test('of every map of ten blocks it takes free ones only, in order, as many as wanted, in one piece where one fits', () => {
		for (let map = 0; map < 1 << 10; map += 1)
			for (let wanted = 1; wanted <= 10; wanted += 1) {
				const blocks = Array.from({ length: 10 }, (_, at) => ((map >> at) & 1) === 0);
				const left = blocks.filter(Boolean).length;
				const pieces = choosePieces(blocks, wanted);
				if (left < wanted) {
					expect(pieces).toBeNull();
					continue;
				}
				const taken = (pieces ?? []).flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at));
				expect(taken).toHaveLength(wanted);
				expect([...new Set(taken)].sort((a, b) => a - b)).toEqual(taken);
				expect(taken.every((at) => blocks[at])).toBe(true);
				const longest = blocks.map((_, at) => blocks.slice(at).findIndex((is) => !is)).map((run, at) => (run < 0 ? 10 - at : run));
				if (Math.max(...longest) >= wanted) expect(pieces).toHaveLength(1);
			}
	});
});

describe('a tag’s linear space', () => {
	const world = {
		r: {
			extents: [
				{ firstBlock: 128, blockCount: 64, tagOffset: 0 },
				{ firstBlock: 0, blockCount: 64, tagOffset: 64 * 512 }
			]
		}
	} as unknown as World;

	test('frame and offset lead to each other, across extents that lie in any order', () => {
		for (const offset of [0, 1, 511, 512, 64 * 512 - 1, 64 * 512, 128 * 512 - 1])
			expect(offsetInTag(world, [0, 1], frameInTag(world, [0, 1], offset))).toBe(offset);
		expect(frameInTag(world, [0, 1], 0)).toBe(128 * 512);
		expect(frameInTag(world, [0, 1], 64 * 512)).toBe(0);
	});

	test('nothing lies beyond it', () => {
		expect(frameInTag(world, [0, 1], 128 * 512)).toBe(-1);
		expect(offsetInTag(world, [0, 1], 64 * 512)).toBe(-1);
	});
});
