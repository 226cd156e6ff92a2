import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { smallCatalogue } from '../support/small-catalogue.ts';
import { goldenText } from '../support/trace-text.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** The first lines that differ, with two lines before them. */
function firstDifference(recorded: string, present: string): string {
	const before = recorded.split('\n');
	const after = present.split('\n');
	let at = 0;
	while (at < before.length && before[at] === after[at]) at += 1;
	const context = before.slice(Math.max(0, at - 2), at).map((text) => `  ${text}`);
	const gone = before.slice(at, at + 3).map((text) => `- ${text}`);
	const come = after.slice(at, at + 3).map((text) => `+ ${text}`);
	return [`line ${at + 1}:`, ...context, ...gone, ...come, 'If this is meant: npm run golden, then read the diff.'].join('\n');
}

describe('the trace of', () => {
	it.each(smallCatalogue())('$id is as recorded', ({ id, scenario }) => {
		const file = `${folder}${id}.txt`;
		expect(existsSync(file), `${id} was never recorded: npm run golden`).toBe(true);
		const recorded = readFileSync(file, 'utf8');
		const present = goldenText(scenario);
		expect(present === recorded ? 'as recorded' : firstDifference(recorded, present)).toBe('as recorded');
	});

	it('no scenario that is gone is still kept', () => {
		const kept = readdirSync(folder).filter((name) => name.endsWith('.txt'));
		const wanted = smallCatalogue().map(({ id }) => `${id}.txt`);
		expect(kept.sort()).toEqual(wanted.sort());
	});
});
