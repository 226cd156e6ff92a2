import type { MoverStep, MoverVerdict } from '../contract/movers.ts';
import { lost, ROUNDS, stepBetween } from './explore.ts';
import { actsOf, firstState, MOVERS, stepOf, type Mover, type MoverPlan } from './steps.ts';

/**
 * One order of the three movers, as somebody laid it. A mover whose turn it is when it can do nothing waits. When the order is
 * over and the migrator is not, it goes on, and whoever stands in its way takes the steps that clear it.
 */
export function tryOrder(plan: MoverPlan, order: readonly Mover[]): MoverVerdict {
	const last = actsOf(plan).length;
	const path: MoverStep[] = [];
	let state = firstState(ROUNDS);
	let reason = lost(state, last);
	const take = (mover: Mover): boolean => {
		const taken = stepOf(plan, state, mover);
		if (taken === null) return false;
		path.push(stepBetween(plan, mover, state, taken));
		state = taken.state;
		reason ??= lost(state, last);
		return true;
	};
	for (const mover of order) {
		if (take(mover)) continue;
		const done = mover === 'migrator' ? state.act >= last : state.handedOver !== 'no';
		path.push({
			mover,
			does: null,
			says: done ? 'nothing is left to do' : WAITS[mover],
			name: done ? 'done' : 'waits',
			place: state.place
		});
	}
	while (state.act < last && (take('migrator') || MOVERS.some(take)));
	const wins = reason === null && state.act >= last;
	return { wins, states: path.length, ends: 1, depth: path.length, whole: false, path, reason };
}

const WAITS: Readonly<Record<Mover, string>> = {
	migrator: 'the pages are off the list: the migrator waits',
	balancing: 'NUMA balancing finds nothing to do here',
	reclaim: 'reclaim finds nothing that it may take'
};
