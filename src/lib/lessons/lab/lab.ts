import type { LabBet, LabPlan, LabSteps } from './schema.ts';
import type { StepId } from '../schema.ts';

/** A lab as a machine: what the learner decided and what that unlocks. Plain values, pure functions. */

/** A bar's value, the id of a choice, or an option per row. */
export type LabBetValue = number | string | Readonly<Record<string, string>>;

export interface LabAttempt {
	readonly number: number;
	readonly seed: number;
	readonly plan: LabPlan;
	/** By check, in the order of the lab. */
	readonly passed: readonly boolean[];
	readonly figures: readonly (number | null)[];
	readonly won: boolean;
	/** The solution had been shown before. */
	readonly marked: boolean;
	readonly hints: number;
	/** Words of the engine when the scenario was refused, or when an exhaustive check lost. */
	readonly note: string | null;
}

export interface LabState {
	readonly step: StepId;
	readonly draft: LabBetValue | null;
	readonly bet: LabBetValue | null;
	readonly ran: boolean;
	readonly seen: string | null;
	/** Options of Change that were run, with their figures. */
	readonly tried: Readonly<Record<string, readonly (number | null)[]>>;
	readonly seed: number;
	readonly plan: LabPlan;
	readonly past: readonly LabPlan[];
	readonly attempts: readonly LabAttempt[];
	readonly hints: number;
	readonly solutionShown: boolean;
}

export function startLab(steps: LabSteps, seed = steps.challenge.firstSeed): LabState {
	return {
		step: steps.opens,
		draft: null,
		bet: null,
		ran: false,
		seen: null,
		tried: {},
		seed,
		plan: {},
		past: [],
		attempts: [],
		hints: 0,
		solutionShown: false
	};
}

/** Why a step cannot be opened yet, or null. Challenge and Make spoil nothing: an assignment may begin there. */
export function labLock(state: LabState, step: StepId): string | null {
	if (step === 'bet' || step === 'challenge' || step === 'make') return null;
	if (state.bet === null) return 'a bet unlocks Run';
	if (step !== 'run' && !state.ran) return `run to the end unlocks ${step === 'look' ? 'Look' : 'Change'}`;
	return null;
}

export const labGoTo = (state: LabState, step: StepId): LabState => (labLock(state, step) === null ? { ...state, step } : state);

/** A table is a bet when every row has an answer. */
export function betComplete(bet: LabBet, value: LabBetValue | null): boolean {
	if (value === null) return false;
	if (bet.kind === 'table') return typeof value === 'object' && bet.rows.every((row) => value[row.id] !== undefined);
	return true;
}

export const draftBet = (state: LabState, value: LabBetValue): LabState => (state.bet !== null ? state : { ...state, draft: value });

export function placeLabBet(steps: LabSteps, state: LabState): LabState {
	if (state.bet !== null || !betComplete(steps.bet, state.draft)) return state;
	return { ...state, bet: state.draft, step: 'run' };
}

export const labRanToEnd = (state: LabState): LabState =>
	state.bet === null ? state : { ...state, ran: true, step: state.step === 'run' ? 'look' : state.step };

export const labBetAgain = (state: LabState): LabState => ({ ...state, step: 'bet', bet: null, draft: null, ran: false, seen: null });

export const labSeen = (state: LabState, answer: string): LabState => ({ ...state, seen: answer });

export const labTried = (state: LabState, option: string, figures: readonly (number | null)[]): LabState => ({
	...state,
	tried: { ...state.tried, [option]: figures }
});

export function choose(state: LabState, slot: string, option: string): LabState {
	if (state.plan[slot] === option) return state;
	return withPlan(state, { ...state.plan, [slot]: option });
}
export const withPlan = (state: LabState, plan: LabPlan): LabState => ({ ...state, plan, past: [...state.past, state.plan].slice(-50) });

export function undoPlan(state: LabState): LabState {
	const plan = state.past.at(-1);
	return plan === undefined ? state : { ...state, plan, past: state.past.slice(0, -1) };
}
export const resetPlan = (state: LabState): LabState => (Object.keys(state.plan).length === 0 ? state : withPlan(state, {}));

/** Other draws: attempts of the old seed stay in the list, with their seed. */
export const reseedLab = (state: LabState, seed: number): LabState =>
	seed === state.seed ? state : { ...state, seed, plan: {}, past: [], hints: 0, solutionShown: false };

export const planComplete = (steps: LabSteps, plan: LabPlan): boolean =>
	steps.challenge.slots.every((slot) => slot.mayStayOpen || plan[slot.id] !== undefined);

export const moreHints = (state: LabState): LabState => ({ ...state, hints: Math.min(3, state.hints + 1) });

export const labSolutionOffered = (steps: LabSteps, state: LabState): boolean =>
	state.attempts.filter((each) => each.seed === state.seed).length >= steps.challenge.attemptsBeforeSolution;

export const showLabSolution = (steps: LabSteps, state: LabState): LabState => ({
	...withPlan(state, steps.challenge.witness),
	solutionShown: true
});

export function addLabAttempt(state: LabState, result: Pick<LabAttempt, 'plan' | 'passed' | 'figures' | 'note'>): LabState {
	const attempt: LabAttempt = {
		...result,
		number: state.attempts.length + 1,
		seed: state.seed,
		won: result.passed.length > 0 && result.passed.every(Boolean),
		marked: state.solutionShown,
		hints: state.hints
	};
	return { ...state, attempts: [...state.attempts, attempt] };
}
