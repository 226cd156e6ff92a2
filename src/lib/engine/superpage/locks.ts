import { packLock, unpackFence, unpackLock } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';
import { fenceIndex } from './words.ts';

/**
 * Lock words (our design; cxl-fabric reference 10.7): taken from 0 and given back to 0; what a fenced incarnation holds is freed
 * by the recoverer alone, after the device has cut that host off: a fence stops decisions, not stores. `lock` is a local.
 * `running` of the actor's record says that it is inside.
 */
export const LOCKING: Protocol = {
	first: 'read-lock',
	rests: ['released', 'robbed', 'stays-out'],
	steps: [
		step(
			'read-lock',
			'reads the lock',
			'load',
			({ words, me }) =>
				unpackLock(words.load(wordIndex('lock', count(me.locals['lock'])))).owner < 0 ? 'look-at-own-fence' : 'read-lock',
			true
		),
		step('look-at-own-fence', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'stays-out' : 'take'
		),
		step('take', 'takes the lock', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const token = count(me.locals['token']) + 1;
			const mine = packLock({ owner: self, incarnation, token });
			const index = wordIndex('lock', count(me.locals['lock']));
			if (without.includes('lock-blind')) words.store(index, mine);
			else if (!words.compareAndSwap(index, 0n, mine)) return 'read-lock';
			me.locals['token'] = token;
			return 'enter';
		}),
		step('enter', 'is inside', null, ({ me }) => {
			me.running = true;
			return 'leave';
		}),
		step('leave', 'leaves', null, ({ me }) => {
			me.running = false;
			return 'give-back';
		}),
		step('give-back', 'gives the lock back', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const mine = packLock({ owner: self, incarnation, token: count(me.locals['token']) });
			const index = wordIndex('lock', count(me.locals['lock']));
			if (without.includes('give-back-blind')) {
				words.store(index, 0n);
				return 'released';
			}
			return words.compareAndSwap(index, mine, 0n) ? 'released' : 'robbed';
		})
	]
};

/** The recoverer frees what the silent host held; locals `lock`, `victim` and `fenced`, its fenced incarnation. */
export const FREEING_LOCKS: Protocol = {
	first: 'read-held',
	rests: ['freed'],
	steps: [
		step('read-held', 'reads who holds the lock', 'load', ({ words, me }) => {
			const value = words.load(wordIndex('lock', count(me.locals['lock'])));
			const { owner, incarnation } = unpackLock(value);
			if (owner !== count(me.locals['victim']) || incarnation > (count(me.locals['fenced']) & 0xffff)) return 'freed';
			me.locals['seen'] = keep(value);
			return 'free-lock';
		}),
		step('free-lock', 'frees the lock of the silent host', 'compare-and-swap', ({ words, me }) => {
			const freed = words.compareAndSwap(wordIndex('lock', count(me.locals['lock'])), kept(me.locals['seen']), 0n);
			delete me.locals['seen'];
			return freed ? 'freed' : 'read-held';
		})
	]
};
