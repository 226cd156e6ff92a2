import type { Json, JsonObject, RecordedStep } from './case.ts';

/**
 * The family migration by its table of strictness: order of statuses, converges or not, error texts, bytes by reference or by
 * copy must match; milliseconds and megabits may differ. The recorder looked every 50 ms, so a status that lasts shorter may be
 * missing in its list.
 */
const SHORT = [
	'setup',
	'active',
	'device',
	'postcopy-device',
	'cancelling',
	'failing',
	'postcopy-recover-setup',
	'postcopy-recover',
	'postcopy-active'
];

export function compareMigrationStep(theirs: RecordedStep, mine: JsonObject): string | null {
	switch (theirs.op) {
		case 'qmp':
		case 'start-with-only-migratable':
			return compareResult(theirs['result'] as JsonObject, (mine['result'] ?? {}) as JsonObject);
		case 'watch-migration':
			return compareWatch(theirs, mine);
		case 'destination-state':
			return compareDestination(theirs, mine);
		case 'events':
			return same('events', names(theirs['events']), names(mine['events']));
		case 'stderr':
			return compareLines(theirs['lines'] as readonly string[], (mine['lines'] ?? []) as readonly string[]);
		case 'blocked-reasons':
			return same('reasons', theirs['reasons'] ?? null, mine['reasons'] ?? null);
		case 'state-file':
			return Math.abs(Number(mine['bytes']) / Number(theirs['bytes']) - 1) < 0.02
				? null
				: `bytes: ${String(mine['bytes'])}, recorded ${String(theirs['bytes'])}`;
		case 'guest-shell':
			return compareShell(theirs, mine);
		default:
			return null;
	}
}

export function compareMigrationOutcome(theirs: Json, mine: Json): string | null {
	if (theirs === null || typeof theirs !== 'object' || Array.isArray(theirs)) return null;
	const [recorded, own] = [theirs, mine] as [JsonObject, JsonObject];
	const results = (list: Json | undefined): Json => (Array.isArray(list) ? (list as readonly Json[]).map(statusOf) : (list ?? null));
	const found = same('outcome: results', results(recorded['results']), results(own['results']));
	if (found !== null) return found;
	const [final, ownFinal] = [recorded['final'], own['final']] as [JsonObject | undefined, JsonObject | undefined];
	return final ? compareQuery(final, ownFinal ?? {}) : null;
}

function compareResult(theirs: JsonObject, mine: JsonObject): string | null {
	// The real one ended here: refusing is right, whatever the words.
	if (theirs['class'] === 'process-exit') return mine['ok'] === false ? null : 'ok: true, recorded a process that ended';
	if (theirs['ok'] !== mine['ok'])
		return `ok: ${String(mine['ok'])} ${String(mine['text'] ?? '')}, recorded ${String(theirs['ok'])} ${String(theirs['text'] ?? '')}`;
	return theirs['ok'] === true ? null : same('text', theirs['text'] ?? null, mine['text'] ?? null);
}

/** Where nothing has begun query-migrate has no status: none. */
const statusOf = (status: Json): Json => status ?? 'none';
const order = (list: Json | undefined): string[] =>
	((list ?? []) as readonly (readonly [number, string | null])[]).map(([, status]) => String(statusOf(status)));
const names = (list: Json | undefined): string[] => ((list ?? []) as readonly { event: string }[]).map(({ event }) => event);

function compareWatch(theirs: RecordedStep, mine: JsonObject): string | null {
	const recorded = order(theirs['status_over_time']);
	const own = order(mine['status_over_time']);
	let at = 0;
	for (const status of own) {
		if (status === recorded[at]) at += 1;
		else if (!SHORT.includes(status)) return `status ${status} is not in ${recorded.join(' → ')}`;
	}
	if (recorded.slice(at).some((status) => !['failing', 'failed'].includes(status) || own.at(-1) !== 'failed'))
		return `statuses ${own.join(' → ')}, recorded ${recorded.join(' → ')}`;
	if (own.at(-1) !== recorded.at(-1)) return `ends in ${own.at(-1) ?? 'none'}, recorded ${recorded.at(-1) ?? 'none'}`;
	return compareQuery((theirs['query-migrate'] ?? {}) as JsonObject, (mine['query-migrate'] ?? {}) as JsonObject);
}

