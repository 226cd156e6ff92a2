import {
	emptyCurve,
	isDrawn,
	wholeLine,
	wordOf,
	type Bet,
	type BetAxes,
	type BetCurve,
	type BetWord
} from './bet.ts';
import { untouchedChoice } from './family.ts';
import type { Lesson } from './load.ts';
import { HINT_IDS, STEP_IDS, type Choice, type StepId } from './schema.ts';

/**
 * The lesson as a machine: what the learner has decided so far, and what that unlocks. Plain values and pure functions;
 * the page keeps one state and replaces it whole. Decisions are kept, minutes are not.
 */

/** One rate of the Change step with what the engine said about it. */
export interface TriedRate {
	readonly rateBytesPerSecond: number;
	readonly home: Readonly<Record<string, boolean>>;
}

export interface Attempt {
	readonly number: number;
	readonly seed: number;
	readonly choices: Readonly<Record<string, Choice>>;
	/** By guest, in the order of the lesson's checks. */
	readonly passed: Readonly<Record<string, readonly boolean[]>>;
	readonly won: boolean;
	readonly golf: Golf;
	/** The solution had been shown before. */
	readonly marked: boolean;
	readonly hints: number;
}

/** Three numbers, never one: stopped, on the wire, work lost; null where a guest did not get home. */
export interface Golf {
	readonly stoppedNs: number | null;
	readonly wireBytes: number;
	readonly lostWorkNs: number;
}

export interface ChallengeState {
	readonly seed: number;
	readonly choices: Readonly<Record<string, Choice>>;
	/** Earlier choices, newest last: what Undo goes back to. */
	readonly past: readonly Readonly<Record<string, Choice>>[];
	readonly attempts: readonly Attempt[];
	readonly hints: number;
	readonly solutionShown: boolean;
}

export interface LessonState {
	readonly step: StepId;
	readonly curve: BetCurve;
	readonly word: BetWord | null;
	readonly bet: Bet | null;
	readonly ran: boolean;
	readonly seen: string | null;
	readonly tried: readonly TriedRate[];
	readonly challenge: ChallengeState;
}

export function axesOf(lesson: Lesson, startBytes: number): BetAxes {
	const { untilNs, stepNs, topBytes } = lesson.steps.bet;
	return { untilNs, stepNs, topBytes, startBytes };
}

export function freshChallenge(seed: number): ChallengeState {
	return { seed, choices: {}, past: [], attempts: [], hints: 0, solutionShown: false };
}

export function startLesson(
	lesson: Lesson,
	axes: BetAxes,
	seed = lesson.steps.challenge.firstSeed
): LessonState {
	return {
		step: 'bet',
		curve: emptyCurve(axes),
		word: null,
		bet: null,
		ran: false,
		seen: null,
		tried: [],
		challenge: freshChallenge(seed)
	};
}

/** Why a step cannot be opened yet, or null. Challenge and Make spoil nothing: an assignment may begin there. */
export function stepLock(state: LessonState, step: StepId): string | null {
	if (step === 'bet' || step === 'challenge' || step === 'make') return null;
	if (state.bet === null) return 'a bet unlocks Run';
	if (step !== 'run' && !state.ran)
		return `run to the end unlocks ${step === 'look' ? 'Look' : 'Change'}`;
	return null;
}

/** The bet locks Run and Step. */
export const runLock = (state: LessonState): string | null =>
	state.bet === null ? 'a bet unlocks Run' : null;

export function goTo(state: LessonState, step: StepId): LessonState {
	return stepLock(state, step) === null ? { ...state, step } : state;
}

export const stepAfter = (step: StepId): StepId | null =>
	STEP_IDS[STEP_IDS.indexOf(step) + 1] ?? null;

/** A drawn line says its word by itself. */
export function drawBet(state: LessonState, axes: BetAxes, curve: BetCurve): LessonState {
	if (state.bet !== null) return state;
	return { ...state, curve, word: isDrawn(curve) ? wordOf(wholeLine(curve, axes)) : state.word };
}

/** A word against the drawn line takes the line away: one bet, not two. */
export function sayWord(state: LessonState, axes: BetAxes, word: BetWord): LessonState {
	if (state.bet !== null || state.word === word) return state;
	return { ...state, word, curve: emptyCurve(axes) };
}

export function drawAgain(state: LessonState, axes: BetAxes): LessonState {
	return state.bet !== null ? state : { ...state, curve: emptyCurve(axes), word: null };
}

/** Nothing to place without a line or a word. */
export function placeBet(state: LessonState): LessonState {
	if (state.bet !== null || state.word === null) return state;
	const bet: Bet = { curve: isDrawn(state.curve) ? state.curve : null, word: state.word };
	return { ...state, bet, step: 'run' };
}

/** A new bet on the same lesson: what was seen is forgotten, so that it can be a bet again. */
export function betAgain(state: LessonState, axes: BetAxes): LessonState {
	return {
		...state,
		step: 'bet',
		bet: null,
		word: null,
		curve: emptyCurve(axes),
		ran: false,
		seen: null
	};
}

