import { unpackFence } from '../contract/superpage-words.ts';
import { OwnerState, packOwner, unpackOwner } from '../contract/words.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';
import { fenceIndex, ownerIndex, rangesIndex } from './words.ts';

/**
 * A VM's record is created, and records of fenced incarnations are swept (our design; cxl-fabric reference 10.5 I7c). `vm` is a
 * local. A record that is still being created is not the scan's business: whoever meets it looks at the fence of its creator.
 */
export const CREATING: Protocol = {
	first: 'read-owner',
	rests: ['created', 'not-created'],
	steps: [
		step('read-owner', 'reads the owner word', 'load', ({ words, me }) => {
			const value = words.load(ownerIndex(count(me.locals['vm'])));
			if (unpackOwner(value).state !== OwnerState.free) return 'not-created';
			me.locals['seen'] = keep(value);
			return 'look-at-own-fence';
		}),
		step('look-at-own-fence', 'reads its own fence', 'load', ({ words, self, incarnation }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation ? 'not-created' : 'begin'
		),
		step('begin', 'takes the free record', 'compare-and-swap', ({ words, self, incarnation, me }) => {
			const value = kept(me.locals['seen']);
			const token = unpackOwner(value).token + 1;
			const after = packOwner({ owner: self, state: OwnerState.creating, incarnation, token });
			if (!words.compareAndSwap(ownerIndex(count(me.locals['vm'])), value, after)) return 'read-owner';
			me.locals['seen'] = keep(after);
			return 'write-ranges';
		}),
		step('write-ranges', 'writes what the VM consists of', 'store', ({ words, me }) => {
			words.store(rangesIndex(count(me.locals['vm'])), 1n);
			return 'look-before-finish';
		}),
		step('look-before-finish', 'reads its own fence once more', 'load', ({ words, self, incarnation, without }) =>
			unpackFence(words.load(fenceIndex(self))).incarnation >= incarnation && !without.includes('look-before-finish')
				? 'not-created'
				: 'finish'
		),
		step('finish', 'says that the record is whole', 'compare-and-swap', ({ words, self, incarnation, me }) => {
			const value = kept(me.locals['seen']);
			const token = unpackOwner(value).token + 1;
			const after = packOwner({ owner: self, state: OwnerState.local, incarnation, token });
			if (!words.compareAndSwap(ownerIndex(count(me.locals['vm'])), value, after)) return 'not-created';
			return 'run';
		}),
		step('run', 'runs the VM', null, ({ me }) => {
			me.running = true;
			return 'created';
		})
	]
};

export const SWEEPING: Protocol = {
	first: 'meet',
	rests: ['clean', 'swept'],
	steps: [
		step('meet', 'meets a record that is being created', 'load', ({ words, me }) => {
			const value = words.load(ownerIndex(count(me.locals['vm'])));
			const { state, owner, incarnation } = unpackOwner(value);
			if (state !== OwnerState.creating) return 'clean';
			me.locals['seen'] = keep(value);
			me.locals['creator'] = owner;
			me.locals['incarnation'] = incarnation;
			return 'look-at-its-fence';
		}),
		step('look-at-its-fence', 'reads the fence of its creator', 'load', ({ words, me, without }) => {
			const fenced = unpackFence(words.load(fenceIndex(count(me.locals['creator'])))).incarnation;
			// Compared with the 16 bits that the owner word holds (our simplification).
			return (fenced & 0xffff) >= count(me.locals['incarnation']) || without.includes('sweep-any') ? 'sweep' : 'clean';
		}),
		step('sweep', 'frees the record', 'compare-and-swap', ({ words, me, without }) => {
			const value = kept(me.locals['seen']);
			const token = unpackOwner(value).token + (without.includes('sweep-token') ? -1 : 1);
			const after = packOwner({ owner: -1, state: OwnerState.free, incarnation: 0, token });
			return words.compareAndSwap(ownerIndex(count(me.locals['vm'])), value, after) ? 'swept' : 'meet';
		})
	]
};
