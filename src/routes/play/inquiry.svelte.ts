import type { Session } from '$lib/client/session.svelte.ts';
import type { AnswerTo, Query } from '$lib/engine/contract/queries.ts';

/** While the run plays, an answer is renewed a few times per second, not with every turn. */
const EVERY_MS = 250;

/**
 * A question that is asked again whenever the world has moved on: one outstanding, the newest wins, slower while playing.
 */
export class Inquiry<Q extends Query> {
	answer: AnswerTo<Q> | null = $state.raw(null);
	#running = false;
	#again: (() => void) | null = null;
	#lastMs = -Infinity;
	#key = '';

	/** Call in an effect that depends on the turn. `null` forgets the answer. */
	ask(session: Session | null, world: number, query: Q | null): void {
		const key = query === null || session === null ? '' : `${world} ${JSON.stringify(query)}`;
		if (key !== this.#key) {
			this.#key = key;
			this.#lastMs = -Infinity;
			if (key === '') this.answer = null;
		}
		if (session === null || query === null) return;
		if (session.state === 'playing' && performance.now() - this.#lastMs < EVERY_MS) return;
		if (this.#running) {
			this.#again = () => this.ask(session, world, query);
			return;
		}
		void this.#run(session, world, query, key);
	}

	async #run(session: Session, world: number, query: Q, key: string): Promise<void> {
		this.#running = true;
		this.#lastMs = performance.now();
		try {
			const answer = await session.ask(world, query);
			if (key === this.#key && answer !== null) this.answer = answer;
		} catch {
			// A closed session or a question about what is gone: the last answer stays until another is chosen.
			if (key === this.#key && session.state !== 'closed') this.answer = null;
		}
		this.#running = false;
		const again = this.#again;
		this.#again = null;
		again?.();
	}
}
