/**
 * Goal: the lab of the three movers says what the engine does. Method: the start in Node, its bet's key, every option of
 * Change, and plans against the explorer over all orders.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { EnginePort } from '../../src/lib/engine/contract/port.ts';
import { makePort } from '../../src/lib/engine/worker/port.ts';
import { labById, type Lab } from '../../src/lib/lessons/lab/load.ts';
import { moverRun } from '../../src/lib/lessons/lab/mover-run.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { runFor, runPlan, startOf } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression } from '../../src/lib/lessons/lab/schema.ts';

let lab: Lab;
let port: EnginePort;
beforeAll(() => {
	const found = labById('three-movers');
	if (!found) throw new Error('no lab');
	lab = found;
	port = makePort((answer) => answer) as unknown as EnginePort;
});

const options = () => (lab.steps.bet.kind === 'choice' ? lab.steps.bet.options : []);
async function values(
	expressions: readonly LabExpression[],
	belief: string | null = null,
	option?: string,
	untilNs = lab.steps.run.untilNs
) {
	const run = await runFor(port, startOf(lab, option), untilNs, expressions, { belief });
	if (!run.ok) throw new Error(run.detail);
	return run.value?.values ?? [];
}

describe('the bet', () => {
	it('has one right answer: the pages are in DRAM, pinned', async () => {
		const keys = await values(options().map((each) => each.when));
		expect(
			options()
				.filter((_, index) => keys[index] === true)
				.map((each) => each.id)
		).toEqual(['dram']);
	});
	it('is what the false engine denies', async () => {
		const keys = await values(
			options().map((each) => each.when),
			lab.steps.belief.id
		);
		expect(
			options()
				.filter((_, index) => keys[index] === true)
				.map((each) => each.id)
		).toEqual(['cxl']);
	});
	it('is seen', async () => {
		const keys = await values(lab.steps.seen.options.map((each) => each.when));
		expect(keys).toEqual([true, false]);
	});
});

describe('another way to hold', () => {
	it('only mlock with mbind keeps the pages from both movers and lets them go home', async () => {
		const figures = lab.steps.change.figures.map((each) => each.amount.expression);
		const rows: Record<string, readonly unknown[]> = {};
		for (const option of lab.steps.change.options) rows[option.id] = await values(figures, null, option.id, lab.steps.change.untilNs);
		expect(rows['both']).toEqual([64, 0, 0]);
		// Pinned, they were never there: nothing is left to carry home.
		expect(rows['pin']).toEqual([0, 0, 0]);
		expect(Number(rows['mlock']?.[1])).toBeGreaterThan(0);
		expect(Number(rows['bind']?.[2])).toBeGreaterThan(0);
		expect(rows['bind']?.[1]).toBe(0);
	});
});

describe('the challenge', () => {
	it.each([1, 4, 2026])('seed %i: the witness holds in every order, the decoys do not', { timeout: 60_000 }, async (seed) => {
		const { witness, decoys } = lab.steps.challenge;
		const won = await runPlan(port, lab, witness, seed);
		expect([won?.passed, won?.note]).toEqual([[true], null]);
		expect(won?.movers?.whole).toBe(true);
		for (const decoy of decoys) {
			const lost = await runPlan(port, lab, decoy.plan, seed);
			expect([decoy.id, lost?.passed]).toEqual([decoy.id, [false]]);
			expect(lost?.movers?.path.length).toBeGreaterThan(0);
		}
	});
});

describe('an order as a run', () => {
	/** What the machine says at the hand-off and at the end, when it does the same acts in the same order. */
	async function played(plan: Readonly<Record<string, string>>, seed: number) {
		const result = await runPlan(port, lab, plan, seed);
		if (!result?.movers) throw new Error('no verdict');
		const opened = Simulation.open({ scenario: moverRun(lab, plan, seed, result.movers) });
		if (!opened.ok) throw new Error(opened.detail);
		const simulation = opened.value;
		simulation.advance(simulation.world.scenario.untilNs);
		const call = (begin: string) => simulation.world.r.calls.filter((each) => each.text === begin).at(-1);
		const atHandOff = (call('status a')?.value as { status?: Record<string, number> } | null)?.status ?? {};
		const home = (call('move a 0')?.value as { status?: Record<string, number> } | null)?.status ?? {};
		return { verdict: result.movers, inCxl: atHandOff['node1'] === 64, home: home['node0'] === 64 };
	}

	it.each([1, 4])('seed %i: the machine agrees with the explorer', async (seed) => {
		const { witness, decoys } = lab.steps.challenge;
		const won = await played(witness, seed);
		expect([won.verdict.wins, won.inCxl, won.home]).toEqual([true, true, true]);
		for (const decoy of decoys) {
			const lost = await played(decoy.plan, seed);
			expect([decoy.id, lost.verdict.wins, lost.inCxl && lost.home]).toEqual([decoy.id, false, false]);
			if (lost.verdict.reason?.includes('not in CXL')) expect([decoy.id, lost.inCxl]).toEqual([decoy.id, false]);
		}
	});
});
