/**
 * Goal: every lab keeps its promises. Method: for each lab the engine in Node runs the start with and without the belief and
 * the challenge with its witness and decoys on all its seeds; nothing is compared with a stored number.
 */
import { describe, expect, it } from 'vitest';
import { betAnswer, betExpressions, keyOf, optionExpressions } from '../../src/lib/lessons/lab/bet.ts';
import { betComplete } from '../../src/lib/lessons/lab/lab.ts';
import { LABS, type Lab } from '../../src/lib/lessons/lab/load.ts';
import { runPlan } from '../../src/lib/lessons/lab/run-lab.ts';
import type { LabExpression } from '../../src/lib/lessons/lab/schema.ts';
import { draw } from '../../src/lib/lessons/lab/template.ts';
import { labPort, planFaults, proseFaults, startValues } from './lab-in-node.ts';

const MOST_WORDS = 60;
/** Figures that the page knows beside the run's own. */
const PAGE_FIGURES = ['bet', 'result', 'false', 'until', 'reason'];
const port = labPort();
const asked = (lab: Lab) => [...betExpressions(lab.steps.bet), ...optionExpressions(lab.steps.seen.options)] as LabExpression[];

it('there are labs, each under its own name and number', () => {
	expect(LABS.length).toBeGreaterThan(0);
	expect(new Set(LABS.map((lab) => lab.id)).size).toBe(LABS.length);
	expect(new Set(LABS.map((lab) => lab.number)).size).toBe(LABS.length);
});

describe.each(LABS.map((lab) => [lab.id, lab] as const))('%s', (_, lab) => {
	it('its words, terms, figures and plans resolve', () => {
		expect(proseFaults(lab, MOST_WORDS)).toEqual([]);
		expect(planFaults(lab)).toEqual([]);
		const known = [
			...PAGE_FIGURES,
			...lab.steps.run.figures.map((each) => each.id),
			...Object.keys(draw(lab.steps.challenge.drawn, lab.steps.challenge.firstSeed))
		];
		const used = lab.prose.steps.flatMap((step) =>
			step.paragraphs.flatMap((each) => each.inlines.flatMap((inline) => (inline.kind === 'figure' ? [inline.name] : [])))
		);
		expect(used.filter((name) => !known.includes(name))).toEqual([]);
	});

	it('bet and question have exactly one right answer, and the belief has another course', { timeout: 120_000 }, async () => {
		const { bet, seen, run, belief } = lab.steps;
		const count = betExpressions(bet).length;
		const figures = run.figures.map((each) => each.amount.expression);
		const truth = await startValues(port, lab, [...asked(lab), ...figures]);
		const answer = betAnswer(bet, truth);
		expect(betComplete(bet, answer)).toBe(true);
		expect(keyOf(seen.options, truth.slice(count, count + seen.options.length))).not.toBeNull();
		expect(truth.slice(count + seen.options.length).every((value) => typeof value === 'number')).toBe(true);
		const wrong = await startValues(port, lab, [...asked(lab), ...figures], { belief: belief.id });
		expect(wrong).not.toEqual(truth);
		expect(betComplete(bet, betAnswer(bet, wrong))).toBe(true);
	});

	it('every option of Change runs, and not all come to the same', { timeout: 240_000 }, async () => {
		const { options, figures, hands } = lab.steps.change;
		// What is moved by hand is tested with its lesson.
		if (hands !== undefined) return expect(options).toEqual([]);
		const rows = [];
		for (const option of options)
			rows.push(
				await startValues(
					port,
					lab,
					figures.map((each) => each.amount.expression),
					{ option: option.id, untilNs: lab.steps.change.untilNs ?? lab.steps.run.untilNs }
				)
			);
		expect(rows.flat().every((value) => typeof value === 'number')).toBe(true);
		expect(new Set(rows.map((row) => row.join())).size).toBeGreaterThan(1);
	});

	it.each(lab.steps.challenge.seeds.map((seed) => [seed]))(
		'seed %i: the witness wins, every decoy loses',
		{ timeout: 600_000 },
		async (seed) => {
			const { witness, decoys } = lab.steps.challenge;
			const won = await runPlan(port, lab, witness, seed);
			expect([won?.passed.every(Boolean), won?.note, won?.figures]).toEqual([true, null, won?.figures]);
			for (const decoy of decoys) {
				const lost = await runPlan(port, lab, decoy.plan, seed);
				expect([decoy.id, lost?.passed.every(Boolean), lost?.note]).toEqual([decoy.id, false, lost?.note]);
				expect(
					lost?.figures.every((value) => value !== null),
					`${decoy.id}: ${lost?.note}`
				).toBe(true);
			}
		}
	);
});
