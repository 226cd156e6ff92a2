import { HandOffPhase, OwnerState, packOwner, unpackOwner } from '../../contract/words.ts';
import { stateMark, unpackRecovery } from '../../contract/superpage-words.ts';
import { SUPERPAGE_WORDS, wordIndex } from '../../contract/superpage.ts';
import { FIRST_STEP, HAND_OFF, RESTING, wayOut } from '../hand-off.ts';
import { CLAIMING, RECOVERY_PROTOCOL } from '../recovery.ts';
import type { Change, Model, ModelActor, Statement, View } from '../search/model.ts';
import { beginning, step, type ProtocolStep } from '../steps.ts';
import { fenceIndex, ownerIndex, phaseIndex, rangesIndex, vcpuStateIndex } from '../words.ts';

/**
 * The hand-off of one VM from host A to host B, with a cancel at the source at any of its steps and crashes; with a third host
 * that recovers, and a fourth that takes over from it. Incarnation 1 everywhere, the VM is staged with token 7.
 */
export const SOURCE = 0;
export const TARGET = 1;
const CRC = 0x5eed;
const START_TOKEN = 7;
const OWNER = ownerIndex(0);
/** A page of the VM, on the device and not in the super-page: who stored into it last, host + 1. */
const PAGE = SUPERPAGE_WORDS;

/** What the guest does while it runs: it stores into its memory, and asks nobody (I8). */
const GUEST_STORE: ProtocolStep = step('guest-store', 'the guest stores into a page', 'store', ({ words, self, me }) => {
	words.store(PAGE, BigInt(self + 1));
	return me.step;
});

export interface HandOffModelOptions {
	readonly without?: readonly string[];
	/** The target's decoder covers every range. */
	readonly reached?: boolean;
	/** How many hosts may crash in one run, and which. */
	readonly crashes?: number;
	readonly mayCrash?: readonly number[];
	/** Hosts that may be taken for dead and are recovered, by as many recoverers as are given: hosts 2, 3 … */
	readonly recover?: readonly { readonly victim: number; readonly takesOverFrom?: number }[];
	/** Whoever recovered also restarts an orphan from its checkpoint. */
	readonly restart?: boolean;
	/** Guests store while they run; with false the search leaves that out. */
	readonly stores?: boolean;
	/** The fabric manager may fail, the device with all that lies on it may fail. */
	readonly mayFail?: readonly ('fabric manager' | 'device')[];
	/** With false the source never changes its mind. */
	readonly cancels?: boolean;
	/** The search begins when the VM is already given up: nobody runs it. */
	readonly given?: boolean;
	readonly id?: string;
}

const owner = (view: View) => unpackOwner(view.word(OWNER));

/** Actors that run the VM and whose stores reach it. */
function runners(view: View, actors: readonly ModelActor[]): ModelActor[] {
	return actors.filter((actor, index) => view.actor(index).running && !view.cut(actor.host));
}

