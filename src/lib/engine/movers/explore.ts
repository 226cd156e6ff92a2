import type { MoverStep, MoverVerdict } from '../contract/movers.ts';
import { actsOf, firstState, MOVERS, stepOf, type Act, type Mover, type MoverPlan, type MoverState, type Taken } from './steps.ts';

/**
 * Every order of the three movers' steps, to a stated depth. A plan wins when in every order all pages are in CXL at the
 * hand-off and all can be pulled home afterwards. What lies beyond the depth is not proved, and the answer says so.
 */
interface Seen {
	readonly state: MoverState;
	readonly path: readonly MoverStep[];
}

/** Rounds that balancing and reclaim have together: more cannot reach a new state of one class of pages. */
export const ROUNDS = 4;

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
			queue.push({ state: taken.state, path: [...path, stepBetween(plan, mover, state, taken)] });
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
export function lost(state: MoverState, last: number): string | null {
	if (state.handedOver === 'elsewhere') return 'at the hand-off the pages are not in CXL';
	if (state.act >= last && state.place !== 'home') return 'after the hand-off the pages cannot be pulled home';
	return null;
}

export const stepBetween = (plan: MoverPlan, mover: Mover, before: MoverState, taken: Taken): MoverStep => ({
	mover,
	does: doneBy(plan, mover, before, taken.state),
	says: taken.says,
	name: nameOf(plan, mover, before, taken.state),
	place: taken.state.place
});

/** A step in a word or two, from what it changed. */
function nameOf(plan: MoverPlan, mover: Mover, before: MoverState, after: MoverState): string {
	const moved = before.place !== after.place;
	if (mover === 'balancing') {
		if (before.balancing === 0) return 'scan';
		if (before.balancing === 1) return after.balancing === 2 ? 'take' : 'leave';
		return moved ? 'promote' : 'put back';
	}
	if (mover === 'reclaim') {
		if (before.reclaim === 0) return 'pick';
		return after.place === 'swap' ? 'write out' : moved ? 'unmap' : 'put back';
	}
	const act = actsOf(plan)[before.act];
	if (act !== 'move' && act !== 'pull') return NAMES[act ?? 'nothing'];
	if (after.inside === 1) return 'take';
	if (before.inside === 0) return 'no move';
	return moved ? (act === 'move' ? 'to CXL' : 'home') : 'put back';
}

const NAMES: Readonly<Record<Exclude<Act, 'move' | 'pull'>, string>> = {
	bind: 'bind',
	mlock: 'lock',
	pin: 'pin',
	reference: 'reference',
	quiet: 'quiet',
	nothing: 'nothing',
	'hand-off': 'hand-off',
	release: 'let go'
};

/** What a run has to do so that this step is seen in it. */
function doneBy(plan: MoverPlan, mover: Mover, before: MoverState, after: MoverState): string | null {
	if (mover === 'migrator') return after.act > before.act ? (actsOf(plan)[before.act] ?? null) : null;
	if (before.place === after.place) return null;
	return mover === 'balancing' ? 'promote' : 'swap out';
}
