import { EXCHANGE_LINES, type ExchangeDeed, type ExchangeLine, type ExchangePlan, type ExchangeTaken } from '../../contract/exchange.ts';
import {
	evictLine,
	flushLine,
	invalidateLine,
	loadLine,
	prefetchLine,
	settleLine,
	storeLine,
	type CachedLine,
	type LineAfter
} from './line.ts';
import type { OrderStep } from './every-order.ts';

/**
 * The exchange of lesson 9 as a table of steps (decision D13): two hosts, each with a program of its own, and their caches,
 * which act whenever they like. Every step makes one access to what is shared. The explorer takes every enabled step; a run
 * takes the same ones as commands. Telling is a message outside of the memory: CXL.mem has no doorbell. Where the device keeps
 * the caches coherent, `exchange-hardware.ts` has the table.
 */
export type Host = 'A' | 'B';
export const HOSTS: readonly Host[] = ['A', 'B'];
/** What a line of the cache holds: version of the question, of the answer. 0 = old. */
export type Values = readonly [number, number];
export const VARIABLE: Readonly<Record<ExchangeLine, 0 | 1>> = { question: 0, answer: 1 };

export interface ExchangeState {
	/** One entry per line of the caches: one for both with the option one-line. */
	readonly media: readonly Values[];
	readonly caches: Readonly<Record<Host, readonly (CachedLine<Values> | null)[]>>;
	readonly at: Readonly<Record<Host, number>>;
	/** Host has been told by the other. */
	readonly told: Readonly<Record<Host, boolean>>;
	readonly stale: number;
	readonly crashed: boolean;
}

export type Act =
	| { readonly act: 'store' | 'load'; readonly line: ExchangeLine; readonly step: number }
	| { readonly act: 'tell'; readonly step: number }
	| { readonly act: 'hear' }
	| { readonly act: 'flush' | 'invalidate'; readonly line: ExchangeLine }
	| { readonly act: 'fence' };

export type ExchangeStep = OrderStep<ExchangeState, ExchangeTaken>;

export function firstExchangeState(plan: ExchangePlan): ExchangeState {
	const lines = plan.options.includes('one-line') ? 1 : 2;
	const empty = Array.from({ length: lines }, () => null);
	return {
		media: Array.from({ length: lines }, () => [0, 0] as const),
		caches: { A: empty, B: empty },
		at: { A: 0, B: 0 },
		told: { A: false, B: false },
		stale: 0,
		crashed: false
	};
}

/** What each host does, in its own order, with the operations that the plan places between. */
export function programOf(plan: ExchangePlan, host: Host): readonly Act[] {
	const placed = (slot: string): Act[] =>
		plan.placed
			.filter((each) => each.slot === slot)
			.map((each): Act => (each.line === null ? { act: 'fence' } : { act: each.operation as 'flush' | 'invalidate', line: each.line }));
	return host === 'A'
		? [
				...placed('A0'),
				{ act: 'store', line: 'question', step: 1 },
				...placed('A1'),
				{ act: 'tell', step: 2 },
				...placed('A2'),
				{ act: 'hear' },
				...placed('A5'),
				{ act: 'load', line: 'answer', step: 6 },
				...placed('A6')
			]
		: [
				...placed('B0'),
				{ act: 'hear' },
				...placed('B2'),
				{ act: 'load', line: 'question', step: 3 },
				...placed('B3'),
				{ act: 'store', line: 'answer', step: 4 },
				...placed('B4'),
				{ act: 'tell', step: 5 },
				...placed('B5')
			];
}

export const other = (host: Host): Host => (host === 'A' ? 'B' : 'A');

/** All steps of the exchange under this plan. */
export function exchangeSteps(plan: ExchangePlan): readonly ExchangeStep[] {
	const steps: ExchangeStep[] = HOSTS.map((host) => programStep(plan, host));
	if (plan.model === 'software') for (const host of HOSTS) steps.push(...cacheSteps(plan, host));
	if (plan.options.includes('crash'))
		steps.push({
			id: 'crash',
			enabled: (state) => !state.crashed && state.told.B && state.at.A < programOf(plan, 'A').length,
			effect: (state) => ({
				state: { ...state, crashed: true, caches: { ...state.caches, A: state.caches.A.map(() => null) } },
				taken: { actor: 'crash', step: null, says: 'A crashes: what its cache had not written back is gone', does: null, stale: false }
			})
		});
	return steps;
}

function programStep(plan: ExchangePlan, host: Host): ExchangeStep {
	const program = programOf(plan, host);
	return {
		id: host,
		enabled: (state) => {
			if (host === 'A' && state.crashed) return false;
			const act = program[state.at[host]];
			if (act === undefined) return false;
			if (act.act === 'hear') return state.told[host];
			if (act.act === 'fence') return state.caches[host].every((line) => line === null || line.leaving === 'no');
			return true;
		},
		effect: (state) => perform(plan, host, program[state.at[host]] as Act, { ...state, at: { ...state.at, [host]: state.at[host] + 1 } })
	};
}

