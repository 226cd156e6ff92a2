import { REASONS, type ReasonId } from '$lib/engine/contract/reasons.ts';

/** Why something was not done: one sentence, and where the rule comes from. */
export interface Refusal {
	readonly sentence: string;
	readonly detail: string;
	readonly source: string;
}

export function refusalOf(reason: string, detail: string): Refusal {
	const known = reason in REASONS ? REASONS[reason as ReasonId] : null;
	return {
		sentence: known?.sentence ?? 'The engine could not be started.',
		detail,
		source: known?.source ?? 'this page'
	};
}
