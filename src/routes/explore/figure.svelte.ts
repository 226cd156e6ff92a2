import { Session } from '$lib/client/session.svelte.ts';
import type { LinkWorld } from '$lib/client/permalink.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';

/** A small world that stands at the cursor: the run itself, or one of its branches. */
export class CursorFigure {
	session: Session | null = $state.raw(null);
	#shown: readonly JournalEntry[] | null = null;
	#of: LinkWorld | null = null;
	#turn = 0;

	async show(world: LinkWorld, journal: readonly JournalEntry[], atNs: number): Promise<void> {
		const turn = ++this.#turn;
		if (this.#of !== world || this.#shown !== journal || this.session === null) {
			const opened = await Session.open([{ ...world, journal, label: 'explored' }], {
				withoutForecast: true
			});
			if (turn !== this.#turn || !opened.ok) {
				if (opened.ok) void opened.value.close();
				return;
			}
			await this.session?.close();
			this.session = opened.value;
			this.#of = world;
			this.#shown = journal;
		}
		await this.session.seek(atNs, { scrubbing: true });
	}

	async end(): Promise<void> {
		this.#turn += 1;
		await this.session?.close();
		this.session = null;
	}
}
