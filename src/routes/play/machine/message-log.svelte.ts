import type { Session } from '$lib/client/session.svelte.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';

/** The newest records of a run, enough for what the pictures tell; asked for again when there are more. */
const MOST = 1500;
const EVERY_MS = 250;

export class MessageLog {
	records: readonly TraceRecord[] = $state.raw([]);
	#asking = false;
	#again = false;
	#key = '';
	#lastMs = -Infinity;

	/** Call in an effect that depends on the turn. `traceCount` of the status says whether there is anything new. */
	async follow(session: Session | null, world: number, traceCount: number): Promise<void> {
		if (!session) return;
		const key = `${world} ${traceCount} ${session.nowNs}`;
		if (key === this.#key) return;
		if (session.state === 'playing' && performance.now() - this.#lastMs < EVERY_MS) return;
		if (this.#asking) {
			this.#again = true;
			return;
		}
		this.#asking = true;
		this.#key = key;
		this.#lastMs = performance.now();
		try {
			this.records = await session.ask(world, {
				kind: 'records',
				fromSeq: Math.max(0, traceCount - MOST),
				count: MOST
			});
		} catch {
			this.#key = '';
		}
		this.#asking = false;
		if (this.#again) {
			this.#again = false;
			void this.follow(session, world, session.worlds[world]?.status.traceCount ?? traceCount);
		}
	}
}
