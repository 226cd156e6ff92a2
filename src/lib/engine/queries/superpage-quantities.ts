import { readHandOver, type HandOverVerdict } from '../contract/hand-over.ts';
import { SUPERPAGE_QUANTITIES, type SuperpageQuantityName } from '../contract/superpage-quantities.ts';
import { judgeHandOver } from '../superpage/models/laid.ts';

/** Quantities of a laid hand-off: every order of it is searched for each. null when the words are no plan. */
const breaks =
	(...statements: string[]) =>
	({ violations }: HandOverVerdict): number =>
		Number(violations.some(({ statement }) => statements.includes(statement)));

const READ: Readonly<Record<SuperpageQuantityName, (verdict: HandOverVerdict) => number>> = {
	handOverTwo: breaks('two'),
	handOverTorn: breaks('whole', 'fresh'),
	handOverLeft: breaks('quiet-end'),
	handOverArrives: ({ arrives }) => Number(arrives),
	handOverStates: ({ states }) => states
};

export const isSuperpageQuantity = (name: string): name is SuperpageQuantityName => Object.hasOwn(SUPERPAGE_QUANTITIES, name);

export function superpageQuantity(name: SuperpageQuantityName, of: string): number | null {
	const plan = readHandOver(of);
	return plan.ok ? READ[name](judgeHandOver(plan.value)) : null;
}

/** The verdict itself, for the query; null when the words are no plan. */
export function handOverAnswer(words: string): HandOverVerdict | null {
	const plan = readHandOver(words);
	return plan.ok ? judgeHandOver(plan.value) : null;
}
