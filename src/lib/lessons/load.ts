import * as v from 'valibot';
import proseSource from './content/12-three-migrations/lesson.md?raw';
import start from './content/12-three-migrations/start.json' with { type: 'json' };
import steps from './content/12-three-migrations/steps.json' with { type: 'json' };
import { parseProse, type Prose, type ProseStep } from './prose.ts';
import { startSchema, stepsSchema, type Start, type StepId, type Steps } from './schema.ts';

/** A lesson as read from its three files, checked. A mistake in the content stops the build. */
export interface Lesson {
	readonly id: string;
	readonly number: number;
	readonly title: string;
	readonly minutes: number;
	readonly prose: Prose;
	readonly steps: Steps;
	readonly start: Start;
}

export function readLesson(source: string, stepsData: unknown, startData: unknown): Lesson {
	const prose = parseProse(source);
	const readSteps = v.parse(stepsSchema, stepsData);
	const readStart = v.parse(startSchema, startData);
	const { id, number, title, minutes } = prose.front;
	if (id !== readSteps.id) throw new Error(`lesson.md is "${id}", steps.json is "${readSteps.id}"`);
	if (title === undefined) throw new Error(`lesson ${id} has no title`);
	for (const step of readSteps.steps)
		if (!prose.steps.some((section) => section.id === step.id))
			throw new Error(`lesson ${id} has no prose for step "${step.id}"`);
	return {
		id: readSteps.id,
		number: Number(number),
		title,
		minutes: Number(minutes),
		prose,
		steps: readSteps,
		start: readStart
	};
}

/** In the order of the curriculum. */
export const LESSONS: readonly Lesson[] = [readLesson(proseSource, steps, start)];

export function findLesson(id: string): Lesson | null {
	return LESSONS.find((lesson) => lesson.id === id) ?? null;
}

export function proseOf(lesson: Lesson, step: StepId): ProseStep {
	return lesson.prose.steps.find((section) => section.id === step) as ProseStep;
}
