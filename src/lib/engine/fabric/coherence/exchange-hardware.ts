import type { ExchangeLine, ExchangePlan, ExchangeTaken } from '../../contract/exchange.ts';
import { endRequest, leaves, nobodyAnswers, type Copy } from './back-invalidate.ts';
import { arrives, emptyLine, messageWords, onGround, withRequest, type BiLine } from './bi-state.ts';
import { deedOf, HOSTS, lineOf, other, programOf, VARIABLE, type Act, type Host, type Values } from './exchange-steps.ts';
import type { OrderStep } from './every-order.ts';

/**
 * The exchange of lesson 9 where the device keeps the caches coherent, message by message by the same rules as a running
 * fabric (back-invalidate.ts): a host that misses waits for its line, messages arrive in any order, caches let lines go.
 * Flushes, invalidates and fences have nothing to do there.
 */
export interface HardwareState {
	/** One for both with the option one-line. */
	readonly lines: readonly BiLine<Values>[];
	readonly at: Readonly<Record<Host, number>>;
	readonly told: Readonly<Record<Host, boolean>>;
	/** It has asked for a line and waits. */
	readonly waits: Readonly<Record<Host, boolean>>;
	readonly stale: number;
	readonly crashed: boolean;
}
type Step = OrderStep<HardwareState, ExchangeTaken>;

export function firstHardwareState(plan: ExchangePlan): HardwareState {
	return {
		lines: Array.from({ length: plan.options.includes('one-line') ? 1 : 2 }, () => emptyLine<Values>([0, 0])),
		at: { A: 0, B: 0 },
		told: { A: false, B: false },
		waits: { A: false, B: false },
		stale: 0,
		crashed: false
	};
}

/** `unasked`: caches let lines go by themselves. */
export function hardwareSteps(plan: ExchangePlan, state: HardwareState, unasked: boolean): Step[] {
	const steps: Step[] = [];
	const add = (id: string, taken: ExchangeTaken, effect: () => HardwareState): void => {
		steps.push({ id, enabled: () => true, effect: () => ({ state: effect(), taken }) });
	};
	for (const host of HOSTS) {
		const act = actOf(plan, state, host);
		if (act) steps.push({ id: host, enabled: () => true, effect: (before) => perform(plan, before, host, act) });
		state.lines.forEach((line, index) => {
			if (!unasked || !line.copies.some((copy) => copy.host === host)) return;
			const name: ExchangeLine = index === 0 ? 'question' : 'answer';
			add(
				`evict ${name} at ${host}`,
				{
					actor: host === 'A' ? 'cache of A' : 'cache of B',
					step: null,
					says: `the cache of ${host} makes room: the ${name} leaves, written back if it was changed`,
					does: { execute: 'evict', host, line: name },
					stale: false
				},
				() => changed(state, index, (ground) => leaves(ground, host))
			);
		});
	}
	state.lines.forEach((line, index) =>
		line.flying.forEach((message, at) =>
			steps.push({ id: `${index} ${messageWords(message)}`, enabled: () => true, effect: (before) => delivered(plan, before, index, at) })
		)
	);
	if (plan.options.includes('crash') && !state.crashed && state.told.B && state.at.A < programOf(plan, 'A').length)
		add(
			'crash',
			{ actor: 'crash', step: null, says: 'A crashes: what its cache had not written back is gone', does: null, stale: false },
			() => crashed(state)
		);
	return steps;
}

/** What a host does next, unless it waits, has not heard yet, or is gone. */
function actOf(plan: ExchangePlan, state: HardwareState, host: Host): Act | null {
	if (state.waits[host] || (host === 'A' && state.crashed)) return null;
	const act = programOf(plan, host)[state.at[host]];
	return act === undefined || (act.act === 'hear' && !state.told[host]) ? null : act;
}

const nothingStored = (_host: string, _store: number, held: Values): Values => held;

function changed(state: HardwareState, index: number, act: Parameters<typeof onGround<Values>>[3]): HardwareState {
	return withLine(
		state,
		index,
		onGround(state.lines[index] as BiLine<Values>, nothingStored, () => undefined, act)
	);
}
const withLine = (state: HardwareState, index: number, line: BiLine<Values>): HardwareState => ({
	...state,
	lines: state.lines.map((each, at) => (at === index ? line : each))
});

