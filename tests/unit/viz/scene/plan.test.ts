import { expect, it } from 'vitest';
import { running, handOff } from '../../../../src/lib/viz/fixtures/moments.ts';
import { drawWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';
import { planMoves } from '../../../../src/lib/viz/scene/plan.ts';

/** Goal: what a jump shows is exactly what lies elsewhere now. Method: two drawn worlds of one shape. */
it('finds every guest block that changed its memory, in at most three groups', () => {
	const before = running();
	const after = handOff();
	const groups = planMoves(after.views, after.status.memories, before.views.columns.blockWord);
	expect(groups.length).toBeLessThanOrEqual(3);
	expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(2048);
	for (const group of groups) expect([group.from, group.to]).toEqual(['dram-A', 'pool']);
});

it('tells the way back as well as the way there', () => {
	const before = running();
	const after = handOff();
	const back = planMoves(before.views, before.status.memories, after.views.columns.blockWord);
	for (const group of back) expect([group.from, group.to]).toEqual(['pool', 'dram-A']);
	expect(back.reduce((sum, group) => sum + group.count, 0)).toBe(2048);
});

it('is empty when only the owner changed', () => {
	const world = handOff();
	expect(planMoves(world.views, world.status.memories, world.views.columns.blockWord.slice())).toEqual([]);
});

it('does not take a copy for a move: its source is still there', () => {
	const memories = (b: string) => [
		{ id: 'dram-A', host: 'A', tiles: 'v' },
		{ id: 'dram-B', host: 'B', tiles: b }
	];
	const before = drawWorld({ memories: memories('.'), operation: null });
	const after = drawWorld({ memories: memories('v'), operation: null });
	expect(planMoves(after.views, after.status.memories, before.views.columns.blockWord)).toEqual([]);
});
