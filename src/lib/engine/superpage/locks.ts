import { packLock, unpackFence, unpackLock } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';
import { fenceIndex } from './words.ts';

/**
 * Lock words (our design; cxl-fabric reference 10.7): taken from 0, given back to 0, and stolen only from an incarnation that is
 * fenced. `lock` is a local. `running` of the actor's record says that it is inside.
 */
export const LOCKING: Protocol = {
	first: 'read-lock',
	rests: ['released', 'robbed', 'stays-out'],
	steps: [
		step(
			'read-lock',
			'reads the lock',
			'load',
			({ words, me }) => {
				const value = words.load(wordIndex('lock', count(me.locals['lock'])));
				const { owner, incarnation } = unpackLock(value);
				if (owner < 0) {
					delete me.locals['seen'];
					return 'look-at-own-fence';
				}
				me.locals['seen'] = keep(value);
				me.locals['holder'] = owner;
				me.locals['held'] = incarnation;
				return 'look-at-its-fence';
			},
			true
		),
		step('look-at-own-fence', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'stays-out' : 'take'
		),
		step('look-at-its-fence', 'reads the fence of the holder', 'load', ({ words, me, without }) => {
			const fenced = unpackFence(words.load(fenceIndex(count(me.locals['holder'])))).incarnation & 0xffff;
			const gone = fenced >= count(me.locals['held']);
			delete me.locals['holder'];
			delete me.locals['held'];
			return gone || without.includes('steal-after-fence') ? 'take' : 'read-lock';
		}),
		step('take', 'takes the lock', 'compare-and-swap', ({ words, self, incarnation, me, without }) => {
			const token = count(me.locals['token']) + 1;
			const mine = packLock({ owner: self, incarnation, token });
			const index = wordIndex('lock', count(me.locals['lock']));
			if (without.includes('lock-blind')) words.store(index, mine);
			else if (!words.compareAndSwap(index, kept(me.locals['seen']), mine)) return 'read-lock';
			delete me.locals['seen'];
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
		step('give-back', 'gives the lock back', 'compare-and-swap', ({ words, self, incarnation, me }) => {
			const mine = packLock({ owner: self, incarnation, token: count(me.locals['token']) });
			return words.compareAndSwap(wordIndex('lock', count(me.locals['lock'])), mine, 0n) ? 'released' : 'robbed';
		})
	]
};
