import { OwnerState, packOwner, unpackOwner } from '../contract/words.ts';
import type { HandOffActorRecord } from '../state/records.ts';
import { FIRST_STEP, handOffStep, RESTING, wayOut, type Actor } from './hand-off.ts';
import { ownerIndex, rangesIndex, vcpuStateIndex, type SharedWords } from './words.ts';

/**
 * Every order of the hand-off's steps, with a cancel at the source at any of its steps and at most one crash of either
 * host at any step. Worlds are tiny: one VM, two actors, the shared words. Time and cost are left out.
 */
export interface ExploredState {
	/** Words that were ever written, by their index. */
	readonly words: Record<number, bigint>;
	readonly source: HandOffActorRecord;
	readonly target: HandOffActorRecord;
	readonly crashed: Actor | null;
	/** Step ids that led here. */
	readonly path: readonly string[];
}

export interface Exploration {
	readonly states: number;
	readonly ends: number;
	/** First violation of each statement, with the shortest list of steps that leads to it. */
	readonly violations: readonly { readonly statement: string; readonly path: readonly string[] }[];
	/** How often each way to end occurred. */
	readonly endings: Readonly<Record<string, number>>;
}

const CRC = 0x5eed;
const START_TOKEN = 7;

function start(): ExploredState {
	return {
		words: {
			[ownerIndex(0)]: packOwner({ owner: 0, state: OwnerState.staged, incarnation: 1, token: START_TOKEN }),
			[rangesIndex(0)]: BigInt(CRC)
		},
		source: { step: FIRST_STEP.source, running: true, locals: {}, planned: false },
		target: { step: FIRST_STEP.target, running: false, locals: {}, planned: false },
		crashed: null,
		path: []
	};
}

function key(state: ExploredState): string {
	const tail = `${state.crashed ?? '-'}`;
	const words = Object.entries(state.words)
		.map(([index, value]) => `${index}=${value.toString(16)}`)
		.join(',');
	return JSON.stringify([words, state.source, state.target, tail]);
}

/** The state after `actor` took the step it stands at; `instead` names another step (a cancel). */
function successor(
	state: ExploredState,
	actor: Actor,
	without: readonly string[],
	reached: boolean,
	instead?: string
): ExploredState | null {
	const next: ExploredState = {
		words: { ...state.words },
		source: structuredClone(state.source),
		target: structuredClone(state.target),
		crashed: state.crashed,
		path: [...state.path, `${actor}: ${instead ?? state[actor].step}`]
	};
	const me = next[actor];
	const entry = handOffStep(instead ?? me.step);
	if (!entry) return null;
	const words: SharedWords = {
		load: (index) => next.words[index] ?? 0n,
		store: (index, value) => {
			next.words[index] = value;
		},
		compareAndSwap: (index, expected, value) => {
			if ((next.words[index] ?? 0n) !== expected) return false;
			next.words[index] = value;
			return true;
		}
	};
	me.step = entry.run({
		words,
		vm: 0,
		self: actor === 'source' ? 0 : 1,
		peer: actor === 'source' ? 1 : 0,
		incarnation: 1,
		me,
		rangesCrc: CRC,
		reached,
		without
	});
	return next;
}

/** Statements that hold in every state (cxl-fabric reference 10.5, I1, I2, I3, I5). */
function broken(before: ExploredState | null, state: ExploredState): string[] {
	const owner = unpackOwner(state.words[ownerIndex(0)] as bigint);
	const runs = { source: state.source.running, target: state.target.running };
	const found: string[] = [];
	if (runs.source && runs.target) found.push('never two runners');
	if (owner.state === OwnerState.handoff && (runs.source || runs.target)) found.push('nobody runs in the hand-off');
	if (runs.target && owner.owner !== 1) found.push('only the owner runs');
	if (runs.source && owner.owner !== 0) found.push('only the owner runs');
	if (runs.target && (state.words[vcpuStateIndex(0)] ?? 0n) === 0n) found.push('the vCPU state is complete before it is loaded');
	if (before) {
		const earlier = unpackOwner(before.words[ownerIndex(0)] as bigint);
		const changed = before.words[ownerIndex(0)] !== state.words[ownerIndex(0)];
		if (changed && owner.token <= earlier.token) found.push('the token grows with every change');
	}
	return found;
}

/** How a run without further steps ended, or null if it is a bad end. */
function ending(state: ExploredState): string | null {
	const owner = unpackOwner(state.words[ownerIndex(0)] as bigint);
	const runner = state.source.running ? 'source' : state.target.running ? 'target' : null;
	if (state.crashed === null) return runner ? `runs on the ${runner}` : null;
	if (runner) return `runs on the ${runner}, the other host is dead`;
	if (owner.state === OwnerState.handoff) return 'in the hand-off, nothing lost, a recoverer may take it';
	const dead = state.crashed === 'source' ? 0 : 1;
	return owner.owner === dead ? 'lost with the host that ran it' : null;
}

/** The host of `actor` dies: its registers are gone, shared memory stays. */
function crash(state: ExploredState, actor: Actor): ExploredState {
	const next = structuredClone(state) as ExploredState;
	next[actor].running = false;
	next[actor].step = 'crashed';
	return { ...next, crashed: actor, path: [...state.path, `${actor}: crash`] };
}

/** Breadth first, so that the first path to a violation is a shortest one. `reached`: the target's decoder covers the ranges. */
export function explore(without: readonly string[] = [], reached = true, limit = 200_000): Exploration {
	const first = start();
	const seen = new Set<string>([key(first)]);
	const queue: ExploredState[] = [first];
	const violations = new Map<string, readonly string[]>();
	const endings: Record<string, number> = {};
	let ends = 0;
	for (let at = 0; at < queue.length && seen.size < limit; at += 1) {
		const state = queue[at] as ExploredState;
		const steps: (ExploredState | null)[] = [];
		const crashes: ExploredState[] = [];
		for (const actor of ['source', 'target'] as const) {
			if (state.crashed === actor || RESTING.includes(state[actor].step)) continue;
			steps.push(successor(state, actor, without, reached));
			const out = actor === 'source' ? wayOut(state.source) : null;
			if (out !== null) steps.push(successor(state, actor, without, reached, out));
			if (state.crashed === null) crashes.push(crash(state, actor));
		}
		const moves = steps.filter((step) => step !== null && key(step) !== key(state));
		if (moves.length === 0) {
			ends += 1;
			const how = ending(state);
			if (how === null) violations.set('a quiet end has one runner or a recoverable word', state.path);
			else endings[how] = (endings[how] ?? 0) + 1;
		}
		for (const candidate of [...moves, ...crashes] as ExploredState[]) {
			const name = key(candidate);
			if (seen.has(name)) continue;
			seen.add(name);
			queue.push(candidate);
			for (const statement of broken(state, candidate)) if (!violations.has(statement)) violations.set(statement, candidate.path);
		}
	}
	return {
		states: seen.size,
		ends,
		violations: [...violations].map(([statement, path]) => ({ statement, path })),
		endings
	};
}
