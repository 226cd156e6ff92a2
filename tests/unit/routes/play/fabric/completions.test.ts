/**
 * Goal: Tab goes on by one word of what is known. Method: a history and two examples by hand.
 */
import { describe, expect, it } from 'vitest';
import { fabricCompletions } from '../../../../../src/routes/play/fabric/completions.ts';

const EXAMPLES = ['fm mem0 list-tags', 'host A load tag=3f9c offset=0'];
const lines = (line: string, history: readonly string[] = []) =>
	fabricCompletions(line, history, EXAMPLES).candidates.map((each) => each.line);

describe('Tab at the console of a fabric', () => {
	it('goes on by one word', () => {
		expect(lines('h')).toEqual(['host ']);
		expect(lines('host ')).toEqual(['host A ']);
		expect(lines('host A load tag=3f9c o')).toEqual(['host A load tag=3f9c offset=0']);
	});
	it('prefers what was typed last over what was typed before, and both over the examples', () => {
		expect(lines('host A ', ['host A store x', 'host A flush y'])).toEqual(['host A flush ']);
		expect(lines('fm', ['host A store x'])).toEqual(['fm mem0 ']);
	});
	it('has nothing for a whole line and for what nobody knows', () => {
		expect(lines('fm mem0 list-tags')).toEqual([]);
		expect(fabricCompletions('xyz', [], EXAMPLES)).toEqual({ candidates: [], explained: null });
	});
});
