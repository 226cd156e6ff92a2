import { SUPERPAGE_WORDS, wordIndex } from '../../contract/superpage.ts';
import { BEATING, SUSPECTING } from '../beating.ts';
import type { Model } from '../search/model.ts';
import { beginning, count, kept, step, type ProtocolStep } from '../steps.ts';
import { fenceIndex } from '../words.ts';

/**
 * Self-fencing (I10) with a clock that ticks: A beats once a tick unless its beats do not go through or it is paused; it stops
 * its vCPUs when SELF ticks passed without one. B, whose clock may be SLACK ahead, suspects after SUSPECT. While A is awake time
 * does not pass it by: its watchdog looks once per tick (our assumption, and the reason why a paused host must look first).
 */
export const SELF = 2;
export const SLACK = 1;
export const SUSPECT = SELF + SLACK + 1;
const END = 5;
/** Beside the super-page: the time, and the tick at which A has looked last. */
const TIME = SUPERPAGE_WORDS;
const LOOKED = SUPERPAGE_WORDS + 1;
const FREE = 99n;

const clock: ProtocolStep[] = [
	step(
		'wait',
		'the clock waits for A',
		'load',
		({ words, me }) => (words.load(LOOKED) >= BigInt(count(me.locals['now'])) ? 'tick' : 'wait'),
		true
	),
	step('tick', 'a tick passes', 'fetch-and-add', ({ words, me }) => {
		const now = Number(words.add(TIME, 1n)) + 1;
		me.locals['now'] = now;
		return now >= END ? 'over' : 'wait';
	})
];

const host: ProtocolStep[] = [
	step(
		'watchdog',
		'A looks at its clock',
		'load',
		({ words, me, without }) => {
			const now = Number(words.load(TIME));
			if (now === me.locals['looked']) return 'watchdog';
			me.locals['looked'] = now;
			if (now - count(me.locals['last']) >= SELF && !without.includes('self-fence')) {
				me.running = false;
				return 'stop';
			}
			me.running = true;
			return 'beat';
		},
		true
	),
	...BEATING.steps,
	step('note', 'A notes that its beat went through', null, ({ me }) => {
		me.locals['last'] = count(me.locals['looked']);
		return 'report';
	}),
	step('report', 'A is done with this tick', 'store', ({ words, me }) => {
		words.store(LOOKED, BigInt(count(me.locals['looked'])));
		return 'watchdog';
	}),
	step('stop', 'A has stopped its vCPUs', 'store', ({ words }) => {
		words.store(LOOKED, FREE);
		return 'stopped';
	}),
	step('pause', 'A is paused, and its vCPUs with it', 'store', ({ words, me }) => {
		me.running = false;
		words.store(LOOKED, FREE);
		return 'paused';
	}),
	step('wake', 'A wakes', 'store', ({ words, me, without }) => {
		words.store(LOOKED, 0n);
		me.locals['looked'] = -1;
		me.locals['woken'] = true;
		if (without.includes('look-on-waking')) me.running = true;
		return 'watchdog';
	})
];

const watcher: ProtocolStep[] = [
	...SUSPECTING.steps,
	step('check-time', 'B looks at its clock', 'load', ({ words, me, without }) => {
		const now = Number(words.load(TIME));
		const beat = Number(kept(me.locals['beat']));
		if (beat !== me.locals['knew']) {
			me.locals['knew'] = beat;
			me.locals['since'] = now;
		}
		const patience = without.includes('patience') ? SELF : SUSPECT;
		me.locals['patient'] = now + SLACK - count(me.locals['since']) < patience;
		return now >= END ? 'over' : 'look';
	})
];

export function beatsModel(without: readonly string[] = []): Model {
	return {
		id: 'beats',
		hosts: ['A', 'B', 'the clock'],
		actors: [
			{
				name: 'A',
				host: 0,
				incarnation: 1,
				steps: host,
				rests: ['stopped', 'fenced', 'paused'],
				record: { step: 'watchdog', running: true, locals: { looked: 0, last: 0, beat: 0 }, planned: false },
				next: { beaten: 'note' },
				// Its beat does not go through; it is paused, once; it wakes.
				ways: ({ step: at, locals }) => {
					if (at === 'beat') return ['report'];
					if (locals['woken'] === true) return [];
					return at === 'watchdog' ? ['pause'] : at === 'paused' ? ['wake'] : [];
				}
			},
			{
				name: 'B',
				host: 1,
				incarnation: 1,
				steps: watcher,
				rests: ['suspected', 'over'],
				record: beginning(SUSPECTING, { peer: 0, patient: true, knew: 0, since: 0 }),
				next: { seen: 'check-time', mistaken: 'check-time' }
			},
			{
				name: 'the clock',
				host: 2,
				incarnation: 1,
				steps: clock,
				rests: ['over'],
				record: { step: 'wait', running: false, locals: { now: 0 }, planned: false }
			}
		],
		words: [
			[wordIndex('heartbeat', 0), 0n],
			[wordIndex('suspect', 0), 0n],
			[fenceIndex(0), 0n],
			[TIME, 0n],
			[LOOKED, 0n]
		],
		without,
		// A host that is paused and never wakes is a dead one.
		mayCrash: [],
		crashes: 0,
		statements: [
			{
				id: 'I10',
				says: 'who is suspected does not run',
				holds: (view) => view.actor(1).step !== 'suspected' || !view.actor(0).running
			}
		],
		ending: (view) => (view.actor(1).step === 'suspected' ? 'suspected' : 'not suspected')
	};
}
