/**
 * Goal: one laid order and the search over all of them tell the same story. Method: plans of every length against random
 * orders: a plan that the search calls won wins in each; the losing order that the search found loses when it is laid.
 */
import { describe, expect, it } from 'vitest';
import { mix32 } from '../../../../src/lib/base/hash.ts';
import { exploreMovers } from '../../../../src/lib/engine/movers/explore.ts';
import { tryOrder } from '../../../../src/lib/engine/movers/one-order.ts';
import { readMoverOrder, readMoverPlan } from '../../../../src/lib/engine/movers/plan.ts';
import { MOVERS, MOVER_TILES } from '../../../../src/lib/engine/movers/steps.ts';

const TILES = Object.keys(MOVER_TILES);
const plans = ['MOVABLE', 'NORMAL'].flatMap((zone) =>
	TILES.flatMap((first) => TILES.flatMap((second) => ['', ' release'].map((end) => `${zone} ${first} ${second} move${end}`)))
);
const planOf = (text: string) => {
	const read = readMoverPlan(text);
	if (!read.ok) throw new Error(read.detail);
	return read.value;
};

describe('one order', () => {
	it('of a plan that holds in every order holds', () => {
		let won = 0;
		for (const text of plans) {
			const plan = planOf(text);
			if (!exploreMovers(plan).wins) continue;
			won += 1;
			for (let seed = 0; seed < 20; seed += 1) {
				const order = Array.from({ length: 14 }, (_, at) => MOVERS[mix32(seed, at, 7) % 3] ?? 'migrator');
				expect([text, seed, tryOrder(plan, order).reason]).toEqual([text, seed, null]);
			}
		}
		expect(won).toBeGreaterThan(0);
	});

	it('that the search found to lose, loses for the same reason when it is laid', () => {
		let lost = 0;
		for (const text of plans) {
			const plan = planOf(text);
			const found = exploreMovers(plan);
			if (found.wins || found.path.length === 0) continue;
			lost += 1;
			const laid = tryOrder(
				plan,
				found.path.map((step) => step.mover)
			);
			expect([text, laid.wins, laid.reason]).toEqual([text, false, found.reason]);
			expect(laid.path.slice(0, found.path.length)).toEqual(found.path);
		}
		expect(lost).toBeGreaterThan(0);
	});

	it('lets a mover wait that can do nothing, and the migrator finish', () => {
		const verdict = tryOrder(planOf('NORMAL bind mlock move'), ['reclaim', 'balancing', 'reclaim', 'reclaim']);
		expect(verdict.path.slice(0, 4).map((step) => step.name)).toEqual(['pick', 'waits', 'write out', 'waits']);
		expect(verdict.path.at(-1)?.place).toBe('home');
		expect(verdict.wins).toBe(true);
	});

	it('is read behind a bar, with its words checked', () => {
		expect(readMoverOrder('NORMAL move | migrator reclaim')).toMatchObject({ ok: true, value: { order: ['migrator', 'reclaim'] } });
		expect(readMoverOrder('NORMAL move')).toMatchObject({ ok: true, value: { order: null } });
		expect(readMoverOrder('NORMAL move | somebody')).toMatchObject({ ok: false });
		expect(readMoverOrder(`NORMAL move | ${'migrator '.repeat(41)}`)).toMatchObject({ ok: false });
	});
});
