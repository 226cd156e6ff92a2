import type { SearchAnswer, SuperpageStep } from '../contract/superpage-models.ts';
import type { Found, Model, PathStep } from './search/model.ts';

/** What a search found, as plain JSON for the page. */
const text = (value: bigint): string => value.toString(16).padStart(16, '0');

const stepAnswer = (step: PathStep): SuperpageStep => ({
	...step,
	word: step.word === null ? null : { index: step.word.index, before: text(step.word.before), after: text(step.word.after) },
	expected: step.expected === null ? null : text(step.expected),
	copies: step.copies.map((copy) => ({ ...copy, value: text(copy.value) }))
});

export const searchAnswer = (model: Model, found: Found): SearchAnswer => ({
	...found,
	hosts: model.hosts,
	words: model.words.map(([index, value]) => [index, text(value)] as const),
	actors: model.actors.map(({ name, host }) => ({ name, host })),
	runs: model.actors.filter(({ record }) => record.running).map(({ name }) => name),
	statements: model.statements.map(({ id, says }) => ({ id, says })),
	violations: found.violations.map((each) => ({ ...each, path: each.path.map(stepAnswer) })),
	symmetry: model.symmetry?.says ?? null
});
