import { describe, expect, it } from 'vitest';
import { drawStageCells } from '../../../../src/lib/viz/draw/stage-list.ts';
import { ARITY, Op, paint } from '../../../../src/lib/viz/draw/ops.ts';
import { handOff, MOMENTS, running } from '../../../../src/lib/viz/fixtures/moments.ts';
import { drawnSizes } from '../../../../src/lib/viz/fixtures/sizes.ts';
import { layoutStage } from '../../../../src/lib/viz/geometry/stage-layout.ts';
import { planMoves } from '../../../../src/lib/viz/scene/plan.ts';
import { buildScene } from '../../../../src/lib/viz/scene/stage-scene.ts';
import type { DrawnWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';

/** Goal: with motion or without, one ends in the same picture. Method: fingerprints of draw lists. */
const setUp = ({ views, status }: DrawnWorld) => {
	const scene = buildScene(views, status);
	const layout = layoutStage({
		width: 1010,
		height: 528,
		mode: 'full',
		hostCount: 2,
		hasPool: true,
		largestBlocks: scene.largestBlocks,
		cpus: 8,
		caption: true
	});
	return { scene, layout };
};
const rowsOf = (list: readonly number[]) => {
	const found: number[][] = [];
	for (let at = 0; at < list.length; at += 1 + (ARITY[list[at] as number] as number))
		found.push(list.slice(at, at + 1 + (ARITY[list[at] as number] as number)));
	return found;
};

it('ends in the draw list of the settled state, which is what is shown without motion', () => {
	const after = handOff();
	const { scene, layout } = setUp(after);
	const plan = planMoves(after.views, after.status.memories, running().views.columns.blockWord);
	const moved = drawStageCells(scene, layout, plan, 1).fingerprint();
	const alone = drawStageCells(scene, layout, [], 1).fingerprint();
	expect(moved).toBe(alone);
	expect(drawStageCells(scene, layout, plan, 0.4).fingerprint()).not.toBe(moved);
});

it('is the same function forwards and backwards: a phase has one picture', () => {
	const after = handOff();
	const { scene, layout } = setUp(after);
	const plan = planMoves(after.views, after.status.memories, running().views.columns.blockWord);
	const there = [0, 0.3, 0.6, 1].map((phase) => drawStageCells(scene, layout, plan, phase).fingerprint());
	const back = [1, 0.6, 0.3, 0].map((phase) => drawStageCells(scene, layout, plan, phase).fingerprint());
	expect(back.toReversed()).toEqual(there);
});

it('paints the pool in the new owner’s hue in one step', () => {
	const world = handOff();
	const { scene, layout } = setUp(world);
	const areas = rowsOf(drawStageCells(scene, layout, [], 1).rows).filter((row) => row[0] === Op.area);
	const inPool = areas.filter(
		(row) => (row[1] as number) >= (layout.pool?.grid.x ?? 0) && (row[1] as number) < (layout.pool?.grid.x ?? 0) + 270
	);
	expect(inPool.filter((row) => row[5] === paint('host-b'))).toHaveLength(32);
	expect(inPool.filter((row) => row[5] === paint('host-a'))).toHaveLength(0);
});

describe.each(Object.entries({ ...MOMENTS, ...drawnSizes }))('%s', (_, draw) => {
	it('is made of whole rows that all lie inside the stage', () => {
		const { scene, layout } = setUp(draw());
		const rows = rowsOf(drawStageCells(scene, layout, [], 1).rows);
		expect(rows.length).toBeGreaterThan(24);
		expect(rows.every((row) => row.every(Number.isFinite))).toBe(true);
		const placed = rows.filter((row) => row[0] !== Op.unclip) as [number, number, number, ...number[]][];
		expect(placed.filter(([, x, y]) => x < 0 || y < 0 || x > layout.width || y > layout.height)).toEqual([]);
	});

	it('closes every clip that it opens', () => {
		const { scene, layout } = setUp(draw());
		let open = 0;
		for (const row of rowsOf(drawStageCells(scene, layout, [], 1).rows)) {
			if (row[0] === Op.clip) open += 1;
			if (row[0] === Op.unclip) open -= 1;
			if (open < 0 || open > 1) throw new Error(`${open} clips open`);
		}
		expect(open).toBe(0);
	});
});
