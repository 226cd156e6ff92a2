import { packOwner, SUPERPAGE_WORDS_PER_VM, SuperpageWord, unpackOwner, VM_LIMIT, type OwnerWord } from '../contract/words.ts';
import type { World } from '../state/world.ts';

/**
 * The 64-bit words of the super-page that several hosts may change (our design, cxl-fabric reference 10.2): per VM owner,
 * phase, vCPU-state and ranges words, then one fence word per peer. In the buffer they are plain state; one engine runs all
 * hosts, so a compare-and-swap is one step of the step table and cannot be torn.
 */
export const ownerIndex = (vm: number): number => vm * SUPERPAGE_WORDS_PER_VM + SuperpageWord.owner;
export const phaseIndex = (vm: number): number => vm * SUPERPAGE_WORDS_PER_VM + SuperpageWord.phase;
export const vcpuStateIndex = (vm: number): number => vm * SUPERPAGE_WORDS_PER_VM + SuperpageWord.vcpuState;
export const rangesIndex = (vm: number): number => vm * SUPERPAGE_WORDS_PER_VM + SuperpageWord.rangesCrc;
export const fenceIndex = (host: number): number => VM_LIMIT * SUPERPAGE_WORDS_PER_VM + host;
export const SUPERPAGE_WORDS = VM_LIMIT * SUPERPAGE_WORDS_PER_VM + 16;

/** What a step may do with shared memory, one call of it at most. */
export interface SharedWords {
	load(index: number): bigint;
	store(index: number, value: bigint): void;
	/** True and changed when the word was `expected`. */
	compareAndSwap(index: number, expected: bigint, value: bigint): boolean;
}

export function sharedWordsOf(world: World): SharedWords {
	const column = world.c.superpageWord;
	return {
		load: (index) => column.get(index),
		store: (index, value) => column.set(index, value),
		compareAndSwap: (index, expected, value) => {
			if (column.get(index) !== expected) return false;
			column.set(index, value);
			return true;
		}
	};
}

export function ownerOf(world: World, vm: number): OwnerWord {
	return unpackOwner(world.c.superpageWord.get(ownerIndex(vm)));
}

/** The owner word with another state and the next token; owner and incarnation as given. */
export function nextOwner(word: OwnerWord, owner: number, incarnation: number, state: number): bigint {
	return packOwner({ owner, state, incarnation, token: word.token + 1 });
}
