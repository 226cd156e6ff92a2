import type { Json, JsonObject, RecordedStep } from './case.ts';

/**
 * The family dcd-qmp by its table of strictness: accepted or refused, mailbox codes, texts, lists and events match; an input
 * on which the real QEMU ended is refused.
 */
export function compareDcdStep(theirs: RecordedStep, mine: JsonObject): string | null {
	if ('cleared' in theirs && theirs['cleared'] !== mine['cleared']) return told('cleared', mine['cleared'], theirs['cleared']);
	if (!('result' in theirs)) return null;
	const recorded = theirs['result'] as JsonObject;
	const answered = (mine['result'] ?? {}) as JsonObject;
	if (recorded['class'] === 'process-exit') return answered['ok'] === false ? null : told('ok', answered['ok'], 'the process ends');
	for (const key of Object.keys(recorded)) if (!same(recorded[key], answered[key])) return told(key, answered[key], recorded[key]);
	return null;
}

/** What the outcome names besides the results of the steps. */
export function compareDcdOutcome(theirs: Json, mine: JsonObject): string | null {
	if (theirs === null || typeof theirs !== 'object' || Array.isArray(theirs)) return null;
	for (const [key, value] of Object.entries(theirs as JsonObject)) {
		if (key === 'results' || !key.startsWith('final')) continue;
		if (!same(value, mine[key])) return `outcome: ${told(key, mine[key], value)}`;
	}
	return null;
}

const told = (what: string, mine: Json | undefined, theirs: Json | undefined): string =>
	`${what}: ${JSON.stringify(mine)}, recorded ${JSON.stringify(theirs)}`;

/** Equal whatever the order of their keys. */
function same(a: Json | undefined, b: Json | undefined): boolean {
	if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, index) => same(each as Json, b[index] as Json));
	if (a !== null && b !== null && typeof a === 'object' && typeof b === 'object' && !Array.isArray(a) && !Array.isArray(b)) {
		const [left, right] = [a as JsonObject, b as JsonObject];
		const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
		return [...keys].every((key) => same(left[key], right[key]));
	}
	return a === b;
}
