import { packLock, unpackFence, unpackLock, vcpuPeer, withVcpuPeer } from '../../contract/superpage-words.ts';
import { superpageWord, SUPERPAGE_PARTS, wordIndex } from '../../contract/superpage.ts';
import { OwnerState, packOwner, unpackOwner } from '../../contract/words.ts';
import { CREATING, SWEEPING } from '../creating.ts';
import { FREEING_LOCKS, LOCKING } from '../locks.ts';
import { RECOVERY_PROTOCOL } from '../recovery.ts';
import { NOTING, READING_RING, wholeGeneration } from '../ring.ts';
import type { Model, ModelActor, View } from '../search/model.ts';
import { GIVING_VCPU, TAKING_VCPU } from '../split.ts';
import { beginning, keep, type Protocol } from '../steps.ts';
import { fenceIndex, ownerIndex, rangesIndex } from '../words.ts';

/** Records, locks, split vCPUs and the ring: each in a tiny world of its own. */
const OWNER = ownerIndex(0);

const actor = (name: string, host: number, protocol: Protocol, locals = {}, running = false): ModelActor => ({
	name,
	host,
	incarnation: 1,
	steps: protocol.steps,
	rests: protocol.rests,
	record: beginning(protocol, locals, running)
});

/** Words that a recovery of host 0 by host 2 touches. */
const recoveryWords = (): (readonly [number, bigint])[] => [
	[wordIndex('recovery'), 0n],
	[wordIndex('fenceEpoch'), 0n],
	[wordIndex('incarnation', 0), 1n],
	...[0, 1, 2].map((host) => [fenceIndex(host), 0n] as const)
];

/** Runners whose stores reach the device. */
const inside = (view: View, actors: readonly ModelActor[]): number =>
	actors.filter((each, index) => view.actor(index).running && !view.cut(each.host)).length;

/** A creates a record and is fenced on its way; B sweeps what it meets, then creates one itself. */
export function creatingModel(without: readonly string[] = []): Model {
	const actors: ModelActor[] = [
		actor('creator', 0, CREATING, { vm: 0 }),
		{
			...actor('sweeper', 1, SWEEPING, { vm: 0 }),
			steps: [...SWEEPING.steps, ...CREATING.steps],
			rests: CREATING.rests,
			next: { clean: 'read-owner', swept: 'read-owner' }
		},
		actor('recoverer', 2, RECOVERY_PROTOCOL, { victim: 0, vms: 1 })
	];
	return {
		id: 'creating',
		hosts: ['A', 'B', 'C'],
		actors,
		words: [[OWNER, packOwner({ owner: -1, state: OwnerState.free, incarnation: 0, token: 3 })], [rangesIndex(0), 0n], ...recoveryWords()],
		without,
		mayCrash: [0, 2],
		crashes: 1,
		statements: [
			{ id: 'I1', says: 'never two runners', holds: (view) => inside(view, actors) < 2 },
			{
				id: 'I2',
				says: 'the token grows with every change',
				change: ({ before, after }) =>
					before.word(OWNER) === after.word(OWNER) || unpackOwner(after.word(OWNER)).token > unpackOwner(before.word(OWNER)).token
			},
			{
				id: 'I7',
				says: 'a fenced incarnation never wins after the recovery',
				change: ({ before, after, actor: who, step }) =>
					who !== 0 || step !== 'finish' || before.word(OWNER) === after.word(OWNER) || after.actor(2).step !== 'recovered'
			},
			{
				id: 'I7c',
				says: 'only records of fenced creators are swept',
				change: ({ before, after, step }) => {
					if (step !== 'sweep' || before.word(OWNER) === after.word(OWNER)) return true;
					const { owner, incarnation } = unpackOwner(before.word(OWNER));
					return unpackFence(after.word(fenceIndex(owner))).incarnation >= incarnation;
				}
			}
		],
		ending: (view) => {
			const { owner, state } = unpackOwner(view.word(OWNER));
			if (state === OwnerState.creating) return 'half made, for whoever meets it';
			return state === OwnerState.free ? 'free' : state === OwnerState.orphan ? 'an orphan' : `made by ${'ABC'[owner]}`;
		}
	};
}

