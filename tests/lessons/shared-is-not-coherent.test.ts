/**
 * Goal: the order that the explorer shows is the order that a run takes. Method: the losing order of each decoy, and a whole
 * order of the witness, played on hosts with real line records; the loads of both must agree.
 */
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../src/lib/engine/index.ts';
import { exchangeRun } from '../../src/lib/lessons/lab/exchange-run.ts';
import { runPlan } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabPlan } from '../../src/lib/lessons/lab/schema.ts';
import { labPort, openLab } from './lab-in-node.ts';

const lab = openLab('shared-is-not-coherent');
const port = labPort();

async function played(plan: LabPlan, seed: number) {
	const result = await runPlan(port, lab, plan, seed);
	if (!result?.exchange) throw new Error('the exchange was not explored');
	const opened = Simulation.open({ scenario: exchangeRun(lab, plan, seed, result.exchange) });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(opened.value.world.scenario.untilNs, Infinity);
	return { verdict: result.exchange, world: opened.value.world };
}

describe('an order of the exchange as a run', () => {
	it.each(lab.steps.challenge.decoys.flatMap(({ id, plan }) => lab.steps.challenge.seeds.map((seed) => [id, seed, plan] as const)))(
		'%s, seed %i: the run reads something old, as the explorer says',
		async (_, seed, plan) => {
			const { verdict, world } = await played(plan, seed);
			expect(verdict.wins).toBe(false);
			expect(verdict.path.at(-1)?.stale).toBe(true);
			expect(world.trace.filter((record) => record.text.endsWith('which is old')).length).toBe(1);
		}
	);

	it('a whole order of the witness reads nothing old', async () => {
		const { verdict, world } = await played(lab.steps.challenge.witness, 1);
		expect([verdict.wins, verdict.whole, verdict.operations]).toEqual([true, true, 4]);
		expect(world.trace.filter((record) => record.text.includes('loads version')).length).toBe(2);
		expect(world.trace.some((record) => record.text.endsWith('which is old'))).toBe(false);
	});
});
