import { packFence, unpackFence } from '../../contract/superpage-words.ts';
import { OwnerState, packOwner, unpackOwner } from '../../contract/words.ts';
import type { Model, ModelActor } from '../search/model.ts';
import { count, keep, kept, step, type ProtocolStep } from '../steps.ts';
import { fenceIndex, ownerIndex } from '../words.ts';

/**
 * The fencing rule I7 of cxl-fabric reference 10.5, as a search of its own: one source that gives the VM away or takes it back
 * three times at most, one destination that tries to take it three times at most, one recoverer that fences the destination
 * once. No crashes. A state is the owner word, the fence, both budgets and what each of them remembers.
 */
const OWNER = ownerIndex(0);
const SOURCE = 0;
const DESTINATION = 1;
const FENCE = fenceIndex(DESTINATION);
const BUDGET = 3;

/** Conditions that may be left out: the order of the two reads in I7a, and hand-offs in the scan of I7b. */
export const FENCE_MUTANTS = {
	'owner-before-fence': 'the fence word is read before the owner word',
	'scan-hand-offs': 'the scan leaves VMs in the hand-off alone'
} as const;

const source: ProtocolStep[] = [
	step('read-owner', 'source reads the owner word', 'load', ({ words, me }) => {
		me.locals['seen'] = keep(words.load(OWNER));
		return 'give-or-take';
	}),
	step('give-or-take', 'source gives the VM up, or takes it back', 'compare-and-swap', ({ words, self, me }) => {
		const value = kept(me.locals['seen']);
		const owner = unpackOwner(value);
		delete me.locals['seen'];
		if (owner.owner !== self || (owner.state !== OwnerState.staged && owner.state !== OwnerState.handoff)) return 'read-owner';
		const state = owner.state === OwnerState.staged ? OwnerState.handoff : OwnerState.staged;
		if (words.compareAndSwap(OWNER, value, packOwner({ ...owner, state, token: owner.token + 1 })))
			me.locals['left'] = count(me.locals['left']) - 1;
		return count(me.locals['left']) > 0 ? 'read-owner' : 'spent';
	})
];

const readsOwner = (value: bigint, me: { locals: Record<string, string | number | boolean> }): boolean => {
	me.locals['seen'] = keep(value);
	return unpackOwner(value).state === OwnerState.handoff;
};

const destination: ProtocolStep[] = [
	step('begin', 'destination reads the owner word', 'load', ({ words, me, without }) => {
		me.locals['left'] = count(me.locals['left']) - 1;
		if (without.includes('owner-before-fence')) {
			me.locals['fenced'] = words.load(FENCE) !== 0n;
			return 'second';
		}
		return readsOwner(words.load(OWNER), me) ? 'second' : again(me);
	}),
	step('second', 'destination reads its fence word', 'load', ({ words, me, without }) => {
		if (without.includes('owner-before-fence')) return readsOwner(words.load(OWNER), me) ? 'decide' : again(me);
		me.locals['fenced'] = words.load(FENCE) !== 0n;
		return 'decide';
	}),
	step('decide', 'destination decides: it stops when it was fenced', null, ({ me }) => {
		const fenced = me.locals['fenced'] === true;
		me.locals['fenced'] = false;
		return fenced ? 'stopped' : 'take';
	}),
	step('take', 'destination takes the VM', 'compare-and-swap', ({ words, self, me }) => {
		const value = kept(me.locals['seen']);
		const after = packOwner({ owner: self, state: OwnerState.active, incarnation: 1, token: unpackOwner(value).token + 1 });
		return words.compareAndSwap(OWNER, value, after) ? 'won' : again(me);
	})
];
const again = (me: { locals: Record<string, string | number | boolean> }): string => (count(me.locals['left']) > 0 ? 'begin' : 'tired');

const recoverer: ProtocolStep[] = [
	step('fence', 'recoverer fences the destination', 'store', ({ words }) => {
		words.store(FENCE, packFence({ incarnation: 1, epoch: 1 }));
		return 'scan';
	}),
	step('scan', 'recoverer reads the owner word', 'load', ({ words, me, without }) => {
		const value = words.load(OWNER);
		const { owner, state } = unpackOwner(value);
		me.locals['seen'] = keep(value);
		if (owner === DESTINATION && state !== OwnerState.orphan) return 'bump';
		return state === OwnerState.handoff && !without.includes('scan-hand-offs') ? 'bump' : 'done';
	}),
	step('bump', 'recoverer gives the VM a new token', 'compare-and-swap', ({ words, me }) => {
		const value = kept(me.locals['seen']);
		const owner = unpackOwner(value);
		const state = owner.state === OwnerState.handoff ? OwnerState.staged : OwnerState.orphan;
		words.compareAndSwap(OWNER, value, packOwner({ ...owner, state, token: owner.token + 1 }));
		return 'scan';
	})
];

export function fenceModel(without: readonly string[] = []): Model {
	const actor = (name: string, host: number, steps: ProtocolStep[], rests: string[], locals = {}): ModelActor => ({
		name,
		host,
		incarnation: 1,
		steps,
		rests,
		record: { step: (steps[0] as ProtocolStep).id, running: false, locals, planned: false }
	});
	return {
		id: 'fence',
		hosts: ['A', 'B', 'C'],
		actors: [
			actor('source', SOURCE, source, ['spent'], { left: BUDGET }),
			actor('destination', DESTINATION, destination, ['won', 'tired', 'stopped'], { left: BUDGET, fenced: false }),
			actor('recoverer', 2, recoverer, ['done'])
		],
		words: [
			[OWNER, packOwner({ owner: SOURCE, state: OwnerState.staged, incarnation: 1, token: 0 })],
			[FENCE, 0n]
		],
		without,
		mayCrash: [],
		crashes: 0,
		statements: [
			{
				id: 'I7',
				says: 'a fenced incarnation never wins after the recoverer is done',
				change: ({ after, actor, step: taken }) =>
					!(actor === 1 && taken === 'take' && after.actor(1).step === 'won' && after.actor(2).step === 'done') ||
					unpackFence(after.word(FENCE)).incarnation < 1
			}
		],
		ending: () => 'ended'
	};
}