export const ranToEnd = (state: LessonState): LessonState =>
	state.bet === null
		? state
		: { ...state, ran: true, step: state.step === 'run' ? 'look' : state.step };

export const answerSeen = (state: LessonState, answer: string): LessonState => ({
	...state,
	seen: answer
});

export function addTried(state: LessonState, tried: TriedRate): LessonState {
	const others = state.tried.filter((each) => each.rateBytesPerSecond !== tried.rateBytesPerSecond);
	return {
		...state,
		tried: [...others, tried].sort((a, b) => a.rateBytesPerSecond - b.rateBytesPerSecond)
	};
}

export interface Border {
	/** Fastest rate tried that came home, slowest tried that did not. */
	readonly homeRate: number | null;
	readonly awayRate: number | null;
	readonly found: boolean;
}

export function borderOf(lesson: Lesson, state: LessonState): Border {
	const lane = lesson.steps.bet.lane;
	const home = state.tried
		.filter((each) => each.home[lane] === true)
		.map((each) => each.rateBytesPerSecond);
	const away = state.tried
		.filter((each) => each.home[lane] === false)
		.map((each) => each.rateBytesPerSecond);
	const homeRate = home.length > 0 ? Math.max(...home) : null;
	const awayRate = away.length > 0 ? Math.min(...away) : null;
	const found =
		homeRate !== null &&
		awayRate !== null &&
		awayRate - homeRate <= lesson.steps.change.borderBytesPerSecond + 1;
	return { homeRate, awayRate, found };
}

function withChoices(state: LessonState, choices: Readonly<Record<string, Choice>>): LessonState {
	const { challenge } = state;
	return {
		...state,
		challenge: { ...challenge, choices, past: [...challenge.past, challenge.choices].slice(-50) }
	};
}

export function chooseLane(
	lesson: Lesson,
	state: LessonState,
	guest: string,
	lane: string
): LessonState {
	if (state.challenge.choices[guest]?.lane === lane) return state;
	return withChoices(state, { ...state.challenge.choices, [guest]: untouchedChoice(lesson, lane) });
}

export function chooseSetting(
	state: LessonState,
	guest: string,
	setting: string,
	option: string
): LessonState {
	const choice = state.challenge.choices[guest];
	if (choice === undefined || choice.settings[setting] === option) return state;
	return withChoices(state, {
		...state.challenge.choices,
		[guest]: { ...choice, settings: { ...choice.settings, [setting]: option } }
	});
}

export function undoChoice(state: LessonState): LessonState {
	const { challenge } = state;
	const choices = challenge.past.at(-1);
	if (choices === undefined) return state;
	return { ...state, challenge: { ...challenge, choices, past: challenge.past.slice(0, -1) } };
}

export const resetChoices = (state: LessonState): LessonState =>
	Object.keys(state.challenge.choices).length === 0 ? state : withChoices(state, {});

export function loadChoices(
	state: LessonState,
	choices: Readonly<Record<string, Choice>>
): LessonState {
	return withChoices(state, choices);
}

/** Other guests: attempts of the old seed stay in the list, with their seed. */
export function reseed(state: LessonState, seed: number): LessonState {
	if (seed === state.challenge.seed) return state;
	return { ...state, challenge: { ...freshChallenge(seed), attempts: state.challenge.attempts } };
}

export function nextHint(state: LessonState): LessonState {
	const hints = Math.min(HINT_IDS.length, state.challenge.hints + 1);
	return { ...state, challenge: { ...state.challenge, hints } };
}

/** Shown on request; every attempt after it is marked. */
export function showSolution(lesson: Lesson, state: LessonState): LessonState {
	const shown = withChoices(state, lesson.steps.challenge.witness);
	return { ...shown, challenge: { ...shown.challenge, solutionShown: true } };
}

export const solutionOffered = (lesson: Lesson, state: LessonState): boolean =>
	state.challenge.attempts.filter((each) => each.seed === state.challenge.seed).length >=
	lesson.steps.challenge.attemptsBeforeSolution;

export function addAttempt(
	state: LessonState,
	result: Pick<Attempt, 'choices' | 'passed' | 'golf'>
): LessonState {
	const { challenge } = state;
	const lists = Object.values(result.passed);
	const attempt: Attempt = {
		...result,
		number: challenge.attempts.length + 1,
		seed: challenge.seed,
		won: lists.length > 0 && lists.every((list) => list.every(Boolean)),
		marked: challenge.solutionShown,
		hints: challenge.hints
	};
	return { ...state, challenge: { ...challenge, attempts: [...challenge.attempts, attempt] } };
}

/** Every guest has a mover: the attempt can be run. */
export const choicesComplete = (lesson: Lesson, state: LessonState): boolean =>
	lesson.steps.challenge.guests.every((guest) => state.challenge.choices[guest.id] !== undefined);
