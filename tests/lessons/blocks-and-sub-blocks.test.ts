/**
 * Goal: lesson 4 says what the engine does. Method: three guests in Node with the bet's key, the numbers of held pages, and
 * plans for the giant page over four guests for each tested seed.
 */
import { describe, expect, it } from 'vitest';
import type { EnginePort } from '../../src/lib/engine/contract/port.ts';
import { makePort } from '../../src/lib/engine/worker/port.ts';
import { labById, type Lab } from '../../src/lib/lessons/lab/load.ts';
import { runFor, runPlan, scaled, startOf } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression } from '../../src/lib/lessons/lab/schema.ts';

const lab = labById('blocks-and-sub-blocks') as Lab;
const port = makePort((answer) => answer) as unknown as EnginePort;
const options = lab.steps.bet.kind === 'choice' ? lab.steps.bet.options : [];
const figures = lab.steps.change.figures;

async function values(expressions: readonly LabExpression[], belief: string | null = null, option?: string) {
	const run = await runFor(port, startOf(lab, option), lab.steps.run.untilNs, expressions, { belief });
	if (!run.ok) throw new Error(run.detail);
	return run.value?.values ?? [];
}
async function freed(option: string, belief: string | null = null) {
	const found = await values(
		figures.map((each) => each.amount.expression),
		belief,
		option
	);
	return figures.map((each, index) => scaled(found[index], each));
}

it('sub-blocks free most, and the block brush still tries', async () => {
	const keys = await values(options.map((each) => each.when));
	expect(options.filter((_, index) => keys[index] === true).map((each) => each.id)).toEqual(['sub']);
	expect(await values(lab.steps.seen.options.map((each) => each.when))).toEqual([true, false, false]);
});

it('each held page costs a sub-block 2 MiB, and the block everything', async () => {
	for (const [option, held] of [
		['held-3', 3],
		['held-2', 2],
		['held-1', 1],
		['held-0', 0]
	] as const) {
		const [block, sub] = await freed(option);
		expect([option, block, sub]).toEqual([option, held === 0 ? 128 : 0, 128 - 2 * held]);
	}
});

it('the balloon gets about what was free, whoever is held, and never what is in use', async () => {
	const inUse = (await values([{ q: 'bytesOnNode', of: 'page app a 1' }]))[0] as number;
	expect(inUse / 2 ** 20).toBe(60);
	for (const option of ['held-3', 'held-0']) {
		const got = (await freed(option))[2] as number;
		expect(got).toBeGreaterThan(60);
		expect(got).toBeLessThanOrEqual(128 - 60);
	}
});

it('the false engine frees the block', async () => {
	expect((await freed('held-3', lab.steps.belief.id))[0]).toBe(128);
});

describe('room for a giant', () => {
	it.each(lab.steps.challenge.seeds.map((seed) => [seed]))('seed %i', { timeout: 240_000 }, async (seed) => {
		const won = await runPlan(port, lab, lab.steps.challenge.witness, seed);
		expect([won?.passed, won?.figures]).toEqual([[true, true], [512]]);
		for (const decoy of lab.steps.challenge.decoys) {
			const lost = await runPlan(port, lab, decoy.plan, seed);
			expect([decoy.id, lost?.passed.every(Boolean)]).toEqual([decoy.id, false]);
		}
	});
});