/** A and B want one lock; A is taken for dead, and C frees what it holds. */
export function lockingModel(without: readonly string[] = []): Model {
	const recoverer: ModelActor = {
		...actor('recoverer', 2, RECOVERY_PROTOCOL, { victim: 0, vms: 1, lock: 0 }),
		steps: [...RECOVERY_PROTOCOL.steps, ...FREEING_LOCKS.steps],
		rests: [...RECOVERY_PROTOCOL.rests, ...FREEING_LOCKS.rests],
		next: { scan: 'read-held' }
	};
	const actors = [actor('A', 0, LOCKING, { lock: 0 }), actor('B', 1, LOCKING, { lock: 0 }), recoverer];
	return {
		id: 'locking',
		hosts: ['A', 'B', 'C'],
		actors,
		words: [[wordIndex('lock', 0), packLock({ owner: -1, incarnation: 0, token: 0 })], ...recoveryWords()],
		without,
		mayCrash: [0, 1],
		crashes: 1,
		statements: [
			{ id: 'one', says: 'never two inside', holds: (view) => inside(view, actors) < 2 },
			{
				id: 'named',
				says: 'the lock names who is inside',
				holds: (view) => view.actor(1).running === false || unpackLock(view.word(wordIndex('lock', 0))).owner === 1
			}
		],
		ending: (view) => (view.actor(1).step === 'read-lock' && !view.dead(0) && view.actor(2).step === 'freed' ? null : 'over')
	};
}

/** A gives vCPU 0 to B while B gives vCPU 1 to A: one map word for both. */
export function splitModel(without: readonly string[] = []): Model {
	const actors = [
		actor('A gives', 0, GIVING_VCPU, { vm: 0, vcpu: 0, to: 1 }, true),
		actor('B gives', 1, GIVING_VCPU, { vm: 0, vcpu: 1, to: 0 }, true),
		actor('B takes', 1, TAKING_VCPU, { vm: 0, vcpu: 0 }),
		actor('A takes', 0, TAKING_VCPU, { vm: 0, vcpu: 1 })
	];
	const MAP = wordIndex('vcpuMap', 0);
	const of = (vcpu: number): number[] => actors.flatMap((each, index) => (each.record.locals['vcpu'] === vcpu ? [index] : []));
	return {
		id: 'split',
		hosts: ['A', 'B'],
		actors,
		words: [
			[MAP, withVcpuPeer(withVcpuPeer(0n, 0, 0), 1, 1)],
			[wordIndex('vcpuMapToken', 0), 0n],
			[wordIndex('vcpuSaved', 0), 0n]
		],
		without,
		mayCrash: [0, 1],
		crashes: 1,
		statements: [
			{
				id: 'I1',
				says: 'one host at most runs a vCPU',
				holds: (view) => [0, 1].every((vcpu) => of(vcpu).filter((index) => view.actor(index).running).length < 2)
			},
			{
				id: 'I1-map',
				says: 'the map names who runs it',
				holds: (view) =>
					actors.every(
						(each, index) => !view.actor(index).running || vcpuPeer(view.word(MAP), Number(each.record.locals['vcpu'])) === each.host
					)
			}
		],
		ending: (view) => {
			const run = [0, 1].filter((vcpu) => of(vcpu).some((index) => view.actor(index).running)).length;
			return run === 2 || view.dead(0) || view.dead(1) ? `${run} vCPUs run` : null;
		}
	};
}

/** The ring has come round: one writes entry 1,024 over entry 0 while another reads entry 0. */
export function ringModel(without: readonly string[] = []): Model {
	const entries = SUPERPAGE_PARTS.event.count;
	const word = (index: number): number => superpageWord('event', 0, 0, index);
	return {
		id: 'ring',
		hosts: ['A', 'B'],
		actors: [actor('writer', 0, NOTING, { what: keep(2n) }), actor('reader', 1, READING_RING, { at: 0 })],
		words: [
			[wordIndex('ringHead'), BigInt(entries)],
			[word(0), wholeGeneration(0)],
			[word(1), 1n],
			[word(2), 1n]
		],
		without,
		mayCrash: [0],
		crashes: 1,
		statements: [
			{
				id: 'I11',
				says: 'what is believed was written as one',
				holds: (view) => {
					const { step, locals } = view.actor(1);
					return step !== 'believed' || locals['first'] === locals['second'];
				}
			}
		],
		ending: (view) => view.actor(1).step
	};
}
