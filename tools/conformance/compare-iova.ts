import type { Json, JsonObject, RecordedStep } from './case.ts';

/** The family iova-tree by its table of strictness: everything matches, key for key. */
export function compareIovaStep(theirs: RecordedStep, mine: JsonObject): string | null {
	return 'result' in theirs ? compareWhole('result', theirs['result'] as Json, (mine['result'] ?? null) as Json) : null;
}

export function compareIovaOutcome(theirs: Json, mine: Json): string | null {
	if (theirs === null || typeof theirs !== 'object' || Array.isArray(theirs)) return null;
	const own = (mine ?? {}) as JsonObject;
	// Trees that are out of order fail, whatever they answered.
	for (const key of [...Object.keys(theirs), 'problems']) {
		const found = compareWhole(`outcome: ${key}`, (theirs as JsonObject)[key] ?? null, own[key] ?? null);
		if (found !== null) return found;
	}
	return null;
}

function compareWhole(what: string, theirs: Json, mine: Json): string | null {
	return written(theirs) === written(mine) ? null : `${what}: ${written(mine)}, recorded ${written(theirs)}`;
}

/** One text for one value, whatever the order of its keys. */
function written(value: Json): string {
	if (Array.isArray(value)) return `[${value.map((each: Json) => written(each)).join(',')}]`;
	if (value !== null && typeof value === 'object')
		return `{${Object.keys(value)
			.sort()
			.map((key) => `${JSON.stringify(key)}:${written((value as JsonObject)[key] as Json)}`)
			.join(',')}}`;
	return JSON.stringify(value);
}
