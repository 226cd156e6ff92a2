import { BI_RULES, leaves, type BiRules, type Copy } from '$lib/engine/fabric/coherence/back-invalidate.ts';
import { arrives, emptyLine, messageWords, onGround, withRequest, type BiLine } from '$lib/engine/fabric/coherence/bi-state.ts';
import { everyOrder, pathTo, type OrderStep } from '$lib/engine/fabric/coherence/every-order.ts';

/**
 * Every order of hosts that load from and store to one line of a coherent device, message by message: each host's program,
 * each message under way, each cache that lets the line go by itself. After every step: one owner or readers of what the
 * medium holds, every load gives the newest store, nothing stored is lost, and in the end nobody waits.
 */
export type LineDeed = 'load' | 'store';
export interface LinePrograms {
	readonly [host: string]: readonly LineDeed[];
}

export interface LinesVerdict {
	readonly states: number;
	readonly ends: number;
	readonly whole: boolean;
	/** Null: every statement holds in every order. */
	readonly broken: string | null;
	/** Shortest order that breaks it. */
	readonly path: readonly string[];
}

interface State {
	readonly line: BiLine<number>;
	/** Next deed of each host. */
	readonly at: Readonly<Record<string, number>>;
	/** It has asked and waits for the line. */
	readonly waits: Readonly<Record<string, boolean>>;
	/** Stores so far: the version of the newest. */
	readonly newest: number;
	/** A load gave this in place of the newest; −1: none did. */
	readonly stale: number;
}

const MOST_STATES = 400_000;

export function exploreLines(programs: LinePrograms, rules: BiRules = BI_RULES): LinesVerdict {
	const hosts = Object.keys(programs);
	const first: State = {
		line: emptyLine(0),
		at: Object.fromEntries(hosts.map((host) => [host, 0])),
		waits: Object.fromEntries(hosts.map((host) => [host, false])),
		newest: 0,
		stale: -1
	};
	const { seen, whole } = everyOrder<State, string>(
		first,
		(state) => stepsOf(programs, rules, state),
		(state) => brokenIn(state) !== null,
		MOST_STATES
	);
	let ends = 0;
	let found: { at: number; says: string } | null = null;
	for (const [at, { state }] of seen.entries()) {
		const says = brokenIn(state) ?? stuckIn(programs, rules, state);
		if (says !== null && found === null) found = { at, says };
		ends += Number(stepsOf(programs, rules, state).length === 0);
	}
	return {
		states: seen.length,
		ends,
		whole,
		broken: found?.says ?? (whole ? null : 'not every order was looked at'),
		path: found ? pathTo(seen, found.at) : []
	};
}

function stepsOf(programs: LinePrograms, rules: BiRules, state: State): OrderStep<State, string>[] {
	const steps: OrderStep<State, string>[] = [];
	const add = (id: string, effect: () => State): void => {
		steps.push({ id, enabled: () => true, effect: () => ({ state: effect(), taken: id }) });
	};
	for (const [host, program] of Object.entries(programs)) {
		const deed = program[state.at[host] as number];
		if (deed !== undefined && !state.waits[host]) add(`${host}: ${deed}`, () => begins(state, host, deed));
		if (state.line.copies.some((copy) => copy.host === host))
			add(`the cache of ${host} lets the line go`, () => ({
				...state,
				line: onGround(
					state.line,
					() => 0,
					() => undefined,
					(ground) => leaves(ground, host)
				)
			}));
	}
	state.line.flying.forEach((message, index) => add(messageWords(message), () => delivered(state, index, rules)));
	return steps;
}

/** A hit is done at once; a miss asks the device. */
function begins(state: State, host: string, deed: LineDeed): State {
	const copy = state.line.copies.find((each) => each.host === host);
	if (deed === 'load') {
		if (copy) return done(state, host, copy.value);
		return { ...state, waits: { ...state.waits, [host]: true }, line: withRequest(state.line, host, 'shared', 0) };
	}
	if (!copy || copy.state === 'shared')
		return { ...state, waits: { ...state.waits, [host]: true }, line: withRequest(state.line, host, 'exclusive', 1) };
	const newest = state.newest + 1;
	const changed: Copy<number> = { host, state: 'modified', value: newest };
	return done(
		{
			...state,
			newest,
			line: onGround(
				state.line,
				() => 0,
				() => undefined,
				(ground) => ground.put(host, changed)
			)
		},
		host,
		null
	);
}

/** A deed is over; `got` is what a load gave. */
function done(state: State, host: string, got: number | null): State {
	return {
		...state,
		at: { ...state.at, [host]: (state.at[host] as number) + 1 },
		waits: { ...state.waits, [host]: false },
		stale: got !== null && got !== state.newest ? got : state.stale
	};
}

function delivered(state: State, index: number, rules: BiRules): State {
	let { newest } = state;
	const served: { host: string; got: number | null }[] = [];
	const line = arrives(
		state.line,
		index,
		() => (newest += 1),
		(request, copy) => served.push({ host: request.host, got: request.store > 0 ? null : copy.value }),
		rules
	);
	return served.reduce((next, { host, got }) => done(next, host, got), { ...state, line, newest });
}

function brokenIn({ line, newest, stale }: State): string | null {
	const owner = line.copies.find((copy) => copy.state !== 'shared');
	if (owner && line.copies.length > 1)
		return `${owner.host} owns the line, and ${line.copies.find((copy) => copy !== owner)?.host ?? ''} holds it too`;
	const old = line.copies.find((copy) => copy.state !== 'modified' && copy.value !== line.media);
	if (old) return `${old.host} holds version ${old.value}, the medium ${line.media}`;
	if (stale >= 0) return `a load gave version ${stale}, the newest is ${newest}`;
	const kept = line.media === newest || line.copies.some((copy) => copy.state === 'modified' && copy.value === newest);
	return kept ? null : `store ${newest} is gone`;
}

/** Nothing can happen any more although somebody has something left to do. */
function stuckIn(programs: LinePrograms, rules: BiRules, state: State): string | null {
	if (stepsOf(programs, rules, state).length > 0) return null;
	const waiting = Object.entries(programs).find(([host, program]) => (state.at[host] as number) < program.length);
	if (waiting) return `${waiting[0]} waits for ever`;
	return state.line.requests.length > 0 ? 'the device still works on a request' : null;
}
