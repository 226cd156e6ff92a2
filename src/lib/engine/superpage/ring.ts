import { SUPERPAGE_PARTS, wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';

/**
 * The ring of events (our design; cxl-fabric reference 10.2, I11): a writer takes the next number by fetch-and-add, makes the
 * generation of that entry odd, writes both halves, makes it even. A reader believes an entry whose generation was the same even
 * number before and after. `what` is the writer's local, `at` the reader's.
 */
const entry = (number: number, name: 'eventGeneration' | 'eventFirst' | 'eventSecond'): number =>
	wordIndex(name, number % SUPERPAGE_PARTS.event.count);
/** Generation of a whole entry with this number: even, never 0. */
export const wholeGeneration = (number: number): bigint => 2n * BigInt(number) + 2n;

export const NOTING: Protocol = {
	first: 'take-number',
	rests: ['noted'],
	steps: [
		step('take-number', 'takes the next number', 'fetch-and-add', ({ words, me }) => {
			me.locals['at'] = Number(words.add(wordIndex('ringHead'), 1n));
			return 'open-entry';
		}),
		step('open-entry', 'says that the entry is being written', 'store', ({ words, me, without }) => {
			const number = count(me.locals['at']);
			words.store(entry(number, 'eventGeneration'), wholeGeneration(number) - (without.includes('open-entry') ? 0n : 1n));
			return 'write-first';
		}),
		step('write-first', 'writes its first half', 'store', ({ words, me }) => {
			words.store(entry(count(me.locals['at']), 'eventFirst'), kept(me.locals['what']));
			return 'write-second';
		}),
		step('write-second', 'writes its second half', 'store', ({ words, me }) => {
			words.store(entry(count(me.locals['at']), 'eventSecond'), kept(me.locals['what']));
			return 'close-entry';
		}),
		step('close-entry', 'says that the entry is whole', 'store', ({ words, me }) => {
			const number = count(me.locals['at']);
			words.store(entry(number, 'eventGeneration'), wholeGeneration(number));
			return 'noted';
		})
	]
};

export const READING_RING: Protocol = {
	first: 'read-generation',
	rests: ['believed', 'torn'],
	steps: [
		step('read-generation', 'reads whether the entry is whole', 'load', ({ words, me }) => {
			const value = words.load(entry(count(me.locals['at']), 'eventGeneration'));
			me.locals['seen'] = keep(value);
			return value === 0n || value % 2n === 1n ? 'torn' : 'read-first';
		}),
		step('read-first', 'reads its first half', 'load', ({ words, me }) => {
			me.locals['first'] = keep(words.load(entry(count(me.locals['at']), 'eventFirst')));
			return 'read-second';
		}),
		step('read-second', 'reads its second half', 'load', ({ words, me, without }) => {
			me.locals['second'] = keep(words.load(entry(count(me.locals['at']), 'eventSecond')));
			return without.includes('check-generation') ? 'believed' : 'check-generation';
		}),
		step('check-generation', 'reads again whether it is the same entry', 'load', ({ words, me }) =>
			words.load(entry(count(me.locals['at']), 'eventGeneration')) === kept(me.locals['seen']) ? 'believed' : 'torn'
		)
	]
};
