import { InitState, MAGIC, packInit, unpackInit } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { keep, kept, step, type Protocol } from './steps.ts';

/**
 * Who finds the region unformatted formats it (our design; cxl-fabric reference 10.2 and the last row of 10.6). Fresh capacity
 * holds zeros, and what a formatter writes never differs, so that one that comes late harms nobody; only the init word decides.
 */
const INIT = wordIndex('init');

export const FORMATTING: Protocol = {
	first: 'read-init',
	rests: ['ready'],
	steps: [
		step('read-init', 'reads whether it is formatted', 'load', ({ words, self, me }) => {
			const value = words.load(INIT);
			const { state, formatter } = unpackInit(value);
			if (state === InitState.ready) return 'ready';
			me.locals['seen'] = keep(value);
			return state === InitState.formatting && formatter !== self ? 'wait-formatter' : 'claim';
		}),
		step('claim', 'takes the formatting', 'compare-and-swap', ({ words, self, me, without }) => {
			const mine = packInit({ state: InitState.formatting, formatter: self });
			if (without.includes('claim-blind')) {
				words.store(INIT, mine);
				return 'write-header';
			}
			const taken = words.compareAndSwap(INIT, kept(me.locals['seen']), mine);
			delete me.locals['seen'];
			if (!taken) return 'read-init';
			return without.includes('header-first') ? 'publish' : 'write-header';
		}),
		step(
			'wait-formatter',
			'waits for the one that formats',
			'load',
			({ words, me }) => {
				const value = words.load(INIT);
				if (unpackInit(value).state === InitState.ready) return 'ready';
				me.locals['seen'] = keep(value);
				return 'wait-formatter';
			},
			true
		),
		step('write-header', 'writes the header', 'store', ({ words, without }) => {
			words.store(wordIndex('magic'), MAGIC);
			return without.includes('header-first') ? 'ready' : 'publish';
		}),
		step('publish', 'says that it is ready', 'compare-and-swap', ({ words, self, without }) => {
			words.compareAndSwap(
				INIT,
				packInit({ state: InitState.formatting, formatter: self }),
				packInit({ state: InitState.ready, formatter: -1 })
			);
			return without.includes('header-first') ? 'write-header' : 'read-init';
		})
	]
};

/** Where a peer goes whose patience with the formatter is at an end: it takes the formatting over. */
export const takeOverFormatting = (stepId: string): string | null => (stepId === 'wait-formatter' ? 'claim' : null);
