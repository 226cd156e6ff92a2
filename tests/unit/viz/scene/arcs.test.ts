import { describe, expect, it } from 'vitest';
import { handOff, precopy, staging, unstaging } from '../../../../src/lib/viz/fixtures/moments.ts';
import { layoutStage, type StageMode } from '../../../../src/lib/viz/geometry/stage-layout.ts';
import { arcsInFlight, arcsOfPlan, ease } from '../../../../src/lib/viz/scene/arcs.ts';
import { planMoves } from '../../../../src/lib/viz/scene/plan.ts';
import { running } from '../../../../src/lib/viz/fixtures/moments.ts';
import { buildScene } from '../../../../src/lib/viz/scene/stage-scene.ts';
import type { DrawnWorld } from '../../../../src/lib/viz/fixtures/drawn-world.ts';

/** Goal: what flies is what is under way, from where it lies to where it will lie. Method: drawn moments. */
const setUp = ({ views, status }: DrawnWorld, mode: StageMode = 'full') => {
	const scene = buildScene(views, status);
	const layout = layoutStage({
		width: 1010,
		height: 528,
		mode,
		hostCount: 2,
		hasPool: true,
		largestBlocks: scene.largestBlocks,
		cpus: 8,
		caption: true
	});
	return { scene, layout, status };
};
const inside = (x: number, left: number, width: number): boolean => x >= left && x <= left + width;

/** "128 MiB" or "2 GiB" in MiB. */
const mebibytes = (text: string): number => Number.parseFloat(text.replace(',', '')) * (text.endsWith('GiB') ? 1024 : 1);

describe('a batch under way', () => {
	it('goes from its tile on A to its tile in the pool, with its count, as far as its time', () => {
		const { scene, layout, status } = setUp(staging());
		const [arc, ...more] = arcsInFlight(scene, status, layout);
		expect(more).toEqual([]);
		expect(arc).toMatchObject({ count: '128\u2009MiB', hue: 'host-a' });
		expect(arc?.share).toBeCloseTo((287.3 - 280) / 12, 3);
		expect(inside(arc?.curves[0]?.[0].x ?? 0, layout.hosts[0]!.grid.x, 270)).toBe(true);
		expect(inside(arc?.landing.x ?? 0, layout.pool!.grid.x, 270)).toBe(true);
	});

	it('is split into at most three when it covers several tiles', () => {
		const { scene, layout, status } = setUp(unstaging());
		const arcs = arcsInFlight(scene, status, layout);
		expect(arcs.map((arc) => arc.count)).toEqual(['128\u2009MiB', '128\u2009MiB', '128\u2009MiB']);
		expect(arcs.every((arc) => arc.hue === 'host-b')).toBe(true);
	});

	it('of a copy runs along the wire', () => {
		const { scene, layout, status } = setUp(precopy());
		const [arc] = arcsInFlight(scene, status, layout);
		expect(arc?.hidden).toEqual([1]);
		expect(arc?.curves[1]?.[0].y).toBe(layout.wire?.y);
	});

	it('has its count in the gutter or at the wire where two worlds share the room: no label is covered', () => {
		const { scene, layout, status } = setUp(unstaging(), 'half');
		const gutter = layout.gutters[1];
		const marks = arcsInFlight(scene, status, layout);
		for (const { parked } of marks) {
			expect(inside(parked!.x, gutter.x, gutter.width)).toBe(true);
			expect(parked!.y).toBeGreaterThan(layout.pool!.grid.y);
		}
		expect(new Set(marks.map(({ parked }) => parked!.y)).size).toBe(marks.length);
		const copied = setUp(precopy(), 'half');
		const [arc] = arcsInFlight(copied.scene, copied.status, copied.layout);
		expect(arc!.parked).toMatchObject({ y: copied.layout.wire!.y });
		expect(copied.layout.wire!.labelX - arc!.parked!.x).toBeGreaterThan(34 + 100);
	});

	it('is none in the hand-off: nothing moves', () => {
		const { scene, layout, status } = setUp(handOff());
		expect(arcsInFlight(scene, status, layout)).toEqual([]);
	});

	it('is merged with its neighbours when it would be over before one sees it', () => {
		const { scene, layout, status } = setUp(staging());
		const slow = arcsInFlight(scene, status, layout, 1e6);
		const fast = arcsInFlight(scene, status, layout, 1e9);
		expect(slow).toHaveLength(1);
		expect(fast.length).toBeGreaterThan(1);
		expect(fast.length).toBeLessThanOrEqual(3);
		for (const arc of fast) expect(mebibytes(arc.count)).toBeGreaterThanOrEqual(128);
	});
});

it('shows a jump as groups that start one after the other and all arrive', () => {
	const after = handOff();
	const { scene, layout, status } = setUp(after);
	const plan = planMoves(after.views, after.status.memories, running().views.columns.blockWord);
	const half = arcsOfPlan(plan, scene, status, layout, 0.5).map((arc) => arc.share);
	expect(half).toEqual(half.toSorted((a, b) => b - a));
	expect(arcsOfPlan(plan, scene, status, layout, 1).map((arc) => arc.share)).toEqual(plan.map(() => 1));
	expect(arcsOfPlan(plan, scene, status, layout, 0).map((arc) => arc.share)).toEqual(plan.map(() => 0));
});

it('eases from rest to rest and never back', () => {
	const values = Array.from({ length: 51 }, (_, step) => ease(step / 50));
	expect(values[0]).toBe(0);
	expect(values[50]).toBe(1);
	expect(values).toEqual(values.toSorted((a, b) => a - b));
});
