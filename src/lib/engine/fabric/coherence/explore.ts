import type { ExchangePlan, ExchangeTaken, ExchangeVerdict } from '../../contract/exchange.ts';
import { everyOrder, pathTo, type Orders } from './every-order.ts';
import { firstHardwareState, hardwareSteps, type HardwareState } from './exchange-hardware.ts';
import { exchangeSteps, firstExchangeState, programOf, type Host } from './exchange-steps.ts';

/** Far above what any plan reaches; a plan that got there would be told as not looked at whole. */
const MOST_STATES = 200_000;

/** What the verdict reads of a state, whichever table it comes from. */
interface Course {
	readonly at: Readonly<Record<Host, number>>;
	readonly stale: number;
	readonly crashed: boolean;
}

/** Every order of the exchange: both hosts, both caches, and the messages of hardware coherence. */
export function exploreExchange(plan: ExchangePlan): ExchangeVerdict {
	const lengths = { A: programOf(plan, 'A').length, B: programOf(plan, 'B').length };
	const isOver = (state: Course): boolean => (state.at.A >= lengths.A || state.crashed) && state.at.B >= lengths.B;
	if (plan.model === 'hardware') {
		const orders = (unasked: boolean): Orders<HardwareState, ExchangeTaken> =>
			everyOrder(firstHardwareState(plan), (state) => hardwareSteps(plan, state, unasked), isOver, MOST_STATES);
		const found = verdict(plan, orders(true), isOver);
		// A cache that happens to let a line go is a shorter way than a snoop: what is shown is one where caches keep their lines.
		return found.wins ? { ...found, path: verdict(plan, orders(false), isOver).path } : found;
	}
	const steps = exchangeSteps(plan);
	return verdict(
		plan,
		everyOrder(firstExchangeState(plan), () => steps, isOver, MOST_STATES),
		isOver
	);
}

function verdict<S extends Course>(
	plan: ExchangePlan,
	{ seen, whole }: Orders<S, ExchangeTaken>,
	isOver: (state: S) => boolean
): ExchangeVerdict {
	let staleReads = 0;
	let ends = 0;
	let freshEnds = 0;
	let firstStale = -1;
	let firstEnd = -1;
	for (const [at, { state }] of seen.entries()) {
		if (state.stale > 0 && firstStale < 0) firstStale = at;
		staleReads = Math.max(staleReads, state.stale);
		if (!isOver(state)) continue;
		ends += 1;
		freshEnds += Number(state.stale === 0);
		if (firstEnd < 0) firstEnd = at;
	}
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
