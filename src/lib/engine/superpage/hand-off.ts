import { HandOffPhase, OwnerState, packOwner, unpackOwner } from '../contract/words.ts';
import { stateMark } from '../contract/superpage-words.ts';
import type { HandOffActorRecord } from '../state/records.ts';
import { count, keep, kept, type Access, type ActorContext, type ProtocolStep } from './steps.ts';
import { fenceIndex, ownerIndex, phaseIndex, rangesIndex, vcpuStateIndex } from './words.ts';

/**
 * The hand-off as a table of steps (decision D13; our design, cxl-fabric reference 10.4). A step makes at most one access to
 * shared memory; program counter and locals lie in the actor's record. The timed run and the explorer schedule this one
 * table. Only the owner word decides; phase words are hints.
 */
export type Actor = 'source' | 'target';

export interface StepContext extends ActorContext {
	readonly vm: number;
	/** The other's host. */
	readonly peer: number;
	/** Checksum that the descriptors have by this actor's own reading. */
	readonly rangesCrc: number;
	/** Whether the target's own decoder covers every range; the source's steps do not look at it. */
	readonly reached: boolean;
}

export interface HandOffStep extends ProtocolStep<StepContext> {
	readonly actor: Actor;
}

export const FIRST_STEP: Readonly<Record<Actor, string>> = { source: 'read-owner', target: 'read-phase' };
/** Steps in which an actor rests. */
export const RESTING = ['done', 'aborted', 'abandoned', 'finished', 'gave-up'];

/** The hint is closed before the source rests, or the VM's next proposal would find it open. */
const leave = (me: HandOffActorRecord, end: 'aborted' | 'abandoned'): string => {
	me.locals['end'] = end;
	return 'withdraw';
};

const step = (actor: Actor, id: string, says: string, access: Access | null, run: HandOffStep['run'], polls = false): HandOffStep => ({
	actor,
	id,
	says,
	access,
	run,
	polls
});

