/**
 * Goal: lesson 3 says what the engine does. Method: the start in Node with its bet's key, every option of Change, and rules
 * over ten racks for each tested seed.
 */
import { describe, expect, it } from 'vitest';
import type { EnginePort } from '../../src/lib/engine/contract/port.ts';
import { makePort } from '../../src/lib/engine/worker/port.ts';
import { labById, type Lab } from '../../src/lib/lessons/lab/load.ts';
import { runFor, runPlan, startOf } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression } from '../../src/lib/lessons/lab/schema.ts';

const lab = labById('type-is-not-distance') as Lab;
const port = makePort((answer) => answer) as unknown as EnginePort;
const options = lab.steps.bet.kind === 'choice' ? lab.steps.bet.options : [];

async function values(expressions: readonly LabExpression[], belief: string | null = null, option?: string) {
	const run = await runFor(port, startOf(lab, option), lab.steps.run.untilNs, expressions, { belief });
	if (!run.ok) throw new Error(run.detail);
	return run.value?.values ?? [];
}

it('has one right bet: what Linux says cannot tell', async () => {
	const keys = await values(options.map((each) => each.when));
	expect(options.filter((_, index) => keys[index] === true).map((each) => each.id)).toEqual(['cannot']);
});

it('is seen, and the false engine sees it otherwise', async () => {
	const keys = lab.steps.seen.options.map((each) => each.when);
	expect(await values(keys)).toEqual([true, false, false]);
	expect(await values(keys, lab.steps.belief.id)).toEqual([false, false, true]);
});

it('only the type finds the memory that outlives the host', async () => {
	const left = lab.steps.change.figures[0]?.amount.expression as LabExpression;
	const rows: Record<string, unknown> = {};
	for (const option of lab.steps.change.options) rows[option.id] = (await values([left], null, option.id))[0];
	expect(rows).toEqual({ near: 0, far: 0, movable: 0, switched: 64 * 2 ** 20 });
});

describe('ten racks', () => {
	it.each(lab.steps.challenge.seeds.map((seed) => [seed]))('seed %i', { timeout: 120_000 }, async (seed) => {
		const won = await runPlan(port, lab, lab.steps.challenge.witness, seed);
		expect(won?.passed).toEqual([true]);
		for (const decoy of lab.steps.challenge.decoys) {
			const lost = await runPlan(port, lab, decoy.plan, seed);
			expect([decoy.id, lost?.passed]).toEqual([decoy.id, [false]]);
		}
	});
});
