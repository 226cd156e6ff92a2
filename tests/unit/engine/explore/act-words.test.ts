import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../src/lib/engine/contract/commands.ts';
import { CATALOGUE } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../src/lib/engine/contract/scenario/read.ts';
import { sentenceOf, shortOf } from '../../../../src/lib/engine/explore/act-words.ts';

const journals = CATALOGUE.map(({ id, scenario }) => {
	const read = readScenario(scenario);
	return { id, commands: (read.ok ? read.value.journal : []).map((entry) => entry.command as Command) };
}).filter(({ commands }) => commands.length > 0);

describe('words of a command as a choice', () => {
	it.each(journals.map(({ id, commands }) => [id, commands] as const))('%s: each command says what it is about', (_, commands) => {
		for (const command of commands) {
			expect(shortOf(command)).toMatch(/\S/);
			expect(['process', 'qmp', 'write-file', 'shell', 'fabric']).not.toContain(shortOf(command));
			expect(sentenceOf(command)).not.toMatch(/undefined|\[object|\.$/);
		}
	});
	it('two hosts that get capacity are told apart, and so are two words of a process', () => {
		const offer = (host: string): Command =>
			({
				...{ name: 'fabric', actor: 'fm', at: 'pool', execute: 'initiate-dynamic-capacity-add' },
				arguments: { host, tag: `of-${host}`, bytes: '1 GiB' }
			}) as Command;
		expect([shortOf(offer('A')), shortOf(offer('B'))]).toEqual(['offer A', 'offer B']);
		const word = (words: string): Command => ({ name: 'process', machine: 'guest', process: 'p', words });
		expect(shortOf(word('pin a 4K@2M'))).toBe('pin a 4K@2M');
		expect(sentenceOf(word('pin a 4K@2M'))).toBe('p on guest: pin a 4K@2M');
	});
});
