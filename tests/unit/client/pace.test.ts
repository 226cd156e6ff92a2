/**
 * Goal: the pace of play: nine rungs, and no stretch that somebody wants to see goes by too fast, whatever the frames are.
 */
import { describe, expect, it } from 'vitest';
import { advancePace, onGrid, SliceBudget, SPEEDS, slowSpans } from '../../../src/lib/client/pace.ts';
import type { RunSummary } from '../../../src/lib/engine/contract/queries.ts';

type Operation = RunSummary['operations'][number];

function course(
	phases: readonly [id: string, startNs: number, endNs: number | null][],
	downtime: readonly [startNs: number, endNs: number | null][]
): RunSummary {
	return {
		nowNs: 0,
		vms: [],
		operations: [
			{
				phases: phases.map(([id, startNs, endNs]) => ({ id, label: id, startNs, endNs })),
				downtime: downtime.map(([startNs, endNs]) => ({
					id: 'commit',
					label: 'commit',
					startNs,
					endNs
				}))
			} as unknown as Operation
		]
	};
}

/** Wall milliseconds spent between two moments, in frames of this length. */
function wallBetween(fromNs: number, toNs: number, frameMs: number, speed: number, spans: ReturnType<typeof slowSpans>) {
	let atNs = 0;
	let ms = 0;
	for (let frame = 0; frame < 1e6 && atNs < toNs; frame += 1) {
		const nextNs = advancePace(atNs, frameMs, speed, spans);
		expect(nextNs).toBeGreaterThan(atNs);
		const inside = Math.max(0, Math.min(nextNs, toNs) - Math.max(atNs, fromNs));
		ms += (inside / (nextNs - atNs)) * frameMs;
		atNs = nextNs;
	}
	return ms;
}

describe('the speed ladder', () => {
	it('has a rung per decade from 1 µs to 100 s of simulated time per second', () => {
		expect(SPEEDS).toEqual([1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11]);
	});
});

describe('slowing at borders', () => {
	const spans = slowSpans(
		course(
			[
				['staging', 0, 395e6],
				['handoff', 395e6, 400.15e6],
				['unstaging', 400.15e6, 800e6],
				['release', 800e6, null]
			],
			[
				[395e6, 395.4e6],
				[395.4e6, 400.15e6]
			]
		)
	);

	it.each([1, 7, 16, 100])('shows a standstill of 5.15 ms for 1.5 s at any speed, in frames of %i ms', (frameMs) => {
		for (const speed of [1e8, 1e9, 1e11]) expect(wallBetween(395e6, 400.15e6, frameMs, speed, spans)).toBeGreaterThan(1500 - 2 * frameMs);
	});

	it('leaves a speed alone that is slower than it asks for', () => {
		expect(advancePace(0, 1000, 1e6, spans)).toBe(1e6);
		expect(advancePace(395e6, 1000, 1e6, spans)).toBe(396e6);
	});

	it('does not stretch what is not over, or rounds after the third', () => {
		const rounds = slowSpans(
			course(
				Array.from({ length: 30 }, (_, index): [string, number, number] => ['round', index * 1e6, (index + 1) * 1e6]),
				[[30e6, null]]
			)
		);
		expect(rounds).toHaveLength(3);
	});

	it('comes through spans that touch, overlap and are empty', () => {
		const odd = [
			{ startNs: 10, endNs: 20, wallS: 1 },
			{ startNs: 20, endNs: 30, wallS: 2 },
			{ startNs: 15, endNs: 25, wallS: 3 },
			{ startNs: 40, endNs: 41, wallS: 0.1 }
		];
		expect(wallBetween(0, 100, 16, 1e9, odd)).toBeGreaterThan(3000);
	});
});

describe('the grid of moments', () => {
	it.each(SPEEDS)('at %i ns a second is finer than a frame and a power of ten', (speed) => {
		const ns = 123_456_789_123;
		const placed = onGrid(ns, speed);
		expect(placed).toBeLessThanOrEqual(ns);
		expect(ns - placed).toBeLessThan(Math.max(1, speed / 500));
	});
});

describe('the slice', () => {
	/** Milliseconds of a slice after a while. */
	const settle = (budget: SliceBudget, eventsPerMs: number): number => {
		for (let slice = 0; slice < 40; slice += 1) budget.learn(budget.events, budget.events / eventsPerMs);
		return budget.events / eventsPerMs;
	};

	it.each([2, 20, 300, 2000])('comes to 8 ms with %d events a millisecond', (eventsPerMs) => {
		const ms = settle(new SliceBudget(), eventsPerMs);
		expect(ms).toBeGreaterThan(6);
		expect(ms).toBeLessThan(10);
	});

	it('never shrinks to nothing, and is short again right after dear events', () => {
		const budget = new SliceBudget();
		settle(budget, 0.01);
		expect(budget.events).toBe(16);
		settle(budget, 1000);
		const { events } = budget;
		budget.learn(events, events / 2.5);
		expect(budget.events).toBe(20);
	});

	it('learns nothing from slices in which nothing was due', () => {
		const budget = new SliceBudget();
		settle(budget, 300);
		const before = budget.events;
		budget.learn(0, 3);
		budget.learn(1, 0.1);
		expect(budget.events).toBe(before);
	});
});
