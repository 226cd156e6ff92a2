/**
 * Goal: sizes and ranges are read as people write them; every word of the table is carried out by the engine.
 * Method: examples; each word is told to a process, and the answer names no unknown word.
 */
import { describe, expect, it } from 'vitest';
import { PROCESS_WORDS, readBytes, readRange } from '$lib/engine/contract/process-words.ts';
import { ask, machine } from '../../../support/machines.ts';

describe('sizes', () => {
	it.each([
		['64M', 64 * 2 ** 20],
		['4K', 4096],
		['1G', 2 ** 30],
		['4096', 4096],
		['2MiB', 2 ** 21],
		['1.5K', 1536]
	])('%s', (text, bytes) => {
		expect(readBytes(text)).toBe(bytes);
	});
	it.each(['', 'M', '-4K', '4X', '/dev/dax0.0', '1e9'])('refuses "%s"', (text) => {
		expect(readBytes(text)).toBeNull();
	});
});

describe('ranges of an area of 16 pages', () => {
	it.each([
		[undefined, { first: 0, pages: 16 }],
		['8K', { first: 0, pages: 2 }],
		['5K', { first: 0, pages: 2 }],
		['8K@4K', { first: 1, pages: 2 }],
		['64K', { first: 0, pages: 16 }]
	])('%s', (text, range) => {
		expect(readRange(text, 16)).toEqual(range);
	});
	it.each(['0', '68K', '4K@64K', '4K@1', 'x', '4K@'])('refuses "%s"', (text) => {
		expect(readRange(text, 16)).toBeNull();
	});
});

describe('words', () => {
	it.each(PROCESS_WORDS.map(({ word }) => word))('%s is known', (word) => {
		const call = ask(machine(), { name: 'process', process: 'p', words: word });
		expect(JSON.stringify(call.value)).not.toContain('no such word');
	});
	it('refuses what it does not know and names what there is', () => {
		const call = ask(machine(), { name: 'process', process: 'p', words: 'dance' });
		expect(call.errno).toBe('EINVAL');
		expect(JSON.stringify(call.value)).toContain('touch');
	});
});
