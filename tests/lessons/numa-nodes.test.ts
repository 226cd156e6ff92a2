/**
 * Goal: lesson 1 says what the engine does. Method: the start in Node with its bet's key under the true rules and under the
 * belief, every option of Change, and plans for three VMs on each tested seed.
 */
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/lib/engine/contract/scenario/schema.ts';
import { momentOf, movesOf, planWith, wordsOf } from '../../src/lib/lessons/lab/hands.ts';
import { byHandOf, planTexts, runFor, runPlan } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression, LabPlan } from '../../src/lib/lessons/lab/schema.ts';
import { labPort, openLab, planFaults, proseFaults, startValues } from './lab-in-node.ts';

const lab = openLab('numa-nodes');
const port = labPort();
const { bet, seen, change, challenge } = lab.steps;
if (bet.kind !== 'bar') throw new Error('the bet is no bar');

describe('what is written', () => {
	it('is short, and its terms and plans exist', () => {
		expect([...proseFaults(lab, 60), ...planFaults(lab)]).toEqual([]);
	});
	it('leaves the answer off the ends of the bar', async () => {
		const [result] = await startValues(port, lab, [bet.actual.expression]);
		expect(Number(result) - bet.near).toBeGreaterThan(bet.min);
		expect(Number(result) + bet.near).toBeLessThan(bet.max);
	});
});

/** The machine of Change, with moves made by hand. */
async function byHand(moves: readonly (readonly [area: string, node: number, range?: string])[], expressions: readonly LabExpression[]) {
	const { hands } = change;
	if (hands === undefined) throw new Error('nothing is moved by hand');
	const base = byHandOf(lab);
	const journal = moves.map(([id, node, range], index): Scenario['journal'][number] => {
		const area = hands.areas.find((each) => each.id === id);
		if (area === undefined) throw new Error(`no area ${id}`);
		return {
			atNs: momentOf(hands, index),
			command: { name: 'process', machine: hands.machine, process: area.process, words: wordsOf(area, node, range) }
		};
	});
	const run = await runFor(
		port,
		{ ...base, journal: [...base.journal, ...journal] },
		momentOf(hands, Math.max(moves.length, 1)),
		expressions
	);
	if (!run.ok) throw new Error(run.detail);
	return run.value?.values ?? [];
}

describe('the bet', () => {
	it('is the mean of near and far: half of each', async () => {
		const [half] = await startValues(port, lab, [bet.actual.expression]);
		const [near] = await byHand([], [bet.actual.expression]);
		const [far] = await byHand([['hot', 1]], [bet.actual.expression]);
		expect([near, far]).toEqual([110, 264]);
		expect(half).toBe((Number(near) + Number(far)) / 2);
	});
	it('is what the false engine denies, by more than the bet forgives', async () => {
		const [truth] = await startValues(port, lab, [bet.actual.expression]);
		const [belief] = await startValues(port, lab, [bet.actual.expression], { belief: lab.steps.belief.id });
		expect(Number(truth) - Number(belief)).toBeGreaterThan(bet.near);
		expect(belief).toBe(110);
	});
	it('is seen: the pages went, the CPUs did not', async () => {
		expect(
			await startValues(
				port,
				lab,
				seen.options.map((each) => each.when)
			)
		).toEqual([true, false, false]);
	});
});

it('each piece that goes far makes the line rise by as much, and only cold memory leaves without it', async () => {
	const expressions = [bet.actual.expression, change.found?.expression ?? false];
	const piece = (at: number) => ['hot', 1, `64M@${64 * at}M`] as const;
	expect(await byHand([piece(0)], expressions)).toEqual([148.5, false]);
	expect(await byHand([piece(0), piece(1)], expressions)).toEqual([187, false]);
	expect(await byHand([piece(0), ['hot', 0, '64M@0M']], expressions)).toEqual([110, false]);
	expect(await byHand([['hot', 1]], expressions)).toEqual([264, false]);
	expect(await byHand([['cold', 1]], expressions)).toEqual([110, true]);
});

describe('three VMs', () => {
	it.each(challenge.seeds.map((seed) => [seed]))('seed %i: the witness wins, the decoys lose', { timeout: 120_000 }, async (seed) => {
		const won = await runPlan(port, lab, challenge.witness, seed);
		expect([won?.note, won?.passed]).toEqual([null, challenge.checks.map(() => true)]);
		for (const decoy of challenge.decoys) {
			const lost = await runPlan(port, lab, decoy.plan, seed);
			expect([decoy.id, lost?.note, lost?.passed.every(Boolean)]).toEqual([decoy.id, null, false]);
		}
	});
	it('a plan is a list of moves: what is dragged is what is played, and what is played is what is dragged', () => {
		const { hands } = challenge;
		if (hands === undefined) throw new Error('nothing is moved by hand');
		for (const seed of challenge.seeds) {
			const texts = planTexts(lab, {}, seed);
			const moves = movesOf(hands, challenge.witness, texts);
			expect(moves.length).toBeGreaterThan(0);
			const again = moves.reduce<LabPlan>((plan, move) => planWith(hands, plan, move, texts) ?? plan, {});
			expect(movesOf(hands, again, texts)).toEqual(moves);
			const full = Array.from({ length: hands.most + 3 }).reduce<LabPlan>(
				(plan, _, at) => planWith(hands, plan, { area: 'web-cold', node: at % 3 }, texts) ?? plan,
				{}
			);
			expect(movesOf(hands, full, texts)).toHaveLength(hands.most);
		}
	});
	it('both seats of the pair of VMs are drawn', () => {
		const homes = new Set(challenge.drawn['places']?.map((place) => (typeof place === 'object' ? place['web-home'] : place)));
		expect(homes.size).toBe(2);
	});
});
