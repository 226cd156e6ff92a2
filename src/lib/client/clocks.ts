import type { RunSummary } from '../engine/contract/queries.ts';

/** How several worlds stand together: at one time, or each at the same place of its own move. */
export type Lock = 'time' | 'phase';

/** What is known of a run: its course so far, and the forecast of the rest. */
export interface Known {
	readonly course: RunSummary;
	readonly forecast: RunSummary | null;
}

/**
 * The moments that every move has, whatever its way: the start of the run, the order, the guest stopped, the guest running
 * again, the end. A move that never stops its guest has the two in the middle at its end; one that does not end in what
 * is known of it ends where that ends. Null where no move is known.
 */
export function landmarks({ course, forecast }: Known): readonly number[] | null {
	const known = forecast !== null && forecast.nowNs > course.nowNs ? forecast : course;
	const [move] = known.operations;
	// How a move goes on that has no forecast yet nobody knows.
	if (!move || (move.endNs === null && forecast === null)) return null;
	const endNs = Math.max(move.startNs, move.endNs ?? known.nowNs);
	const first = move.downtime[0];
	const stopNs = Math.min(endNs, first?.startNs ?? endNs);
	const resumedNs = Math.min(endNs, Math.max(stopNs, move.downtime.at(-1)?.endNs ?? endNs));
	return [0, move.startNs, stopNs, resumedNs, endNs];
}

/**
 * Where a run stands when the leading one is at `ns`: as far between the same two landmarks, and after the last one as long
 * behind it. The same time where either has none.
 */
export function momentLike(leader: Known, follower: Known, ns: number): number {
	const from = landmarks(leader);
	const to = landmarks(follower);
	if (from === null || to === null) return ns;
	for (let index = 1; index < from.length; index += 1) {
		const [a, b] = [from[index - 1] as number, from[index] as number];
		if (ns > b || b <= a) continue;
		const [c, d] = [to[index - 1] as number, to[index] as number];
		return Math.round(c + ((d - c) * (Math.max(ns, a) - a)) / (b - a));
	}
	return (to.at(-1) as number) + Math.max(0, ns - (from.at(-1) as number));
}