function perform(plan: ExchangePlan, host: Host, act: Act, state: ExchangeState): { state: ExchangeState; taken: ExchangeTaken } {
	const step = 'step' in act ? act.step : null;
	const say = (says: string, next: ExchangeState = state, stale = false): { state: ExchangeState; taken: ExchangeTaken } => ({
		state: next,
		taken: { actor: host, step, says, does: deedOf(host, act), stale }
	});
	switch (act.act) {
		case 'tell':
			return say(`${host} tells ${other(host)}`, { ...state, told: { ...state.told, [other(host)]: true } });
		case 'hear':
			return say(`${host} has heard it`);
		case 'fence':
			return say(`${host}: a fence, nothing of its own is under way`);
		case 'store': {
			if (plan.model === 'read-only') return say(`${host} stores the ${act.line}: the region is read-only, the store vanishes`);
			const next = onLine(plan, state, host, act.line, (line, media) =>
				storeLine(line, media, (held) => (VARIABLE[act.line] === 0 ? [1, held[1]] : [held[0], 1]))
			);
			return say(`${host} stores the ${act.line}: it is dirty in its cache`, next);
		}
		case 'load': {
			let got = 0;
			const next = onLine(plan, state, host, act.line, (line, media) => {
				const after = loadLine(line, media);
				got = after.got[VARIABLE[act.line]];
				return after;
			});
			const stale = got === 0;
			const from = state.caches[host][lineOf(plan, act.line)] === null ? 'the device' : 'its cache';
			return say(
				`${host} loads the ${act.line} from ${from}: ${stale ? 'the old one' : 'the new one'}`,
				{ ...next, stale: state.stale + (stale ? 1 : 0) },
				stale
			);
		}
		case 'flush':
			return say(
				`${host} flushes the ${act.line}`,
				onLine(plan, state, host, act.line, (line, media) => flushLine(line, media, !plan.options.includes('weak')))
			);
		case 'invalidate':
			return say(
				`${host} invalidates the ${act.line}`,
				onLine(plan, state, host, act.line, (line, media) => invalidateLine(line, media, !plan.options.includes('weak')))
			);
	}
}

export const lineOf = (plan: ExchangePlan, line: ExchangeLine): number => (plan.options.includes('one-line') ? 0 : VARIABLE[line]);

function onLine(
	plan: ExchangePlan,
	state: ExchangeState,
	host: Host,
	line: ExchangeLine,
	rule: (line: CachedLine<Values> | null, media: Values) => LineAfter<Values>
): ExchangeState {
	return atLine(state, host, lineOf(plan, line), rule);
}

function atLine(
	state: ExchangeState,
	host: Host,
	index: number,
	rule: (line: CachedLine<Values> | null, media: Values) => LineAfter<Values>
): ExchangeState {
	const after = rule(state.caches[host][index] ?? null, state.media[index] as Values);
	return {
		...state,
		media: state.media.map((held, at) => (at === index ? after.media : held)),
		caches: { ...state.caches, [host]: state.caches[host].map((held, at) => (at === index ? after.line : held)) }
	};
}

export function deedOf(host: Host, act: Act): ExchangeDeed | null {
	if (act.act === 'tell' || act.act === 'hear') return null;
	return { execute: act.act, host, line: 'line' in act ? act.line : null };
}

/** What a cache does unasked: fetch ahead, make room, finish what is under way, write back what nobody changed. */
function cacheSteps(plan: ExchangePlan, host: Host): ExchangeStep[] {
	const actor = host === 'A' ? 'cache of A' : 'cache of B';
	const writesClean = plan.options.includes(`clean-writebacks-${host}`);
	const lines = plan.options.includes('one-line') ? 1 : 2;
	const alive = (state: ExchangeState): boolean => !(host === 'A' && state.crashed);
	const steps: ExchangeStep[] = [];
	for (let index = 0; index < lines; index += 1) {
		const name = EXCHANGE_LINES[index] as ExchangeLine;
		const words = lines === 1 ? 'line' : name;
		const add = (
			execute: ExchangeDeed['execute'],
			says: string,
			enabled: (line: CachedLine<Values> | null) => boolean,
			rule: (line: CachedLine<Values> | null, media: Values) => LineAfter<Values>
		): void => {
			steps.push({
				id: `${execute} ${name} at ${host}`,
				enabled: (state) => alive(state) && enabled(state.caches[host][index] ?? null),
				effect: (state) => ({
					state: atLine(state, host, index, rule),
					taken: { actor, step: null, says, does: { execute, host, line: name }, stale: false }
				})
			});
		};
		add('prefetch', `the cache of ${host} fetches the ${words} ahead`, (line) => line === null, prefetchLine);
		add(
			'evict',
			`the cache of ${host} makes room: the ${words} leaves, written back if it was changed`,
			(line) => line !== null && line.leaving === 'no',
			(line, media) => evictLine(line, media, false)
		);
		if (plan.options.includes('weak'))
			add('settle', `what ${host} began with the ${words} has arrived`, (line) => line !== null && line.leaving !== 'no', settleLine);
		if (writesClean)
			add(
				'write-back-clean',
				`the cache of ${host} writes the ${words} back although nobody changed it there`,
				(line) => line?.state === 'clean',
				(line, media) => evictLine(line, media, true)
			);
	}
	return steps;
}
