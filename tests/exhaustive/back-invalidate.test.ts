import { describe, expect, it } from 'vitest';
import { BI_RULES, type BiRules } from '$lib/engine/fabric/coherence/back-invalidate.ts';
import { exploreLines, type LineDeed } from './line-orders.ts';

/** Every order of the messages of hardware coherence: the protocol holds, and without any one of its parts some order breaks it. */
const both: readonly LineDeed[] = ['load', 'store'];
const two = { A: both, B: both };
const three = { A: both, B: ['store', 'load'] as const, C: ['load', 'load'] as const };

describe('back-invalidate, message by message', () => {
	it('two hosts that read and write one line', () => {
		const verdict = exploreLines({ A: ['load', 'store', 'load'], B: ['store', 'load', 'store'] });
		expect(verdict).toEqual({ states: 443, ends: 1, whole: true, broken: null, path: [] });
	});

	it('three hosts', () => {
		const verdict = exploreLines(three);
		expect(verdict).toMatchObject({ states: 3012, whole: true, broken: null });
	});

	it.each([
		['snoops', 'nobody is snooped', /owns the line|holds version|gave version|is gone/],
		['waits', 'the line is granted before the answers are there', /owns the line|holds version|gave version|is gone/],
		['writesBack', 'a changed line is not written back', /gave version|is gone|holds version/],
		['invalidates', 'the snooped host keeps its copy', /owns the line/],
		['queues', 'a second request does not wait for the first', /owns the line|holds version|waits for ever|gave version|is gone/]
	] as const)('without "%s" (%s) some order breaks it', (part, _says, named) => {
		const rules: BiRules = { ...BI_RULES, [part]: false };
		const verdict = exploreLines(two, rules);
		expect(verdict.broken).toMatch(named);
		expect(verdict.path.length).toBeGreaterThan(2);
	});
});
