import { HandOffPhase } from '../contract/words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type ActorRecord, type Protocol } from './steps.ts';
import { phaseIndex, rangesIndex } from './words.ts';

/**
 * Range descriptors are laid, read and left alone (our design; cxl-fabric reference 10.5, I6 and I11). Numbers of descriptors are
 * taken by fetch-and-add, so that those of two VMs never overlap. Who changes ranges makes their generation odd first and looks at
 * the phase after it; who reads them for a hand-off is announced by the phase first and looks at the generation after it: one of
 * the two sees the other. Locals: `vm`; of the writer `first` once it has taken numbers.
 */
const of = (name: 'rangesGeneration' | 'firstRange' | 'rangeCount', me: ActorRecord): number => wordIndex(name, count(me.locals['vm']));
/** Two descriptors each: whatever they are, they describe all of the guest. */
export const RANGES_OF_VM = 2;
/** Checksum of ranges that begin at a number. */
export const rangesMark = (first: bigint, ranges: bigint): bigint => (first << 8n) | ranges;

export const LAYING: Protocol = {
	first: 'read-own-generation',
	rests: ['laid', 'left-as-they-are'],
	steps: [
		step('read-own-generation', 'reads the generation of its ranges', 'load', ({ words, me, without }) => {
			me.locals['generation'] = Number(words.load(of('rangesGeneration', me)));
			return without.includes('open-first') ? 'look-at-phase' : 'open-ranges';
		}),
		step('open-ranges', 'says that its ranges are being changed', 'store', ({ words, me, without }) => {
			words.store(of('rangesGeneration', me), BigInt(count(me.locals['generation']) + 1));
			return without.includes('open-first') || without.includes('look-at-phase') ? 'take-numbers' : 'look-at-phase';
		}),
		step('look-at-phase', 'looks whether a hand-off is open', 'load', ({ words, me, without }) => {
			const idle = words.load(phaseIndex(count(me.locals['vm']))) === BigInt(HandOffPhase.idle);
			if (without.includes('open-first')) return idle ? 'open-ranges' : 'left-as-they-are';
			me.locals['backs-out'] = !idle;
			return idle ? 'take-numbers' : 'close-ranges';
		}),
		step('take-numbers', 'takes numbers of descriptors', 'fetch-and-add', ({ words, me, without }) => {
			if (without.includes('take-blind')) {
				me.locals['first'] = Number(words.load(wordIndex('rangeHead')));
				return 'write-head';
			}
			me.locals['first'] = Number(words.add(wordIndex('rangeHead'), BigInt(RANGES_OF_VM)));
			return 'write-first-range';
		}),
		step('write-head', 'writes how many are taken', 'store', ({ words, me }) => {
			words.store(wordIndex('rangeHead'), BigInt(count(me.locals['first']) + RANGES_OF_VM));
			return 'write-first-range';
		}),
		step('write-first-range', 'writes where its ranges begin', 'store', ({ words, me }) => {
			words.store(of('firstRange', me), BigInt(count(me.locals['first'])));
			return 'write-count';
		}),
		step('write-count', 'writes how many there are', 'store', ({ words, me }) => {
			words.store(of('rangeCount', me), BigInt(RANGES_OF_VM));
			return 'write-checksum';
		}),
		step('write-checksum', 'writes their checksum', 'store', ({ words, me }) => {
			words.store(rangesIndex(count(me.locals['vm'])), rangesMark(BigInt(count(me.locals['first'])), BigInt(RANGES_OF_VM)));
			return 'close-ranges';
		}),
		step('close-ranges', 'says that its ranges are whole', 'store', ({ words, me }) => {
			words.store(of('rangesGeneration', me), BigInt(count(me.locals['generation']) + 2));
			return me.locals['backs-out'] === true ? 'left-as-they-are' : 'laid';
		})
	]
};

/** The source proposes; nothing more of it is needed here. */
export const PROPOSING: Protocol = {
	first: 'propose',
	rests: ['proposed'],
	steps: [
		step('propose', 'proposes the hand-off', 'compare-and-swap', ({ words, me }) => {
			words.compareAndSwap(phaseIndex(count(me.locals['vm'])), BigInt(HandOffPhase.idle), BigInt(HandOffPhase.proposed));
			return 'proposed';
		})
	]
};

/** The target reads the ranges, says that it has mapped them, and closes the hand-off in the end. */
export const READING_RANGES: Protocol = {
	first: 'await-proposal',
	rests: ['handed-over', 'refused'],
	steps: [
		step(
			'await-proposal',
			'waits for a proposal',
			'load',
			({ words, me }) =>
				words.load(phaseIndex(count(me.locals['vm']))) === BigInt(HandOffPhase.proposed) ? 'read-generation' : 'await-proposal',
			true
		),
		step('read-generation', 'reads whether the ranges are whole', 'load', ({ words, me }) => {
			const value = words.load(of('rangesGeneration', me));
			me.locals['seen'] = keep(value);
			return value % 2n === 1n ? 'refuse' : 'read-first-range';
		}),
		step('read-first-range', 'reads where they begin', 'load', ({ words, me }) => {
			me.locals['first'] = Number(words.load(of('firstRange', me)));
			return 'read-checksum';
		}),
		step('read-checksum', 'reads their checksum', 'load', ({ words, me, without }) => {
			me.locals['sum'] = Number(words.load(rangesIndex(count(me.locals['vm']))));
			return without.includes('check-generation') ? 'prepare' : 'check-generation';
		}),
		step('check-generation', 'reads again whether they are the same', 'load', ({ words, me }) => {
			const same = words.load(of('rangesGeneration', me)) === kept(me.locals['seen']);
			return same ? 'prepare' : 'refuse';
		}),
		step('refuse', 'refuses the proposal', 'compare-and-swap', ({ words, me }) => {
			words.compareAndSwap(phaseIndex(count(me.locals['vm'])), BigInt(HandOffPhase.proposed), BigInt(HandOffPhase.idle));
			return 'refused';
		}),
		step('prepare', 'has mapped the ranges', 'compare-and-swap', ({ words, me }) => {
			const phase = phaseIndex(count(me.locals['vm']));
			return words.compareAndSwap(phase, BigInt(HandOffPhase.proposed), BigInt(HandOffPhase.prepared)) ? 'close-hand-off' : 'refused';
		}),
		step('close-hand-off', 'closes the hand-off', 'compare-and-swap', ({ words, me }) => {
			words.compareAndSwap(phaseIndex(count(me.locals['vm'])), BigInt(HandOffPhase.prepared), BigInt(HandOffPhase.idle));
			return 'handed-over';
		})
	]
};
