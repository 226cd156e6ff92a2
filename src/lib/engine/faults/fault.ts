import type { World } from '../state/world.ts';

/**
 * Rules broken on purpose. A test plants each and demands that the content proof or an invariant names it: the checks would
 * be worth nothing if they could not fail. "Armed" faults change a rule when it is next used; the others act at once.
 */
export interface Fault {
	readonly sentence: string;
	/** Ids of the checks that must catch it; any one is enough. */
	readonly caughtBy: readonly string[];
	/** Acts at once on the first VM; null = armed. */
	readonly strike: ((world: World) => void) | null;
}