export const HAND_OFF: readonly HandOffStep[] = [
	step('source', 'read-owner', 'source reads the owner word', 'load', ({ words, vm, self, me }) => {
		const owner = unpackOwner(words.load(ownerIndex(vm)));
		if (owner.owner !== self || owner.state !== OwnerState.staged) return 'abandoned';
		me.locals['token'] = owner.token;
		return 'propose';
	}),
	step('source', 'propose', 'source proposes', 'compare-and-swap', ({ words, vm, me }) =>
		words.compareAndSwap(phaseIndex(vm), BigInt(HandOffPhase.idle), BigInt(HandOffPhase.proposed))
			? 'await-prepared'
			: leave(me, 'abandoned')
	),
	step(
		'source',
		'await-prepared',
		'source waits until the target is prepared',
		'load',
		({ words, vm }) => {
			const phase = Number(words.load(phaseIndex(vm)));
			if (phase === HandOffPhase.prepared) return 'stop';
			return phase === HandOffPhase.proposed ? 'await-prepared' : 'abandoned';
		},
		true
	),
	step('source', 'stop', 'source stops its vCPUs between two slices', null, ({ me, without }) => {
		if (!without.includes('stop')) me.running = false;
		return 'save';
	}),
	step('source', 'save', 'source writes the vCPU state', 'store', ({ words, vm, me }) => {
		words.store(vcpuStateIndex(vm), stateMark(count(me.locals['token'])));
		return 'flush';
	}),
	step('source', 'flush', 'source writes its dirty lines back', null, ({ me, without }) => {
		me.locals['flushed'] = !without.includes('flush');
		return 'check-owner';
	}),
	step('source', 'check-owner', 'source reads the owner word again', 'load', ({ words, vm, self, me }) => {
		const owner = unpackOwner(words.load(ownerIndex(vm)));
		const same = owner.owner === self && owner.state === OwnerState.staged && owner.token === me.locals['token'];
		return same ? 'check-fence' : 'abandoned';
	}),
	step('source', 'check-fence', 'source reads its own fence', 'load', ({ words, self, incarnation, me }) =>
		Number(words.load(fenceIndex(self)) >> 32n) >= incarnation ? leave(me, 'abandoned') : 'freeze'
	),
	step('source', 'freeze', 'source gives the VM up: nobody runs it', 'compare-and-swap', ({ words, vm, self, incarnation, me }) => {
		const t = count(me.locals['token']);
		const before = packOwner({ owner: self, state: OwnerState.staged, incarnation, token: t });
		const after = packOwner({ owner: self, state: OwnerState.handoff, incarnation, token: t + 1 });
		return words.compareAndSwap(ownerIndex(vm), before, after) ? 'await-commit' : 'abandoned';
	}),
	step(
		'source',
		'await-commit',
		'source waits for the commit',
		'load',
		({ words, vm, self, me }) => {
			const value = words.load(ownerIndex(vm));
			const owner = unpackOwner(value);
			if (owner.owner === self && owner.state === OwnerState.handoff) return 'await-commit';
			if (owner.owner !== self || owner.state !== OwnerState.staged) return 'done';
			// A recoverer gave it back (I7b): it runs again only after a change of its own (I5).
			me.locals['seen'] = keep(value);
			return 'look-at-fence';
		},
		true
	),
	step('source', 'look-at-fence', 'source reads its own fence', 'load', ({ words, self, incarnation }) =>
		Number(words.load(fenceIndex(self)) >> 32n) >= incarnation ? 'done' : 'reclaim'
	),
	step('source', 'reclaim', 'source takes the VM that was given back', 'compare-and-swap', ({ words, vm, me }) => {
		const value = kept(me.locals['seen']);
		const before = unpackOwner(value);
		delete me.locals['seen'];
		return words.compareAndSwap(ownerIndex(vm), value, packOwner({ ...before, token: before.token + 1 })) ? 'resume' : 'await-commit';
	}),
	step('source', 'abort', 'source takes the VM back', 'compare-and-swap', ({ words, vm, self, incarnation, me, without }) => {
		const t = count(me.locals['token']);
		if (without.includes('abort-by-phase')) {
			// The first idea, kept as an exercise: abort on the phase word, commit on the owner word: both sides can win.
			const taken = words.compareAndSwap(phaseIndex(vm), BigInt(HandOffPhase.prepared), BigInt(HandOffPhase.idle));
			return taken ? 'resume' : 'await-commit';
		}
		const before = packOwner({ owner: self, state: OwnerState.handoff, incarnation, token: t + 1 });
		const after = packOwner({ owner: self, state: OwnerState.staged, incarnation, token: t + 2 });
		return words.compareAndSwap(ownerIndex(vm), before, after) || without.includes('abort-blind') ? 'resume' : 'await-commit';
	}),
	step('source', 'resume', 'source runs its vCPUs again', null, ({ me }) => {
		me.running = true;
		return leave(me, 'aborted');
	}),
	step('source', 'withdraw', 'source closes its proposal', 'store', ({ words, vm, me }) => {
		// A plain store may do: only the source proposes, and a target that wants to prepare later finds no proposal.
		words.store(phaseIndex(vm), BigInt(HandOffPhase.idle));
		return me.locals['end'] === 'abandoned' ? 'abandoned' : 'aborted';
	}),
	step(
		'target',
		'read-phase',
		'target looks for a proposal',
		'load',
		({ words, vm }) => (Number(words.load(phaseIndex(vm))) === HandOffPhase.proposed ? 'check-ranges' : 'read-phase'),
		true
	),
	step('target', 'check-ranges', 'target checks the ranges against their checksum', 'load', ({ words, vm, rangesCrc, reached, me }) => {
		const intact = Number(words.load(rangesIndex(vm)) & 0xffffffffn) === rangesCrc;
		if (intact && reached) return 'prepare';
		me.locals['refusal'] = intact ? 'not-switched' : 'checksum-mismatch';
		return 'reject';
	}),
	step('target', 'reject', 'target refuses the proposal', 'compare-and-swap', ({ words, vm }) => {
		words.compareAndSwap(phaseIndex(vm), BigInt(HandOffPhase.proposed), BigInt(HandOffPhase.idle));
		return 'gave-up';
	}),
	step('target', 'prepare', 'target has mapped the ranges', 'compare-and-swap', ({ words, vm, without }) =>
		words.compareAndSwap(phaseIndex(vm), BigInt(HandOffPhase.proposed), BigInt(HandOffPhase.prepared))
			? without.includes('await-handoff')
				? 'load'
				: 'await-handoff'
			: 'gave-up'
	),
	step(
		'target',
		'await-handoff',
		'target waits until nobody runs the VM',
		'load',
		({ words, vm, peer, me }) => {
			const value = words.load(ownerIndex(vm));
			const owner = unpackOwner(value);
			if (owner.owner !== peer || owner.state !== OwnerState.handoff) return 'await-handoff';
			me.locals['seen'] = keep(value);
			return 'check-state';
		},
		true
	),
	step('target', 'check-state', 'target checks the vCPU state', 'load', ({ words, vm, me, without }) => {
		const owner = unpackOwner(kept(me.locals['seen']));
		const valid = words.load(vcpuStateIndex(vm)) === stateMark(owner.token - 1);
		return valid || without.includes('state-check') ? 'read-fence' : 'await-handoff';
	}),
	step('target', 'read-fence', 'target reads its own fence', 'load', ({ words, self, incarnation }) =>
		Number(words.load(fenceIndex(self)) >> 32n) >= incarnation ? 'gave-up' : 'commit'
	),
	step('target', 'commit', 'target takes the VM: the commit', 'compare-and-swap', ({ words, vm, self, incarnation, me, without }) => {
		const before = kept(me.locals['seen']);
		const after = packOwner({
			owner: self,
			state: OwnerState.active,
			incarnation,
			token: unpackOwner(before).token + 1
		});
		if (without.includes('commit-blind')) {
			words.store(ownerIndex(vm), after);
			return 'load';
		}
		return words.compareAndSwap(ownerIndex(vm), before, after) ? 'load' : 'await-handoff';
	}),
	step('target', 'load', 'target loads the vCPU state and runs', null, ({ me }) => {
		me.running = true;
		return 'clear-phase';
	}),
	step('target', 'clear-phase', 'target closes the hand-off', 'compare-and-swap', ({ words, vm }) => {
		words.compareAndSwap(phaseIndex(vm), BigInt(HandOffPhase.prepared), BigInt(HandOffPhase.idle));
		return 'finished';
	})
];

/** Steps of a source that lead out already. */
export const LEADING_OUT = ['abort', 'look-at-fence', 'reclaim', 'resume', 'withdraw'];

/**
 * Where a source goes that is told to give the move up: null while nothing is left to decide. Before the freeze it simply
 * takes its proposal back, after it the owner word decides by compare-and-swap.
 */
export function wayOut(me: HandOffActorRecord): string | null {
	if (RESTING.includes(me.step) || LEADING_OUT.includes(me.step)) return null;
	if (me.step === 'await-commit') return 'abort';
	return me.running ? 'withdraw' : 'resume';
}

const BY_ID = new Map(HAND_OFF.map((entry) => [entry.id, entry]));

export function handOffStep(id: string): HandOffStep | null {
	return BY_ID.get(id) ?? null;
}
