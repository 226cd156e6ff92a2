/**
 * Goal: whatever the scenario format allows, a link carries it whole; and links once made keep opening.
 * Method: random valid states there and back, compared by canonical text; a frozen list of links with what is in them.
 */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { decodeLink, encodeLink } from '../../src/lib/client/permalink.ts';
import {
	commandSchema,
	parametersSchema,
	scenarioSchema,
	workloadSchema,
	type Scenario
} from '../../src/lib/engine/contract/scenario/schema.ts';
import { canonicalText, readScenario } from '../../src/lib/engine/contract/scenario/read.ts';
import { COMMAND_SHAPES } from '../../src/lib/client/link/journal-shape.ts';
import { SCENARIO_SHAPES } from '../../src/lib/client/link/scenario-shape.ts';
import { workload } from '../../src/lib/client/link/command-parts.ts';
import { linkState } from './random-states.ts';

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);

it(`brings back random links whole (seed ${seed})`, { timeout: 60_000 }, async () => {
	await fc.assert(
		fc.asyncProperty(linkState, async (state) => {
			const link = await decodeLink(await encodeLink(state));
			if (!link.ok) throw new Error(`${link.reason}: ${link.detail}`);
			const texts = link.value.worlds.map((each) => canonicalText(each.scenario as Scenario));
			expect(texts).toEqual(state.worlds.map((each) => canonicalText(each.scenario as Scenario)));
			expect(link.value.worlds.map(({ journal, belief }) => ({ journal, belief }))).toEqual(
				state.worlds.map(({ journal, belief }) => ({ journal, belief }))
			);
			const { worlds: _, ...rest } = state;
			expect(link.value).toMatchObject(rest);
		}),
		{ seed, numRuns: 400 }
	);
});

interface FrozenLink {
	readonly what: string;
	readonly fragment: string;
	readonly titles: readonly string[];
	readonly commands: readonly number[];
	readonly positionNs: number;
}
const frozen = JSON.parse(readFileSync(new URL('./frozen-v1.json', import.meta.url), 'utf8')) as FrozenLink[];

it.each(frozen.map((link) => [link.what, link] as const))('still opens: %s', async (_, expected) => {
	const link = await decodeLink(expected.fragment);
	if (!link.ok) throw new Error(`${link.reason}: ${link.detail}`);
	expect(link.value.worlds.map((world) => (world.scenario as Scenario).title)).toEqual(expected.titles);
	expect(link.value.worlds.map((world) => world.journal.length)).toEqual(expected.commands);
	expect(link.value.positionNs).toBe(expected.positionNs);
});

it('writes the same characters for the same state as when the list was frozen', async () => {
	for (const { fragment } of frozen) {
		const link = await decodeLink(fragment);
		if (link.ok && !link.notes.some((note) => note.reason === 'scenario-changed')) expect(await encodeLink(link.value)).toBe(fragment);
	}
});

it('has a place for every field of the scenario format', () => {
	const keys = (entries: object) => Object.keys(entries).sort();
	const fieldsOf = (shape: { fields: readonly { key: string }[] }) => shape.fields.map((field) => field.key).sort();
	expect(fieldsOf(SCENARIO_SHAPES['2'])).toEqual(keys(scenarioSchema.entries));
	expect(fieldsOf(workload)).toEqual(keys(workloadSchema.entries));
	for (const option of commandSchema.options) {
		const { name, ...fields } = option.entries;
		const shape = COMMAND_SHAPES.find(([command]) => command === name.literal)?.[1];
		expect([name.literal, shape && fieldsOf(shape)]).toEqual([name.literal, keys(fields)]);
	}
	const migrate = COMMAND_SHAPES[2]?.[1];
	expect(migrate && fieldsOf(migrate)).toEqual(['vm', ...keys(parametersSchema.entries)].sort());
	expect(readScenario({}).ok).toBe(false);
});
