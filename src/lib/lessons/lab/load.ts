import * as v from 'valibot';
import { parseProse, type Prose } from '../prose.ts';
import { slotsOf } from './hands.ts';
import { labSchema, type LabSteps } from './schema.ts';

/** A lab as read from its files, checked. A mistake in the content stops the build. */
export interface Lab {
	readonly id: string;
	readonly number: number;
	readonly title: string;
	readonly minutes: number;
	readonly prose: Prose;
	readonly steps: LabSteps;
	/** Scenario of Bet to Change, with placeholders. */
	readonly start: unknown;
	/** Scenario of the challenge, with placeholders. */
	readonly challenge: unknown;
}

export function readLab(source: string, stepsData: unknown, start: unknown, challenge: unknown): Lab {
	const prose = parseProse(source);
	const steps = withSlots(v.parse(labSchema, stepsData));
	const { id, number, title, minutes } = prose.front;
	if (id !== steps.id) throw new Error(`lesson.md is "${id}", steps.json is "${steps.id}"`);
	if (title === undefined) throw new Error(`lab ${id} has no title`);
	return { id: steps.id, number: Number(number), title, minutes: Number(minutes), prose, steps, start, challenge };
}

/** A plan of moves has a slot for each of them. */
function withSlots(steps: LabSteps): LabSteps {
	const { challenge } = steps;
	if (challenge.hands !== undefined) return { ...steps, challenge: { ...challenge, slots: slotsOf(challenge.hands) } };
	if (challenge.slots.length === 0) throw new Error(`lab ${steps.id} has nothing to choose in its challenge`);
	if (steps.change.options.length < 2 && steps.change.hands === undefined) throw new Error(`lab ${steps.id} has nothing to change`);
	return steps;
}

interface LabFiles {
	readonly prose: string;
	readonly steps: unknown;
	readonly start: unknown;
	readonly challenge: unknown;
}

const files: Readonly<Record<string, string>> = import.meta.glob('../content/*/lesson.md', {
	query: '?raw',
	import: 'default',
	eager: true
});
const data: Readonly<Record<string, unknown>> = import.meta.glob('../content/*/*.json', { import: 'default', eager: true });

/** Every folder of content that has a challenge.json is a lab. */
function folders(): LabFiles[] {
	return Object.keys(files)
		.map((path) => path.slice(0, -'/lesson.md'.length))
		.filter((folder) => `${folder}/challenge.json` in data)
		.sort()
		.map((folder) => ({
			prose: files[`${folder}/lesson.md`] as string,
			steps: data[`${folder}/steps.json`],
			start: data[`${folder}/start.json`],
			challenge: data[`${folder}/challenge.json`]
		}));
}

export const LABS: readonly Lab[] = folders().map((each) => readLab(each.prose, each.steps, each.start, each.challenge));

export const labById = (id: string): Lab | null => LABS.find((lab) => lab.id === id) ?? null;