function statementsOf(actors: readonly ModelActor[], stores: boolean, recovered: boolean): Statement[] {
	return [
		{ id: 'I1', says: 'never two runners', holds: (view) => runners(view, actors).length < 2 },
		{
			id: 'I1-owner',
			says: 'only the owner runs',
			holds: (view) => runners(view, actors).every((actor) => actor.host === owner(view).owner || owner(view).state === OwnerState.orphan)
		},
		{
			id: 'I2',
			says: 'the token grows with every change',
			change: ({ before, after }) => before.word(OWNER) === after.word(OWNER) || owner(after).token > owner(before).token
		},
		{
			id: 'I3-runner',
			says: 'nobody runs in the hand-off',
			holds: (view) => owner(view).state !== OwnerState.handoff || runners(view, actors).length === 0
		},
		{
			id: 'I3-whole',
			says: 'in the hand-off vCPU state and data are complete',
			change: ({ before, after, actor }) =>
				owner(after).state !== OwnerState.handoff ||
				before.word(OWNER) === after.word(OWNER) ||
				(after.word(vcpuStateIndex(0)) === stateMark(owner(after).token - 1) && after.actor(actor).locals['flushed'] === true)
		},
		{
			id: 'I4',
			says: 'a token of the hand-off is left once',
			change: ({ before, after }) =>
				owner(before).state !== OwnerState.handoff ||
				before.word(OWNER) === after.word(OWNER) ||
				owner(after).token === owner(before).token + 1
		},
		{
			id: 'I5',
			says: 'the vCPU state is complete before it is loaded',
			holds: (view) => !view.actor(TARGET).running || view.word(vcpuStateIndex(0)) !== 0n
		},
		{
			id: 'I6',
			says: 'the ranges stay as they are from prepared to the end',
			change: ({ before, after }) =>
				before.word(phaseIndex(0)) !== BigInt(HandOffPhase.prepared) || before.word(rangesIndex(0)) === after.word(rangesIndex(0))
		},
		{
			id: 'I7',
			says: 'a fenced incarnation never wins after the recovery',
			change: ({ before, after, actor }) => {
				if (before.word(OWNER) === after.word(OWNER)) return true;
				const { host, incarnation } = actors[actor] as ModelActor;
				const over = actors.some((each, index) => {
					const { locals, step } = after.actor(index);
					return each.host !== host && locals['victim'] === host && (step === 'recovered' || step === 'read-orphan' || step === 'claimed');
				});
				return !over || Number(after.word(fenceIndex(host)) >> 32n) < incarnation;
			}
		},
		{
			id: 'I8',
			says: 'a VM that ran is given away only after the device cut its host off',
			change: ({ before, after }) => {
				const old = owner(before);
				if (before.word(OWNER) === after.word(OWNER) || owner(after).state !== OwnerState.orphan) return true;
				return old.state === OwnerState.handoff || after.cut(old.owner);
			}
		},
		...(stores
			? [
					{
						id: 'I8-stores',
						says: 'no store of a host that does not own the VM reaches its pages',
						change: ({ before, after, actor }: Change) => {
							if (before.word(PAGE) === after.word(PAGE)) return true;
							const word = owner(after);
							const runs = word.state === OwnerState.staged || word.state === OwnerState.active || word.state === OwnerState.local;
							return runs && word.owner === (actors[actor] as ModelActor).host;
						}
					}
				]
			: []),
		...(recovered
			? [
					{
						id: 'recovery',
						says: 'only who holds the recovery ends it',
						change: ({ before, after, actor }: Change) => {
							const held = unpackRecovery(before.word(wordIndex('recovery'))).recoverer;
							return held < 0 || after.word(wordIndex('recovery')) !== 0n || held === (actors[actor] as ModelActor).host;
						}
					}
				]
			: [])
	];
}

function endingOf(actors: readonly ModelActor[], recovered: boolean, device: number): Model['ending'] {
	return (view) => {
		const word = owner(view);
		const [runner] = runners(view, actors);
		const dead = actors.some((actor) => view.dead(actor.host));
		if (runner) {
			const where = runner.name === 'source' || runner.name === 'target' ? runner.name : 'recoverer';
			return dead ? `runs on the ${where}, the other host is dead` : `runs on the ${where}`;
		}
		if (word.state === OwnerState.orphan) return 'declared an orphan: registers and dirty lines are lost';
		if (word.state === OwnerState.handoff && dead) return 'in the hand-off, nothing lost, a recoverer may take it';
		if (device >= 0 && view.dead(device)) return 'the device is gone, and the VM with it';
		const recoverer = recovered ? unpackRecovery(view.word(wordIndex('recovery'))).recoverer : -1;
		if (recoverer >= 0 && view.dead(recoverer)) return 'a recovery stands half done, another may take it over';
		return view.dead(word.owner) ? 'lost with the host that ran it' : null;
	};
}

