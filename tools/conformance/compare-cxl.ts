import type { Json, JsonObject, RecordedStep } from './case.ts';

/**
 * What must match in the family cxl-topology: verdict, errno, positions, sizes, granularity, texts of refusals; names were
 * translated before. Lists stand in an order that names decide, so they are compared as sets.
 */
export function compareCxlStep(step: RecordedStep, mine: JsonObject): string | null {
	switch (step.op) {
		case 'cli':
			return compareCli(step, mine);
		case 'sysfs-write':
		case 'sysfs-read':
			return step['result'] === mine['result']
				? null
				: `${String(step['path'])}: ${String(mine['result'])}, recorded ${String(step['result'])}`;
		case 'process':
			return compareReturns(step['out'], mine['out']);
		default:
			return null;
	}
}

function compareCli(step: RecordedStep, mine: JsonObject): string | null {
	const cmd = String(step['cmd']);
	if (step['rc'] !== mine['rc'])
		return `${cmd}: exit ${String(mine['rc'])}, recorded ${String(step['rc'])} (${JSON.stringify(mine['messages'])})`;
	const theirs = JSON.stringify(step['messages'] ?? []);
	if (theirs !== JSON.stringify(mine['messages'])) return `${cmd}: said ${JSON.stringify(mine['messages'])}, recorded ${theirs}`;
	if (step['json'] === undefined) return null;
	return firstDifference(canonical(step['json'] as Json), canonical((mine['json'] ?? null) as Json), cmd);
}

/** Members by name, elements by their own text. */
function canonical(value: Json): Json {
	if (Array.isArray(value)) {
		const items = value.map((item) => canonical(item as Json));
		return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
	}
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([key, item]) => [key, canonical(item as Json)])
	);
}

function firstDifference(theirs: Json, mine: Json, path: string): string | null {
	if (Array.isArray(theirs) && Array.isArray(mine) && theirs.length === mine.length) {
		for (let at = 0; at < theirs.length; at += 1) {
			const found = firstDifference(theirs[at] as Json, mine[at] as Json, `${path}[${at}]`);
			if (found !== null) return found;
		}
		return null;
	}
	if (isObject(theirs) && isObject(mine)) {
		for (const key of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
			const found = firstDifference(theirs[key] ?? null, mine[key] ?? null, `${path}.${key}`);
			if (found !== null) return found;
		}
		return null;
	}
	return JSON.stringify(theirs) === JSON.stringify(mine) ? null : `${path}: ${JSON.stringify(mine)}, recorded ${JSON.stringify(theirs)}`;
}

const isObject = (value: Json): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Counts of pages that differ; how much a writer wrote in its time is its own affair. */
function compareReturns(theirs: Json | undefined, mine: Json | undefined): string | null {
	const short = (value: Json | undefined): string =>
		JSON.stringify(
			(Array.isArray(value) ? (value as JsonObject[]) : []).map(({ op, ret, errno }) => ({ op, errno, ...(op === 'check' ? { ret } : {}) }))
		);
	return short(theirs) === short(mine) ? null : `${short(mine)}, recorded ${short(theirs)}`;
}
