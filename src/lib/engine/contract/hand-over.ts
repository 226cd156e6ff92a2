import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { SearchAnswer, SuperpageStep } from './superpage-models.ts';
import { wordIndex } from './superpage.ts';
import { OwnerState, packOwner } from './words.ts';

/**
 * A hand-off laid by hand (lesson 13): five acts in an order, each by one host. The plan's words, for the query `hand-over` and
 * its quantities: the kind of memory, then the acts.
 *
 *     software stop save flush give take
 *
 * Whoever stands next waits until the one before has left its sign in the phase word; signs are hints, nothing more. A may
 * change its mind at any moment, either host may lose power at any moment, and a third host recovers what is left.
 */
export const HAND_OVER_ACTS = {
	stop: { host: 'A', says: 'A stops its vCPUs' },
	save: { host: 'A', says: 'A writes the vCPU state' },
	flush: { host: 'A', says: 'A writes its dirty lines back' },
	give: { host: 'A', says: 'A swaps the owner word: nobody runs it' },
	name: { host: 'A', says: 'A writes B into the owner word' },
	take: { host: 'B', says: 'B swaps the owner word, if nobody runs it' },
	put: { host: 'B', says: 'B writes itself into the owner word' }
} as const;
export type HandOverAct = keyof typeof HAND_OVER_ACTS;

export const HAND_OVER_MEMORIES = ['software', 'hardware'] as const;
export type HandOverMemory = (typeof HAND_OVER_MEMORIES)[number];

export interface HandOverPlan {
	readonly memory: HandOverMemory;
	readonly acts: readonly HandOverAct[];
}

export function readHandOver(words: string): Outcome<HandOverPlan, 'bad-quantity'> {
	const [memory = '', ...acts] = words.split(/\s+/).filter(Boolean);
	if (!HAND_OVER_MEMORIES.some((each) => each === memory)) return refused('bad-quantity', `"${memory}" is neither software nor hardware`);
	const strange = acts.find((act) => act !== 'nothing' && !Object.hasOwn(HAND_OVER_ACTS, act));
	if (strange !== undefined) return refused('bad-quantity', `"${strange}" is no act of a hand-off`);
	return ok({ memory: memory as HandOverMemory, acts: acts.filter((act) => act !== 'nothing') as HandOverAct[] });
}

/** Who is there: A has the VM, B is to get it, C recovers. */
export const HAND_OVER_HOSTS = ['A', 'B', 'C'] as const;
/** Token of the owner word at the beginning. */
export const HAND_OVER_TOKEN = 7;

/** The words of the super-page before the first act: A owns the VM, whose pages lie on the pool. */
export const handOverStart = (): readonly (readonly [index: number, value: bigint])[] => [
	[wordIndex('owner'), packOwner({ owner: 0, state: OwnerState.staged, incarnation: 1, token: HAND_OVER_TOKEN })],
	[wordIndex('phase'), 0n],
	[wordIndex('vcpuState'), 0n],
	[wordIndex('recovery'), 0n],
	[wordIndex('fenceEpoch'), 0n],
	...[0, 1, 2].map((host) => [wordIndex('fence', host), 0n] as const),
	...[0, 1].map((host) => [wordIndex('incarnation', host), 1n] as const)
];

export interface HandOverVerdict extends SearchAnswer {
	/** No order and no crash point breaks a statement, and the VM can arrive. */
	readonly wins: boolean;
	/** Some order ends with B running it. */
	readonly arrives: boolean;
	/** Shortest path that is lost; empty when none is. */
	readonly path: readonly SuperpageStep[];
	readonly reason: string | null;
}
