import { packSuspect, unpackFence, unpackSuspect } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';

/**
 * Heartbeats (our design; cxl-fabric reference 10.5, I10). A beat is one store to the host's own line, then a look at its own
 * fence word. A host whose beat does not go through for `selfNs` stops its vCPUs; others may suspect it only after `suspectNs`,
 * which is more than `selfNs` and the slack of two clocks. Nothing here knows the time: whoever schedules the steps does.
 */
export const BEATING: Protocol = {
	first: 'beat',
	rests: ['beaten', 'fenced'],
	steps: [
		step('beat', 'writes its next beat', 'store', ({ words, self, me }) => {
			const beat = count(me.locals['beat']) + 1;
			me.locals['beat'] = beat;
			words.store(wordIndex('heartbeat', self), BigInt(beat));
			return 'look-at-fence';
		}),
		step('look-at-fence', 'reads its own fence', 'load', ({ words, self, incarnation, me, without }) => {
			const fenced = unpackFence(words.load(wordIndex('fence', self))).incarnation >= incarnation;
			if (!fenced || without.includes('look-at-fence')) return 'beaten';
			me.running = false;
			return 'fenced';
		})
	]
};

/** Looking at another host's beat; `peer` is a local. A second look that finds the same beat after the time to suspect suspects. */
export const SUSPECTING: Protocol = {
	first: 'look',
	rests: ['seen', 'suspected', 'mistaken'],
	steps: [
		step('look', 'reads the beat of its peer', 'load', ({ words, me }) => {
			const beat = words.load(wordIndex('heartbeat', count(me.locals['peer'])));
			const same = me.locals['beat'] !== undefined && kept(me.locals['beat']) === beat;
			me.locals['beat'] = keep(beat);
			return same && me.locals['patient'] === false ? 'read-suspect' : 'seen';
		}),
		step('read-suspect', 'reads whether somebody suspects it already', 'load', ({ words, me }) => {
			const value = words.load(wordIndex('suspect', count(me.locals['peer'])));
			me.locals['seen'] = keep(value);
			const { by, beat } = unpackSuspect(value);
			return by >= 0 && beat === Number(kept(me.locals['beat']) & 0xffffffffn) ? 'suspected' : 'suspect';
		}),
		step('suspect', 'suspects its peer', 'compare-and-swap', ({ words, self, me }) => {
			const word = packSuspect({ by: self, beat: Number(kept(me.locals['beat']) & 0xffffffffn) });
			return words.compareAndSwap(wordIndex('suspect', count(me.locals['peer'])), kept(me.locals['seen']), word)
				? 'look-again'
				: 'read-suspect';
		}),
		step('look-again', 'reads the beat once more', 'load', ({ words, me }) =>
			words.load(wordIndex('heartbeat', count(me.locals['peer']))) === kept(me.locals['beat']) ? 'suspected' : 'clear-suspicion'
		),
		step('clear-suspicion', 'takes its suspicion back', 'compare-and-swap', ({ words, self, me }) => {
			const word = packSuspect({ by: self, beat: Number(kept(me.locals['beat']) & 0xffffffffn) });
			words.compareAndSwap(wordIndex('suspect', count(me.locals['peer'])), word, 0n);
			return 'mistaken';
		})
	]
};
