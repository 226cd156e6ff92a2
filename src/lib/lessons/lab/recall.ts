import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import { LABS, type Lab } from './load.ts';
import type { LabAgain, LabBet } from './schema.ts';
import { draw, filled, filledScenario } from './template.ts';

/**
 * The question with which a lesson begins: one of the lesson two before it, on a fresh seed, answered by the same kind of move.
 * What is asked again stands with the lesson that taught it.
 */
export interface Recall {
	readonly lab: Lab;
	readonly again: LabAgain;
}

const LESSONS_BACK = 2;

/** Of the lessons there are, the one two before `number`, or the nearest before that which asks something again. */
export function recallFor(number: number, labs: readonly Lab[] = LABS): Recall | null {
	const before = labs.filter((lab) => lab.number < number).sort((a, b) => a.number - b.number);
	const lab = before.slice(0, before.length - LESSONS_BACK + 1).findLast((each) => each.steps.again !== undefined);
	const again = lab?.steps.again;
	return lab === undefined || again === undefined ? null : { lab, again };
}

const textsOf = ({ again }: Recall, seed: number): Record<string, string> =>
	Object.fromEntries(Object.entries(draw(again.drawn, seed)).map(([name, value]) => [name, String(value)]));

/** The bet, with what the seed drew in its words and in its key. */
export const recallBet = (recall: Recall, seed: number): LabBet => filled(recall.again.bet, textsOf(recall, seed)) as LabBet;

/** What decides, in a sentence, with what the seed drew. */
export const recallRule = (recall: Recall, seed: number): string => filled(recall.again.rule, textsOf(recall, seed)) as string;

/** The lesson's own start with other texts. */
export function recallScenario(recall: Recall, seed: number): Scenario {
	const texts = textsOf(recall, seed);
	const put = filled(recall.again.put, texts) as Record<string, string>;
	const { steps, start } = recall.lab;
	return { ...filledScenario(start, { ...steps.texts, ...texts, ...put }, seed), untilNs: steps.run.untilNs };
}

/** A sentence is short, but it is not a word. */
const LEAST_WORDS = 3;
export const isSentence = (text: string): boolean => text.trim().split(/\s+/).filter(Boolean).length >= LEAST_WORDS;