export function handOffModel(options: HandOffModelOptions = {}): Model {
	const { without = [], reached = true, recover = [], restart = false, cancels = true, given = false } = options;
	const around = { vm: 0, rangesCrc: CRC, reached };
	const stores = options.stores ?? recover.length > 0;
	const guest = (me: ModelActor['record']): readonly string[] => (stores && me.running ? [GUEST_STORE.id] : []);
	const actors: ModelActor[] = [
		{
			name: 'source',
			host: SOURCE,
			incarnation: 1,
			steps: [...HAND_OFF.filter((each) => each.actor === 'source'), GUEST_STORE],
			record: given
				? { step: 'await-commit', running: false, locals: { token: START_TOKEN, flushed: true }, planned: false }
				: { step: FIRST_STEP.source, running: true, locals: {}, planned: false },
			rests: RESTING,
			around: { ...around, peer: TARGET },
			ways: (me) => {
				const out = cancels ? wayOut(me) : null;
				return [...(out === null ? [] : [out]), ...guest(me)];
			}
		},
		{
			name: 'target',
			host: TARGET,
			incarnation: 1,
			steps: [...HAND_OFF.filter((each) => each.actor === 'target'), GUEST_STORE],
			record: { step: given ? 'await-handoff' : FIRST_STEP.target, running: false, locals: {}, planned: false },
			rests: RESTING,
			around: { ...around, peer: SOURCE },
			ways: guest
		},
		...recover.map(({ victim, takesOverFrom }, index): ModelActor => ({
			name: `recoverer ${index + 1}`,
			host: 2 + index,
			incarnation: 1,
			steps: [...RECOVERY_PROTOCOL.steps, ...(restart ? CLAIMING.steps : []), GUEST_STORE],
			ways: guest,
			record: beginning(RECOVERY_PROTOCOL, { victim, vms: 1, ...(takesOverFrom === undefined ? {} : { believedDead: takesOverFrom }) }),
			rests: restart ? [...RECOVERY_PROTOCOL.rests, ...CLAIMING.rests].filter((rest) => rest !== 'recovered') : RECOVERY_PROTOCOL.rests,
			...(restart ? { next: { recovered: 'read-orphan' } } : {})
		}))
	];
	const hosts = ['A', 'B', 'C', 'D'].slice(0, 2 + recover.length);
	const fails = options.mayFail ?? [];
	const failing = fails.map((_, at) => hosts.length + at);
	return {
		id: options.id ?? 'hand-off',
		hosts: [...hosts, ...fails],
		actors,
		words: [
			[
				OWNER,
				packOwner({
					owner: SOURCE,
					state: given ? OwnerState.handoff : OwnerState.staged,
					incarnation: 1,
					token: START_TOKEN + Number(given)
				})
			],
			[phaseIndex(0), BigInt(given ? HandOffPhase.prepared : HandOffPhase.idle)],
			[vcpuStateIndex(0), given ? stateMark(START_TOKEN) : 0n],
			[rangesIndex(0), BigInt(CRC)],
			...(stores ? [[PAGE, 0n] as const] : []),
			...hosts.map((_, host) => [fenceIndex(host), 0n] as const),
			...(recover.length === 0
				? []
				: [
						[wordIndex('recovery'), 0n] as const,
						[wordIndex('fenceEpoch'), 0n] as const,
						...hosts.map((_, host) => [wordIndex('incarnation', host), 1n] as const)
					])
		],
		without,
		mayCrash: [...(options.mayCrash ?? hosts.map((_, host) => host)), ...failing],
		crashes: options.crashes ?? 1,
		statements: statementsOf(actors, stores, recover.length > 0),
		ending: endingOf(actors, recover.length > 0, fails.includes('device') ? (failing[fails.indexOf('device')] as number) : -1),
		vmMemory: [PAGE],
		...(fails.includes('fabric manager') ? { fabricManager: failing[fails.indexOf('fabric manager')] as number } : {}),
		...(fails.includes('device') ? { device: failing[fails.indexOf('device')] as number } : {})
	};
}
