/**
 * Assertions of the engine. They are always on: a teaching tool that lies is worse than one that stops.
 * A refused command is never an assertion, it is an outcome (see outcome.ts).
 */
export class AssertionError extends Error {
	override name = 'AssertionError';
}

/**
 * Throws an AssertionError with `message` unless `condition` holds. Narrows the type of what was tested. The message is put
 * together whether it is needed or not: where that costs more than the work itself, `if (…) throw new AssertionError(…)`.
 */
export function assert(condition: unknown, message: string): asserts condition {
	if (!condition) throw new AssertionError(message);
}

/** For the default branch of a switch over a closed union: unreachable while the union is exhausted. */
export function unreachable(value: never, where: string): never {
	throw new AssertionError(`${where}: unexpected ${JSON.stringify(value)}`);
}
