import { InitState, MAGIC, packFence, packInit, PeerState, unpackInit } from '../../contract/superpage-words.ts';
import { wordIndex } from '../../contract/superpage.ts';
import { FORMATTING, takeOverFormatting } from '../formatting.ts';
import { JOINING } from '../joining.ts';
import type { Model, ModelActor, View } from '../search/model.ts';
import { beginning, count, keep, kept, step, type ActorContext } from '../steps.ts';
import { fenceIndex } from '../words.ts';

/** Three hosts find the region unformatted; any two of them die. Whose patience ends takes the formatting over. */
const INIT = wordIndex('init');
const HOSTS = ['A', 'B', 'C'];
const init = (view: View) => unpackInit(view.word(INIT));

const renamed = (value: bigint, permutation: readonly number[]): bigint => {
	const word = unpackInit(value);
	return packInit({ ...word, formatter: word.formatter < 0 ? -1 : (permutation[word.formatter] as number) });
};

export function formattingModel(without: readonly string[] = []): Model {
	return {
		id: 'formatting',
		hosts: HOSTS,
		actors: HOSTS.map((name, host) => ({
			name,
			host,
			incarnation: 1,
			steps: FORMATTING.steps,
			rests: FORMATTING.rests,
			record: beginning(FORMATTING),
			ways: (me) => {
				const way = takeOverFormatting(me.step);
				return way === null ? [] : [way];
			}
		})),
		words: [
			[INIT, 0n],
			[wordIndex('magic'), 0n]
		],
		without,
		mayCrash: [0, 1, 2],
		crashes: 2,
		statements: [
			{
				id: 'whole',
				says: 'what is said to be ready is whole',
				holds: (view) => init(view).state !== InitState.ready || view.word(wordIndex('magic')) === MAGIC
			},
			{
				id: 'once',
				says: 'what is ready stays ready',
				change: ({ before, after }) => init(before).state !== InitState.ready || init(after).state === InitState.ready
			},
			{
				id: 'known',
				says: 'nobody uses it before it is ready',
				holds: (view) => HOSTS.every((_, host) => view.actor(host).step !== 'ready' || init(view).state === InitState.ready)
			}
		],
		ending: (view) => (HOSTS.some((_, host) => view.actor(host).step === 'ready') ? 'formatted' : null),
		symmetry: {
			says: 'the three hosts are alike: of states that differ in their names only, one is looked at',
			permutations: [
				[0, 2, 1],
				[1, 0, 2],
				[1, 2, 0],
				[2, 0, 1],
				[2, 1, 0]
			],
			local: (me, permutation) =>
				me.locals['seen'] === undefined
					? me
					: { ...me, locals: { ...me.locals, seen: keep(renamed(kept(me.locals['seen']), permutation)) } },
			word: (index, value, permutation) => [index, index === INIT ? renamed(value, permutation) : value]
		}
	};
}

/** A host joins while somebody fences the incarnation that it had before: it comes up under one that no fence names. */
export function joiningModel(without: readonly string[] = []): Model {
	const fencing: ModelActor = {
		name: 'recoverer',
		host: 1,
		incarnation: 1,
		steps: [
			step<ActorContext>('fence', 'fences the incarnation before', 'store', ({ words }) => {
				words.store(fenceIndex(0), packFence({ incarnation: 1, epoch: 1 }));
				return 'fenced';
			})
		],
		rests: ['fenced'],
		record: { step: 'fence', running: false, locals: {}, planned: false }
	};
	return {
		id: 'joining',
		hosts: ['A', 'B'],
		actors: [{ name: 'A', host: 0, incarnation: 0, steps: JOINING.steps, rests: JOINING.rests, record: beginning(JOINING) }, fencing],
		words: [
			[wordIndex('peerState', 0), BigInt(PeerState.empty)],
			[wordIndex('incarnation', 0), 1n],
			[wordIndex('fenceEpoch'), 1n],
			[wordIndex('seenEpoch', 0), 0n],
			[fenceIndex(0), 0n]
		],
		without,
		mayCrash: [0],
		crashes: 1,
		statements: [
			{
				id: 'fresh',
				says: 'a host that is up is not fenced under its new incarnation',
				holds: (view) =>
					view.word(wordIndex('peerState', 0)) !== BigInt(PeerState.up) ||
					view.word(fenceIndex(0)) >> 32n < view.word(wordIndex('incarnation', 0))
			},
			{
				id: 'grows',
				says: 'an incarnation is used once',
				holds: (view) => view.actor(0).step !== 'up' || count(view.actor(0).locals['incarnation']) > 1
			}
		],
		ending: (view) => (view.actor(0).step === 'up' ? 'joined' : view.dead(0) ? 'died while joining' : null)
	};
}
