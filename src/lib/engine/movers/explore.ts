import type { MoverStep, MoverVerdict } from '../contract/movers.ts';
import { actsOf, firstState, MOVERS, stepOf, type Mover, type MoverPlan, type MoverState } from './steps.ts';

/**
 * Every order of the three movers' steps, to a stated depth. A plan wins when in every order all pages are in CXL at the
 * hand-off and all can be pulled home afterwards. What lies beyond the depth is not proved, and the answer says so.
 */
interface Seen {
	readonly state: MoverState;
	readonly path: readonly MoverStep[];
}

/** Rounds that balancing and reclaim have together: more cannot reach a new state of one class of pages. */
const ROUNDS = 4;

export function exploreMovers(plan: MoverPlan, depth = 12): MoverVerdict {
	const queue: Seen[] = [{ state: firstState(ROUNDS), path: [] }];
	const known = new Set<string>([JSON.stringify(queue[0]?.state)]);
	const last = actsOf(plan).length;
	let ends = 0;
	let longest = 0;
	let whole = true;
	let won: readonly MoverStep[] = [];
	for (let at = 0; at < queue.length; at += 1) {
		const { state, path } = queue[at] as Seen;
		longest = Math.max(longest, path.length);
		const reason = lost(state, last);
		if (reason !== null) return { wins: false, states: known.size, ends: ends + 1, depth: longest, whole, path, reason };
		if (state.act >= last) {
			ends += 1;
			if (won.length === 0) won = path;
			continue;
		}
		if (path.length >= depth) {
			ends += 1;
			whole = false;
			continue;
		}
		for (const mover of MOVERS) {
			const taken = stepOf(plan, state, mover);
			if (taken === null) continue;
			const key = JSON.stringify(taken.state);
			if (known.has(key)) continue;
			known.add(key);
			queue.push({ state: taken.state, path: [...path, { mover, does: doneBy(plan, mover, state, taken.state), says: taken.says }] });
		}
	}
	return {
		wins: won.length > 0,
		states: known.size,
		ends,
		depth: longest,
		whole,
		path: won,
		reason: won.length > 0 ? null : 'no order came to its end within the depth'
	};
}

/** Why a state has lost, or null. */
function lost(state: MoverState, last: number): string | null {
	if (state.handedOver === 'elsewhere') return 'at the hand-off the pages are not in CXL';
	if (state.act >= last && state.place !== 'home') return 'after the hand-off the pages cannot be pulled home';
	return null;
}

/** What a run has to do so that this step is seen in it. */
function doneBy(plan: MoverPlan, mover: Mover, before: MoverState, after: MoverState): string | null {
	if (mover === 'migrator') return after.act > before.act ? (actsOf(plan)[before.act] ?? null) : null;
	if (before.place === after.place) return null;
	return mover === 'balancing' ? 'promote' : 'swap out';
}
