import { ok, refused, type Outcome } from '../base/outcome.ts';
import type { JournalEntry } from '../engine/contract/commands.ts';
import { canonicalText, readScenario, readScenarioText } from '../engine/contract/scenario/read.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';

/** A scenario as a file: what `npm run sim` runs too. What was done in the page goes along as its journal. */
export interface ScenarioFile {
	readonly name: string;
	readonly text: string;
}

/** Far above any scenario that a person writes; below what would make a page stutter. */
const MOST_BYTES = 2_000_000;

export type FileReason = 'bad-scenario' | 'newer-scenario' | 'too-large-file' | 'unreadable-file';

export function scenarioFile(world: {
	readonly scenario: unknown;
	readonly journal?: readonly JournalEntry[];
}): Outcome<ScenarioFile, FileReason> {
	const read = readScenario(world.scenario);
	if (!read.ok) return read;
	const whole = { ...read.value, journal: world.journal ?? read.value.journal } as Scenario;
	const text = JSON.stringify(JSON.parse(canonicalText(whole)), null, '\t');
	return ok({ name: `${read.value.id}.switchyard.json`, text: `${text}\n` });
}

/** Reads what somebody chose or pasted; the refusal says what and where. */
export async function readScenarioFile(
	source: string | Blob
): Promise<Outcome<Scenario, FileReason>> {
	const bytes = typeof source === 'string' ? source.length : source.size;
	if (bytes > MOST_BYTES)
		return refused(
			'too-large-file',
			`It has ${bytes} bytes; a scenario has at most ${MOST_BYTES}.`
		);
	let text: string;
	try {
		text = typeof source === 'string' ? source : await source.text();
	} catch (error) {
		return refused('unreadable-file', `The file could not be read: ${(error as Error).message}`);
	}
	// A mark that some editors put in front.
	return readScenarioText(text.replace(/^\ufeff/, ''));
}
