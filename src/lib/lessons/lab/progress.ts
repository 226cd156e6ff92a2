import type { LessonProgress } from '../progress.ts';
import { sayBetValue } from './bet.ts';
import type { LabState } from './lab.ts';
import type { LabSteps } from './schema.ts';

/** Two options of Change side by side are something found. */
const TRIED_ENOUGH = 2;

/** What this sitting adds to what is known of a lab; nothing that was reached is lost. */
export function labProgress(steps: LabSteps, before: LessonProgress, state: LabState): LessonProgress {
	const won = new Map(before.won.map((each) => [each.seed, each.marked]));
	for (const attempt of state.attempts) if (attempt.won) won.set(attempt.seed, (won.get(attempt.seed) ?? true) && attempt.marked);
	return {
		bet: state.bet === null ? before.bet : sayBetValue(steps.bet, state.bet).slice(0, 240),
		ran: before.ran || state.ran,
		seen: state.seen ?? before.seen,
		borderFound: before.borderFound || Object.keys(state.tried).length >= TRIED_ENOUGH,
		attempts: before.attempts + state.attempts.length,
		won: [...won].sort(([a], [b]) => a - b).map(([seed, marked]) => ({ seed, marked }))
	};
}
