/**
 * Every order of a table of steps, breadth first, so that the first state of a kind is reached by a shortest way. States are
 * plain JSON; two that read the same are one.
 */
export interface OrderStep<S, T> {
	readonly id: string;
	readonly enabled: (state: S) => boolean;
	readonly effect: (state: S) => { readonly state: S; readonly taken: T };
}

export interface Reached<S, T> {
	readonly state: S;
	/** Where it came from, −1 for the first one. */
	readonly from: number;
	readonly taken: T | null;
}

export interface Orders<S, T> {
	readonly seen: readonly Reached<S, T>[];
	/** Every order was looked at, down to its end. */
	readonly whole: boolean;
}

/** `steps` may depend on the state (messages that are under way); `ends` stops an order there. */
export function everyOrder<S, T>(
	first: S,
	steps: (state: S) => readonly OrderStep<S, T>[],
	ends: (state: S) => boolean,
	mostStates: number
): Orders<S, T> {
	const seen: Reached<S, T>[] = [{ state: first, from: -1, taken: null }];
	const known = new Set<string>([JSON.stringify(first)]);
	for (let at = 0; at < seen.length && seen.length < mostStates; at += 1) {
		const { state } = seen[at] as Reached<S, T>;
		if (ends(state)) continue;
		for (const step of steps(state)) {
			if (!step.enabled(state)) continue;
			const next = step.effect(state);
			const key = JSON.stringify(next.state);
			if (known.has(key)) continue;
			known.add(key);
			seen.push({ state: next.state, from: at, taken: next.taken });
		}
	}
	return { seen, whole: seen.length < mostStates };
}

/** What was taken on the way to a state. */
export function pathTo<S, T>(seen: readonly Reached<S, T>[], last: number): T[] {
	const path: T[] = [];
	for (let at = last; at >= 0; at = (seen[at] as Reached<S, T>).from) {
		const { taken } = seen[at] as Reached<S, T>;
		if (taken !== null) path.unshift(taken);
	}
	return path;
}
