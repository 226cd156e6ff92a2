import { ok, type Outcome } from '../base/outcome.ts';
import type { EnginePort } from '../engine/contract/port.ts';
import type { QuantityName, RunSummary } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import { guestScenario, type Draw, type Guest } from './family.ts';
import type { Lesson } from './load.ts';
import type { Golf } from './machine.ts';
import { runToEnd } from './run.ts';
import { bindLimits, type Choice } from './schema.ts';

/** One attempt at a challenge: every guest runs alone, the engine evaluates the checks, nothing is looked up. */

const MEASURED = [
	'downtimeNs',
	'totalNs',
	'lostWorkNs',
	'networkBytes'
] as const satisfies readonly QuantityName[];
export type Measured = Readonly<Record<(typeof MEASURED)[number], number>>;

export interface GuestResult {
	/** In the order of the lesson's checks. */
	readonly passed: readonly boolean[];
	readonly measured: Measured;
	readonly summary: RunSummary;
	/** Key of REASONS when the mover gave up or refused. */
	readonly reason: string | null;
}

export interface AttemptOptions {
	readonly memory?: 'shared' | 'transferred';
	readonly onprogress?: (fraction: number) => void;
	readonly wanted?: () => boolean;
}

/** null when the attempt was no longer wanted. With no choice nothing is ordered, and the checks are asked all the same. */
export async function runGuest(
	port: EnginePort,
	lesson: Lesson,
	draw: Draw,
	guest: Guest,
	choice: Choice | null,
	options: AttemptOptions = {}
): Promise<Outcome<GuestResult | null, ReasonId>> {
	const { checks, untilNs } = lesson.steps.challenge;
	const run = await runToEnd(port, {
		...options,
		scenario: guestScenario(lesson, draw, guest, choice),
		untilNs,
		endWithoutOperation: true,
		expressions: [
			...checks.map((check) => bindLimits(check.expression, guest.limits)),
			...MEASURED.map((q) => ({ q }))
		]
	});
	if (!run.ok) return run;
	if (run.value === null) return ok(null);
	const { values, summary, status, refusal } = run.value;
	return ok({
		passed: checks.map((_, index) => values[index] === true || values[index] === 1),
		measured: Object.fromEntries(
			MEASURED.map((name, index) => [name, Number(values[checks.length + index] ?? -1)])
		) as unknown as Measured,
		summary,
		reason: refusal?.reason ?? status.operations.at(-1)?.reason ?? null
	});
}

/** Sums that leave no trade hidden: the longest way to be good at one of them is to be bad at another. */
export function golfOf(results: readonly GuestResult[]): Golf {
	const stops = results.map((result) => result.measured.downtimeNs);
	return {
		stoppedNs: stops.every((stop) => stop >= 0) ? stops.reduce((sum, stop) => sum + stop, 0) : null,
		wireBytes: results.reduce((sum, result) => sum + Math.max(0, result.measured.networkBytes), 0),
		lostWorkNs: results.reduce((sum, result) => sum + Math.max(0, result.measured.lostWorkNs), 0)
	};
}