/** Status, error, how much memory there is to send at all, and whether pages of it crossed. */
function compareQuery(theirs: JsonObject, mine: JsonObject): string | null {
	for (const key of ['status', 'error-desc']) {
		const found = same(`query-migrate ${key}`, theirs[key] ?? null, mine[key] ?? null);
		if (found !== null) return found;
	}
	const [ram, ownRam] = [theirs['ram'], mine['ram']] as [JsonObject | undefined, JsonObject | undefined];
	if (!ram) return null;
	if (!ownRam) return 'query-migrate has no ram';
	for (const key of ['total', 'page-size', 'multifd-bytes']) {
		const [here, there] = [ownRam[key], ram[key]];
		if (key === 'multifd-bytes' ? Number(here) > 0 !== Number(there) > 0 : here !== there)
			return `query-migrate ram ${key}: ${String(here)}, recorded ${String(there)}`;
	}
	return theirs['status'] === 'completed' ? same('memory crosses', way(ram), way(ownRam)) : null;
}

/** By copy: as many pages as the memory has; by reference: none of it. Mostly zeroes where hardly a page is normal. */
function way(ram: JsonObject): string {
	const [normal, duplicate, total] = [ram['normal'], ram['duplicate'], ram['total']].map(Number) as [number, number, number];
	if ((normal + duplicate) * 4096 < 16 * 2 ** 20) return 'by reference';
	return normal * 4096 < total / 100 ? 'by copy, zeroes' : 'by copy';
}

function compareDestination(theirs: RecordedStep, mine: JsonObject): string | null {
	const [exited, ownExited] = [theirs['exited'] === true, mine['exited'] === true];
	if (exited !== ownExited) return `exited: ${ownExited}, recorded ${exited}`;
	if (exited) return compareLines(String(theirs['stderr'] ?? '').split('\n'), String(mine['stderr'] ?? '').split('\n'));
	for (const [key, field] of [
		['query-status', 'status'],
		['query-migrate', 'status'],
		['source', 'status']
	] as const) {
		const [there, here] = [theirs[key], mine[key]] as [JsonObject | undefined, JsonObject | undefined];
		if (!there) continue;
		const found = same(`${key} ${field}`, there[field] ?? null, here?.[field] ?? null);
		if (found !== null) return found;
	}
	return theirs['guest_answers'] === true && mine['guest_answers'] !== true ? 'guest_answers: false, recorded true' : null;
}

/** Errors are the same, in any order; a warning is none. Where a stream is cut, what its reader meets depends on which byte was the last. */
function compareLines(theirs: readonly string[], mine: readonly string[]): string | null {
	const told = (lines: readonly string[]): string[] => [
		...new Set(
			lines
				.filter((line) => line !== '' && !line.startsWith('warning: '))
				.map((line) => (CUT.some((text) => line.startsWith(text)) ? 'the stream is cut' : line))
		)
	];
	return same('lines', told(theirs).sort(), told(mine).sort());
}
const CUT = [
	'Getting RAM address failed',
	'load of migration failed: Input/output error',
	'check_section_footer: Read section footer failed',
	'load of migration failed: Invalid argument: Section footer error'
];

function compareShell(theirs: RecordedStep, mine: JsonObject): string | null {
	if (mine['checks'] !== undefined) {
		const recorded = [...String(theirs['out'] ?? '').matchAll(/"op":"check","ret":(\d+)/g)].map((found) => Number(found[1]));
		return same('pages that differ', recorded, mine['checks']);
	}
	return same('rc', theirs['rc'] ?? null, mine['rc'] ?? null);
}

function same(what: string, theirs: Json, mine: Json): string | null {
	const [there, here] = [JSON.stringify(theirs), JSON.stringify(mine)];
	return there === here ? null : `${what}: ${here}, recorded ${there}`;
}
