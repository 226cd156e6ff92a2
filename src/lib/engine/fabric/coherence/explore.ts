import type { ExchangePlan, ExchangeTaken, ExchangeVerdict } from '../../contract/exchange.ts';
import { exchangeSteps, firstExchangeState, programOf, type ExchangeState } from './exchange-steps.ts';

/** Far above what any plan reaches; a plan that got there would be told as not looked at whole. */
const MOST_STATES = 200_000;

interface Seen {
	readonly state: ExchangeState;
	/** Where it came from, −1 for the first one. */
	readonly from: number;
	readonly taken: ExchangeTaken | null;
}

/** Every order of the exchange: both hosts and both caches. Breadth first, so that the order shown is a shortest one. */
export function exploreExchange(plan: ExchangePlan): ExchangeVerdict {
	const steps = exchangeSteps(plan);
	const lengths = { A: programOf(plan, 'A').length, B: programOf(plan, 'B').length };
	const seen: Seen[] = [{ state: firstExchangeState(plan), from: -1, taken: null }];
	const known = new Set<string>([JSON.stringify(seen[0]?.state)]);
	let staleReads = 0;
	let ends = 0;
	let freshEnds = 0;
	let firstStale = -1;
	let firstEnd = -1;
	for (let at = 0; at < seen.length && seen.length < MOST_STATES; at += 1) {
		const { state } = seen[at] as Seen;
		if (state.stale > 0 && firstStale < 0) firstStale = at;
		staleReads = Math.max(staleReads, state.stale);
		if ((state.at.A >= lengths.A || state.crashed) && state.at.B >= lengths.B) {
			ends += 1;
			freshEnds += Number(state.stale === 0);
			if (firstEnd < 0) firstEnd = at;
			continue;
		}
		for (const step of steps) {
			if (!step.enabled(state)) continue;
			const next = step.effect(state);
			const key = JSON.stringify(next.state);
			if (known.has(key)) continue;
			known.add(key);
			seen.push({ state: next.state, from: at, taken: next.taken });
		}
	}
	const whole = seen.length < MOST_STATES;
	const wins = whole && staleReads === 0 && ends > 0;
	const path = pathTo(seen, wins ? firstEnd : firstStale);
	return {
		wins,
		plan,
		operations: plan.placed.filter((each) => each.operation !== 'fence').length,
		fences: plan.placed.filter((each) => each.operation === 'fence').length,
		staleReads,
		states: seen.length,
		ends,
		freshEnds,
		whole,
		path,
		reason: wins ? null : (path.at(-1)?.says ?? 'not every order was looked at')
	};
}

function pathTo(seen: readonly Seen[], last: number): ExchangeTaken[] {
	const path: ExchangeTaken[] = [];
	for (let at = last; at >= 0; at = (seen[at] as Seen).from) {
		const { taken } = seen[at] as Seen;
		if (taken !== null) path.unshift(taken);
	}
	return path;
}
