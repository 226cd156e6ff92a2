import { refused, type Outcome } from '../base/outcome.ts';
import { WorkerLost, type Connection, type MemoryWish } from './connect.ts';
import { begin } from './run.ts';
import type { Turns } from './turns.ts';

/** Starts an engine and uses it; an engine that is lost on the way is started once more. A refusal ends what was started. */
export async function beginTwice<T, R extends string>(
	start: () => Connection,
	memory: MemoryWish,
	use: (turns: Turns) => Promise<Outcome<T, R>>
): Promise<Outcome<T, R | 'no-engine'>> {
	let loss = '';
	for (let attempt = 0; attempt < 2; attempt += 1) {
		let turns: Turns | null = null;
		try {
			turns = await begin(start, memory);
			const outcome = await use(turns);
			if (!outcome.ok) turns.end();
			return outcome;
		} catch (error) {
			turns?.end();
			if (!(error instanceof WorkerLost)) throw error;
			loss = error.message;
		}
	}
	return refused('no-engine', `The engine could not be started: ${loss}.`);
}
