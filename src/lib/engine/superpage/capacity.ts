import { SUPERPAGE_WORDS, wordIndex } from '../contract/superpage.ts';
import { count, step, type Protocol, type ProtocolStep } from './steps.ts';

/**
 * Capacity outlives owners (our design; cxl-fabric reference 10.5, I9; surprise 9; CXL 4.0 7.6.7.6.7, 5606h): the fabric manager
 * takes a reference of its own before a range names a tag, and drops it after the last one is cleared. Who holds a tag stands on
 * the device, not in the super-page: one bit for each host, one for the fabric manager. At 0 the device gives the capacity to
 * somebody else. `bit` of the records: the host's own.
 */
export const HOLDERS = SUPERPAGE_WORDS;
export const REFERENCE = 1n << 8n;
const holder = (host: number): bigint => 1n << BigInt(host);
const RANGES = wordIndex('rangesCrc', 0);
const PHASE = wordIndex('phase', 0);

const releases = (id: string, says: string, then: string): ProtocolStep =>
	step(id, says, 'fetch-and-add', ({ words, self }) => {
		words.add(HOLDERS, -holder(self));
		return then;
	});

/** Has capacity allocated, describes the VM in it, and lets go of it when the other has accepted it. */
export const PROVIDING: Protocol = {
	first: 'allocate',
	rests: ['passed-on'],
	steps: [
		step('allocate', 'accepts the capacity', 'fetch-and-add', ({ words, self, without }) => {
			words.add(HOLDERS, holder(self));
			return without.includes('refer') || without.includes('refer-first') ? 'describe' : 'refer';
		}),
		step('refer', 'has the fabric manager hold the tag', 'fetch-and-add', ({ words, without }) => {
			words.add(HOLDERS, REFERENCE);
			return without.includes('refer-first') ? 'offer' : 'describe';
		}),
		step('describe', 'writes ranges that name the tag', 'store', ({ words, without }) => {
			words.store(RANGES, 1n);
			return without.includes('refer-first') ? 'refer' : 'offer';
		}),
		step('offer', 'says that the other may accept it', 'store', ({ words }) => {
			words.store(PHASE, 1n);
			return 'await-accepted';
		}),
		step(
			'await-accepted',
			'waits until the other has it',
			'load',
			({ words }) => (words.load(PHASE) === 2n ? 'let-go' : 'await-accepted'),
			true
		),
		releases('let-go', 'releases the capacity', 'passed-on')
	]
};

/** Accepts it, and destroys the VM in the end. */
export const ACCEPTING: Protocol = {
	first: 'await-offer',
	rests: ['destroyed'],
	steps: [
		step('await-offer', 'waits for the offer', 'load', ({ words }) => (words.load(PHASE) === 1n ? 'accept' : 'await-offer'), true),
		step('accept', 'accepts the capacity', 'fetch-and-add', ({ words, self }) => {
			words.add(HOLDERS, holder(self));
			return 'say-accepted';
		}),
		step('say-accepted', 'says that it has it', 'store', ({ words, without }) => {
			words.store(PHASE, 2n);
			return without.includes('clear-first') ? 'drop-reference' : 'clear';
		}),
		step('clear', 'clears the ranges: the VM is destroyed', 'store', ({ words, without }) => {
			words.store(RANGES, 0n);
			return without.includes('clear-first') ? 'destroyed' : 'drop-reference';
		}),
		step('drop-reference', 'has the fabric manager let the tag go', 'fetch-and-add', ({ words }) => {
			words.add(HOLDERS, -REFERENCE);
			return 'let-go-too';
		}),
		step('let-go-too', 'releases the capacity', 'fetch-and-add', ({ words, self, without }) => {
			words.add(HOLDERS, -holder(self));
			return without.includes('clear-first') ? 'clear' : 'destroyed';
		})
	]
};

/** What a dead host held is released by force; `victim` is a local. */
export const RELEASING: Protocol = {
	first: 'look-at-holders',
	rests: ['released'],
	steps: [
		step('look-at-holders', 'looks what the dead host held', 'load', ({ words, me }) =>
			(words.load(HOLDERS) & holder(count(me.locals['victim']))) === 0n ? 'released' : 'release-by-force'
		),
		step('release-by-force', 'releases it by force', 'fetch-and-add', ({ words, me }) => {
			words.add(HOLDERS, -holder(count(me.locals['victim'])));
			return 'released';
		})
	]
};
