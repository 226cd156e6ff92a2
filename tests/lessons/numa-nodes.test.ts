/**
 * Goal: lesson 1 says what the engine does. Method: the start in Node with its bet's key under the true rules and under the
 * belief, every option of Change, and plans for three VMs on each tested seed.
 */
import { describe, expect, it } from 'vitest';
import { runPlan } from '../../src/lib/lessons/lab/run-lab.ts';
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

describe('the bet', () => {
	it('is the mean of near and far: half of each', async () => {
		const [half] = await startValues(port, lab, [bet.actual.expression]);
		const [near] = await startValues(port, lab, [bet.actual.expression], { option: 'cold' });
		const [far] = await startValues(port, lab, [bet.actual.expression], { option: 'all' });
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

it('only cold memory leaves without slowing a read', async () => {
	const expressions = [...change.figures.map((each) => each.amount.expression), change.found?.expression ?? false];
	const rows: Record<string, readonly unknown[]> = {};
	for (const option of change.options) rows[option.id] = await startValues(port, lab, expressions, { option: option.id });
	const mib = 2 ** 20;
	expect(rows).toEqual({
		half: [187, 128 * mib, false],
		quarter: [148.5, 64 * mib, false],
		all: [264, 256 * mib, false],
		cold: [110, 256 * mib, true]
	});
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
	it('both seats of the pair of VMs are drawn', () => {
		const homes = new Set(challenge.drawn['places']?.map((place) => (typeof place === 'object' ? place['web-home'] : place)));
		expect(homes.size).toBe(2);
	});
});