function perform(plan: ExchangePlan, state: HardwareState, host: Host, act: Act): { state: HardwareState; taken: ExchangeTaken } {
	const on: HardwareState = { ...state, at: { ...state.at, [host]: state.at[host] + 1 } };
	const step = 'step' in act ? act.step : null;
	const say = (says: string, next: HardwareState, over = true, stale = false): { state: HardwareState; taken: ExchangeTaken } => ({
		state: next,
		taken: { actor: host, step: over ? step : null, says, does: deedOf(host, act), stale }
	});
	switch (act.act) {
		case 'tell':
			return say(`${host} tells ${other(host)}`, { ...on, told: { ...on.told, [other(host)]: true } });
		case 'hear':
			return say(`${host} has heard it`, on);
		case 'fence':
			return say(`${host}: a fence, nothing of its own is under way`, on);
		case 'flush':
		case 'invalidate':
			return say(`${host}: ${act.act} of the ${act.line}: not needed, the device keeps all caches coherent`, on);
		case 'load':
		case 'store': {
			const index = lineOf(plan, act.line);
			const line = state.lines[index] as BiLine<Values>;
			const copy = line.copies.find((each) => each.host === host);
			const owns = copy !== undefined && copy.state !== 'shared';
			if (act.act === 'store' ? !owns : copy === undefined) {
				const want = act.act === 'store' ? 'exclusive' : 'shared';
				return say(
					`${host} ${act.act}s the ${act.line}: it asks the device for the line`,
					{
						...withLine(state, index, withRequest(line, host, want, act.act === 'store' ? 1 : 0)),
						waits: { ...state.waits, [host]: true }
					},
					false
				);
			}
			if (act.act === 'store') {
				const held: Copy<Values> = { host, state: 'modified', value: storedIn(act.line, (copy as Copy<Values>).value) };
				return say(
					`${host} stores the ${act.line} in its own cache`,
					changed(on, index, (ground) => ground.put(host, held))
				);
			}
			const got = (copy as Copy<Values>).value[VARIABLE[act.line]];
			return say(
				`${host} loads the ${act.line} from its cache: ${got === 0 ? 'the old one' : 'the new one'}`,
				{ ...on, stale: on.stale + Number(got === 0) },
				true,
				got === 0
			);
		}
	}
}

const storedIn = (line: ExchangeLine, held: Values): Values => (VARIABLE[line] === 0 ? [1, held[1]] : [held[0], 1]);

/** A message arrives; where it brings a line that a host waits for, that host's step is done. */
function delivered(plan: ExchangePlan, state: HardwareState, index: number, at: number): { state: HardwareState; taken: ExchangeTaken } {
	const before = state.lines[index] as BiLine<Values>;
	const message = before.flying[at] as (typeof before.flying)[number];
	const named = (host: string): Act & { readonly line: ExchangeLine; readonly step: number } =>
		programOf(plan, host as Host)[state.at[host as Host]] as Act & { readonly line: ExchangeLine; readonly step: number };
	let done: {
		readonly host: Host;
		readonly act: Act & { readonly line: ExchangeLine; readonly step: number };
		readonly got: number;
	} | null = null;
	const line = arrives(
		before,
		at,
		(host, _store, held) => storedIn(named(host).line, held),
		({ host, store }, copy) => {
			const act = named(host);
			done = { host: host as Host, act, got: store > 0 ? 1 : copy.value[VARIABLE[act.line]] };
		}
	);
	const next = withLine(state, index, line);
	const served = done as { host: Host; act: Act & { line: ExchangeLine; step: number }; got: number } | null;
	if (!served) return { state: next, taken: { actor: 'coherence', step: null, says: messageWords(message), does: null, stale: false } };
	const { host, act, got } = served;
	const stale = got === 0;
	return {
		state: {
			...next,
			at: { ...next.at, [host]: next.at[host] + 1 },
			waits: { ...next.waits, [host]: false },
			stale: next.stale + Number(stale)
		},
		taken: {
			actor: 'coherence',
			step: act.step,
			says: `${messageWords(message)}: ${host} ${act.act}s the ${act.line}${act.act === 'load' ? (stale ? ', the old one' : ', the new one') : ''}`,
			does: null,
			stale
		}
	};
}

/** A is gone: its copies with what was changed in them, its requests, and every answer that somebody waits for. */
function crashed(state: HardwareState): HardwareState {
	const lines = state.lines.map((line) =>
		onGround(
			{ ...line, copies: line.copies.filter((copy) => copy.host !== 'A'), flying: line.flying.filter((message) => message.host !== 'A') },
			nothingStored,
			() => undefined,
			(ground) => {
				for (const request of ground.requests().filter((each) => each.host === 'A'))
					if (request.queued) ground.removeRequest(request);
					else endRequest(ground, request);
				for (const request of ground.requests().filter((each) => each.waitingFor.includes('A'))) nobodyAnswers(ground, request, 'A');
			}
		)
	);
	return { ...state, lines, crashed: true, waits: { ...state.waits, A: false } };
}
