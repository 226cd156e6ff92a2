import * as v from 'valibot';
import { ok, refused, type Outcome } from '../base/outcome.ts';
import type { LessonState } from './machine.ts';

/**
 * What a reader's own machine keeps: decisions per lesson. Exported and imported as text; it never goes anywhere by
 * itself. Version raised with every change.
 */

export const PROGRESS_VERSION = 2;

const lessonSchema = v.strictObject({
	/** The last bet placed, in a few words: since version 2 any, a lab's bet may be a number or a table. */
	bet: v.nullable(v.pipe(v.string(), v.maxLength(240))),
	ran: v.boolean(),
	/** Answer to "what did you see?". */
	seen: v.nullable(v.pipe(v.string(), v.maxLength(32))),
	borderFound: v.boolean(),
	attempts: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100_000)),
	/** Seeds won, and whether the solution had been shown. */
	won: v.pipe(
		v.array(
			v.strictObject({ seed: v.pipe(v.number(), v.integer(), v.minValue(0)), marked: v.boolean() })
		),
		v.maxLength(1000)
	)
});
export type LessonProgress = v.InferOutput<typeof lessonSchema>;

export const progressSchema = v.strictObject({
	switchyardProgress: v.pipe(
		v.picklist([1, PROGRESS_VERSION]),
		v.transform((): typeof PROGRESS_VERSION => PROGRESS_VERSION)
	),
	lessons: v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/)), lessonSchema)
});
export type Progress = v.InferOutput<typeof progressSchema>;

export const emptyProgress = (): Progress => ({
	switchyardProgress: PROGRESS_VERSION,
	lessons: {}
});

export const emptyLessonProgress = (): LessonProgress => ({
	bet: null,
	ran: false,
	seen: null,
	borderFound: false,
	attempts: 0,
	won: []
});

export function writeProgress(progress: Progress): string {
	return JSON.stringify(progress, null, '\t');
}

export function readProgress(text: string): Outcome<Progress, 'unreadable' | 'newer'> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return refused('unreadable', 'This is not a progress text: it does not read as JSON.');
	}
	const version = (value as { switchyardProgress?: unknown } | null)?.switchyardProgress;
	if (typeof version === 'number' && version > PROGRESS_VERSION)
		return refused('newer', `It was written by a newer version (${version}).`);
	const parsed = v.safeParse(progressSchema, value);
	if (parsed.success) return ok(parsed.output);
	const first = parsed.issues[0];
	return refused('unreadable', `It cannot be read: ${first.message.slice(0, 160)}.`);
}

/** Nothing that was reached is lost by merging. */
export function mergeProgress(mine: Progress, other: Progress): Progress {
	const lessons: Record<string, LessonProgress> = { ...mine.lessons };
	for (const [id, theirs] of Object.entries(other.lessons)) {
		const ours = lessons[id];
		lessons[id] = ours === undefined ? theirs : mergeLesson(ours, theirs);
	}
	return { switchyardProgress: PROGRESS_VERSION, lessons };
}

function mergeLesson(a: LessonProgress, b: LessonProgress): LessonProgress {
	const won = new Map<number, boolean>();
	for (const each of [...a.won, ...b.won])
		won.set(each.seed, (won.get(each.seed) ?? true) && each.marked);
	return {
		bet: a.bet ?? b.bet,
		ran: a.ran || b.ran,
		seen: a.seen ?? b.seen,
		borderFound: a.borderFound || b.borderFound,
		attempts: Math.max(a.attempts, b.attempts),
		won: [...won].sort(([x], [y]) => x - y).map(([seed, marked]) => ({ seed, marked }))
	};
}

/** What this sitting adds to what is known. */
export function progressOf(
	before: LessonProgress,
	state: LessonState,
	borderFound: boolean
): LessonProgress {
	const now: LessonProgress = {
		bet: state.bet?.word ?? null,
		ran: state.ran,
		seen: state.seen,
		borderFound,
		attempts: 0,
		won: state.challenge.attempts
			.filter((attempt) => attempt.won)
			.map(({ seed, marked }) => ({ seed, marked }))
	};
	const merged = mergeLesson(now, before);
	return { ...merged, attempts: before.attempts };
}

/** The steps of the rhythm that have been done, for the map. */
export function stepsDone(progress: LessonProgress | undefined): readonly boolean[] {
	if (progress === undefined) return [false, false, false, false, false];
	return [
		progress.bet !== null,
		progress.ran,
		progress.seen !== null,
		progress.borderFound,
		progress.won.length > 0
	];
}
