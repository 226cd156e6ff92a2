import { wordIndex } from '../contract/superpage.ts';
import { packOwner, unpackOwner, type OwnerWord } from '../contract/words.ts';
import type { World } from '../state/world.ts';

/**
 * Access to the 64-bit words of the super-page that several hosts may change (contract/superpage.ts). One engine runs all
 * hosts, so that a compare-and-swap is one step of a step table; the accesses are atomic all the same, as they are between
 * workers that really race.
 */
export const ownerIndex = (vm: number): number => wordIndex('owner', vm);
export const phaseIndex = (vm: number): number => wordIndex('phase', vm);
export const vcpuStateIndex = (vm: number): number => wordIndex('vcpuState', vm);
export const rangesIndex = (vm: number): number => wordIndex('rangesCrc', vm);
export const fenceIndex = (host: number): number => wordIndex('fence', host);

/** What a step may do with shared memory, one call of it at most. */
export interface SharedWords {
	load(index: number): bigint;
	store(index: number, value: bigint): void;
	/** True and changed when the word was `expected`. */
	compareAndSwap(index: number, expected: bigint, value: bigint): boolean;
	/** Returns the value before. */
	add(index: number, value: bigint): bigint;
	/** The fabric manager is told to let the device refuse a host from here on; false while no fabric manager answers. */
	cut(host: number): boolean;
	/** Writes the own copy of a line back; nothing where the hardware keeps caches coherent. */
	flush(index: number): void;
	/** Drops the own copy of a line, so that the next load asks the device. */
	invalidate(index: number): void;
}

/**
 * The same over any array of words: a world's column, or memory that several workers share. `changed` hears of each change,
 * `cut` does what a fabric manager would. Memory that threads share is coherent: flushing and dropping are nothing.
 */
export function sharedWordsOver(
	words: BigInt64Array | BigUint64Array,
	changed: (index: number) => void = () => undefined,
	cut: (host: number) => boolean = () => true
): SharedWords {
	return {
		load: (index) => Atomics.load(words, index),
		store: (index, value) => {
			Atomics.store(words, index, value);
			changed(index);
		},
		compareAndSwap: (index, expected, value) => {
			if (Atomics.compareExchange(words, index, expected, value) !== expected) return false;
			changed(index);
			return true;
		},
		add: (index, value) => {
			const before = Atomics.add(words, index, value);
			changed(index);
			return before;
		},
		cut,
		flush: () => undefined,
		invalidate: () => undefined
	};
}

export function sharedWordsOf(world: World): SharedWords {
	const column = world.c.superpageWord;
	return sharedWordsOver(column.data, (index) => column.mark(index));
}

export function ownerOf(world: World, vm: number): OwnerWord {
	return unpackOwner(world.c.superpageWord.get(ownerIndex(vm)));
}

/** The owner word with another state and the next token; owner and incarnation as given. */
export function nextOwner(word: OwnerWord, owner: number, incarnation: number, state: number): bigint {
	return packOwner({ owner, state, incarnation, token: word.token + 1 });
}
