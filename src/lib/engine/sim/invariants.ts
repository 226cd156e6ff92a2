import type { World } from '../state/world.ts';

/** A statement about a whole world, checked in tests and on demand in the page. It never changes the world. */
export interface Invariant {
	readonly id: string;
	readonly statement: string;
	/** null when it holds; otherwise what was found and where, the first place. */
	readonly check: (world: World) => string | null;
}

export interface Verdict {
	readonly id: string;
	readonly statement: string;
	readonly holds: boolean;
	readonly found: string | null;
}

/** Runs every statement; one that throws has not held either. */
export function checkAll(world: World, invariants: readonly Invariant[]): Verdict[] {
	return invariants.map(({ id, statement, check }) => {
		let found: string | null;
		try {
			found = check(world);
		} catch (error) {
			found = (error as Error).message;
		}
		return { id, statement, holds: found === null, found };
	});
}
