import { PeerState, unpackFence } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, step, type Protocol } from './steps.ts';

/**
 * A host joins (our design; cxl-fabric reference 10.2): it takes the incarnation after its last one, and after every fenced one,
 * in its own line, then says that it is up. From `up` on it beats. A fence of an earlier incarnation does not hold for it.
 */
export const JOINING: Protocol = {
	first: 'say-joining',
	rests: ['up'],
	steps: [
		step('say-joining', 'says that it is joining', 'store', ({ words, self }) => {
			words.store(wordIndex('peerState', self), BigInt(PeerState.joining));
			return 'read-incarnation';
		}),
		step('read-incarnation', 'reads how often it has joined', 'load', ({ words, self, me }) => {
			me.locals['incarnation'] = Number(words.load(wordIndex('incarnation', self)));
			return 'read-own-fence';
		}),
		step('read-own-fence', 'reads up to which incarnation it is fenced', 'load', ({ words, self, me, without }) => {
			const fenced = unpackFence(words.load(wordIndex('fence', self))).incarnation;
			const last = count(me.locals['incarnation']);
			me.locals['incarnation'] = without.includes('new-incarnation') ? Math.max(last, 1) : Math.max(last, fenced) + 1;
			return 'write-incarnation';
		}),
		step('write-incarnation', 'writes its new incarnation', 'store', ({ words, self, me }) => {
			words.store(wordIndex('incarnation', self), BigInt(count(me.locals['incarnation'])));
			return 'read-epoch';
		}),
		step('read-epoch', 'reads the fence epoch', 'load', ({ words, me }) => {
			me.locals['epoch'] = Number(words.load(wordIndex('fenceEpoch')));
			return 'write-epoch';
		}),
		step('write-epoch', 'writes the epoch that it has seen', 'store', ({ words, self, me }) => {
			words.store(wordIndex('seenEpoch', self), BigInt(count(me.locals['epoch'])));
			return 'say-up';
		}),
		step('say-up', 'says that it is up', 'store', ({ words, self }) => {
			words.store(wordIndex('peerState', self), BigInt(PeerState.up));
			return 'up';
		})
	]
};

/** A host that leaves in good order says so; nobody has to fence it. */
export const LEAVING: Protocol = {
	first: 'say-left',
	rests: ['left'],
	steps: [
		step('say-left', 'says that it has left', 'store', ({ words, self }) => {
			words.store(wordIndex('peerState', self), BigInt(PeerState.left));
			return 'left';
		})
	]
};
