import type { Json, JsonObject, RecordedStep } from './case.ts';

/**
 * What must match in zones-hotplug: errno per write, state and zone afterwards, kinds of per-page results, where pages lie,
 * the layout of zones and blocks. Free pages and exact counts after a partial failure may differ.
 */
export function compareZonesStep(theirs: RecordedStep, mine: JsonObject): string | null {
	switch (theirs.op) {
		case 'write-block-state':
			for (const key of ['result', 'state_after', 'valid_zones_after'])
				if (theirs[key] !== undefined && theirs[key] !== mine[key])
					return told(`${key} of block ${String(theirs['block'])} after ${String(theirs['value'])}`, mine[key], theirs[key]);
			return null;
		case 'hotplug-dimm':
			return sameResult(theirs, mine) ?? sameFields(theirs, mine, ['addr', 'slot', 'first_block', 'blocks']);
		case 'layout':
			return compareLayout(theirs, mine);
		case 'process':
		case 'process-holds':
		case 'process-ends':
			return compareWords(list(theirs['result']), list(mine['result']));
		case 'qmp':
			return sameResult(theirs, mine) ?? sameEvents(theirs['events'], mine['events']);
		default:
			return null;
	}
}

export function told(what: string, mine: Json | undefined, theirs: Json | undefined): string {
	return `${what}: engine ${JSON.stringify(mine ?? null)}, recorded ${JSON.stringify(theirs ?? null)}`;
}

function sameFields(theirs: JsonObject, mine: JsonObject, keys: readonly string[]): string | null {
	for (const key of keys)
		if (theirs[key] !== undefined && JSON.stringify(theirs[key]) !== JSON.stringify(mine[key])) return told(key, mine[key], theirs[key]);
	return null;
}

/** What a recording leaves out is not compared. */
export const list = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? (value as JsonObject[]) : []);

/** Accepted or refused, then the class, then the text. */
export function sameResult(theirs: JsonObject, mine: JsonObject): string | null {
	const a = (theirs['result'] ?? {}) as JsonObject;
	const b = (mine['result'] ?? {}) as JsonObject;
	// A crash of the real software: the engine refuses, with words of its own.
	if (a['class'] === 'process-exit') return b['ok'] === false ? null : told('result', b, a);
	if (a['ok'] === undefined) return null;
	if (a['ok'] !== b['ok']) return told('result', b, a);
	if (a['ok'] === true) return null;
	if (a['class'] !== undefined && a['class'] !== b['class']) return told('class', b, a);
	return a['text'] !== undefined && a['text'] !== b['text'] ? told('text', b['text'], a['text']) : null;
}

function sameEvents(theirs: Json | undefined, mine: Json | undefined): string | null {
	if (theirs === undefined || theirs === null) return null;
	const names = (events: Json | undefined): string =>
		((events ?? []) as { event: string; data?: { info?: { status?: number } } }[])
			.map(({ event, data }) => `${event}/${data?.info?.status ?? ''}`)
			.join(' ');
	return names(theirs) === names(mine) ? null : told('events', names(mine), names(theirs));
}

function compareLayout(theirs: JsonObject, mine: JsonObject): string | null {
	if (!theirs['zones_pages']) return sameFields(sortedBlocks(theirs), sortedBlocks(mine), ['blocks', 'nodes']);
	const a = theirs['zones_pages'] as Record<string, Record<string, number>>;
	const b = mine['zones_pages'] as Record<string, Record<string, number>>;
	if (Object.keys(a).sort().join() !== Object.keys(b).sort().join()) return told('zones', Object.keys(b), Object.keys(a));
	for (const [zone, numbers] of Object.entries(a))
		for (const key of ['spanned', 'present'])
			if (numbers[key] !== b[zone]?.[key]) return told(`${key} of ${zone}`, b[zone]?.[key], numbers[key]);
	return sameFields(sortedBlocks(theirs), sortedBlocks(mine), ['blocks', 'nodes']);
}

function sortedBlocks(layout: JsonObject): JsonObject {
	const { blocks, nodes } = layout;
	const sorted = Array.isArray(blocks)
		? (blocks as JsonObject[]).map((group) => JSON.stringify([group['state'], group['node'], group['valid_zones'], group['blocks']])).sort()
		: undefined;
	return { ...(sorted ? { blocks: sorted } : {}), ...(nodes ? { nodes } : {}) };
}

/** Word by word: return kinds always; counts unless something was only partly moved. */
function compareWords(theirs: readonly JsonObject[], mine: readonly JsonObject[]): string | null {
	if (theirs.length === 0) return null;
	if (theirs.length !== mine.length)
		return told(
			'words',
			mine.map((each) => each['op'] ?? null),
			theirs.map((each) => each['op'] ?? null)
		);
	let partial = false;
	for (const [index, a] of theirs.entries()) {
		const b = mine[index] as JsonObject;
		const at = `word ${index + 1} (${String(a['op'])})`;
		if (a['op'] !== b['op']) return told(at, b['op'], a['op']);
		if (a['errno'] !== b['errno']) return told(`${at} errno`, b['errno'], a['errno']);
		if (a['op'] === 'zones' || a['status'] !== undefined) {
			const kinds = (each: JsonObject): string =>
				Object.keys((each['status'] ?? each['pages'] ?? {}) as object)
					.sort()
					.join();
			if (kinds(a) !== kinds(b)) return told(at, b['status'] ?? b['pages'], a['status'] ?? a['pages']);
		}
		if (a['op'] === 'move' && Number(a['ret']) !== 0) partial = true;
		if (Math.sign(Number(a['ret'] ?? 0)) !== Math.sign(Number(b['ret'] ?? 0))) return told(`${at} ret`, b['ret'], a['ret']);
		if (!partial && JSON.stringify(a['status'] ?? a['pages'] ?? a['ret'] ?? null) !== JSON.stringify(sameOrder(a, b)))
			return told(at, b, a);
	}
	return null;
}

/** The engine's counts with their keys in the recording's order. */
function sameOrder(a: JsonObject, b: JsonObject): Json {
	const counts = a['status'] ?? a['pages'];
	if (counts === undefined || counts === null || typeof counts !== 'object') return b['ret'] ?? null;
	const other = (b['status'] ?? b['pages'] ?? {}) as JsonObject;
	return Object.fromEntries(Object.keys(counts).map((key) => [key, other[key] ?? null]));
}
