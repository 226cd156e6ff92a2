/**
 * Goal: the question from two lessons back has one answer on every seed, and not always the same. Method: each lab that asks
 * again is run in Node over all that its seed can draw; keys come from the engine.
 */
import { describe, expect, it } from 'vitest';
import { betAnswer, betExpressions, sayBetValue } from '../../src/lib/lessons/lab/bet.ts';
import { betComplete } from '../../src/lib/lessons/lab/lab.ts';
import { LABS } from '../../src/lib/lessons/lab/load.ts';
import { isSentence, recallBet, recallFor, recallRule, recallScenario, type Recall } from '../../src/lib/lessons/lab/recall.ts';
import { runFor } from '../../src/lib/lessons/lab/run-lab.ts';
import { draw } from '../../src/lib/lessons/lab/template.ts';
import { labPort } from './lab-in-node.ts';

const port = labPort();
const asking = LABS.flatMap((lab): [string, Recall][] => (lab.steps.again ? [[lab.id, { lab, again: lab.steps.again }]] : []));

/** One seed for each thing that can be drawn, as many as there are time for. */
const MOST = 5;
function seedsOf({ again }: Recall): number[] {
	const found = new Map<string, number>();
	for (let seed = 1; seed <= 60; seed += 1) {
		const drawn = JSON.stringify(draw(again.drawn, seed));
		if (!found.has(drawn)) found.set(drawn, seed);
	}
	return [...found.values()].slice(0, MOST);
}

describe('which lesson asks again', () => {
	it('is one at least two lessons back that has something to ask', () => {
		const byNumber = [...LABS].sort((a, b) => a.number - b.number);
		for (const { number } of [...byNumber, { number: 12 }]) {
			const before = byNumber.filter((lab) => lab.number < number);
			const recall = recallFor(number);
			const at = recall === null ? -1 : before.findIndex((lab) => lab.id === recall.lab.id);
			const candidates = before.slice(0, -1).filter((lab) => lab.steps.again !== undefined);
			expect([number, recall?.lab.id]).toEqual([number, candidates.at(-1)?.id]);
			if (recall !== null) expect(before.length - at).toBeGreaterThanOrEqual(2);
		}
		expect(recallFor(1)).toBeNull();
		expect(recallFor(3)?.lab.number).toBe(1);
	});
	it('wants a sentence, not a word', () => {
		expect(['', 'because', '  two words ', 'it is far away'].map(isSentence)).toEqual([false, false, false, true]);
	});
});

describe.each(asking)('%s', (_, recall) => {
	it('has one answer on each seed, in words without gaps, and several over all', { timeout: 240_000 }, async () => {
		const answers = new Set<string>();
		for (const seed of seedsOf(recall)) {
			const bet = recallBet(recall, seed);
			const text = JSON.stringify([bet, recallRule(recall, seed)]);
			expect(text).not.toContain('${');
			const run = await runFor(port, recallScenario(recall, seed), recall.lab.steps.run.untilNs, betExpressions(bet));
			if (!run.ok) throw new Error(`seed ${seed}: ${run.detail}`);
			const answer = betAnswer(bet, run.value?.values ?? []);
			expect([seed, betComplete(bet, answer)]).toEqual([seed, true]);
			if (bet.kind === 'bar') {
				expect(Number(answer)).toBeGreaterThanOrEqual(bet.min);
				expect(Number(answer)).toBeLessThanOrEqual(bet.max);
			}
			answers.add(sayBetValue(bet, answer));
		}
		expect(answers.size).toBeGreaterThan(1);
	});
});
