/** Lesson prose: what its small notation means, and that mistakes in it are found. */
import { describe, expect, it } from 'vitest';
import { parseInlines, parseProse, wordCount } from '../../../src/lib/lessons/prose.ts';

const source = `---
id: sample
title: A sample
---

## bet: Draw it

The guest writes {rate}.

> {if falls} You said **zero**. A [[round|pass]]
> goes on.

## run: Run

Go.
`;

describe('parseProse', () => {
	it('reads front matter and steps in order', () => {
		const prose = parseProse(source);
		expect(prose.front).toEqual({ id: 'sample', title: 'A sample' });
		expect(prose.steps.map((step) => `${step.id}: ${step.title}`)).toEqual(['bet: Draw it', 'run: Run']);
	});

	it('knows the paragraph to read now, conditions, terms and figures', () => {
		const [pale, now] = parseProse(source).steps[0]?.paragraphs ?? [];
		expect(pale).toEqual({
			now: false,
			when: null,
			inlines: [
				{ kind: 'text', text: 'The guest writes ' },
				{ kind: 'figure', name: 'rate' },
				{ kind: 'text', text: '.' }
			]
		});
		expect(now?.now).toBe(true);
		expect(now?.when).toBe('falls');
		expect(now?.inlines.map((inline) => inline.kind)).toEqual(['text', 'strong', 'text', 'term', 'text']);
		expect(now?.inlines[3]).toEqual({ kind: 'term', term: 'round', text: 'pass' });
	});

	it('counts words under a condition, a figure as one', () => {
		const step = parseProse(source).steps[0];
		if (!step) throw new Error('no step');
		expect(wordCount(step, () => false)).toBe(4);
		expect(wordCount(step, (when) => when === 'falls')).toBe(11);
	});

	it('refuses a file without front matter and a heading without a step', () => {
		expect(() => parseProse('## bet: x')).toThrow(/front matter/);
		expect(() => parseProse('---\nid: a\n---\n## Bet\n')).toThrow(/step: title/);
	});
});

describe('parseInlines', () => {
	it('writes a term without other words with spaces', () => {
		expect(parseInlines('the [[owner-word]]')[1]).toEqual({
			kind: 'term',
			term: 'owner-word',
			text: 'owner word'
		});
	});
});
