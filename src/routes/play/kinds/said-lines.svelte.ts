import type { Command } from '$lib/engine/contract/commands.ts';
import { refusalOf, type Playground } from '../playground.svelte.ts';
import type { SaidLine } from './console-entries.ts';

/** What of a said line is known only when it is said; the rest is the page's moment. */
export type Saying<Said extends SaidLine> = Omit<Said, 'atNs' | 'after'>;

/** What a console keeps beyond the journal: lines that changed nothing or were refused, and those that were typed. */
export class SaidLines<Said extends SaidLine> {
	#lines: readonly Said[] = $state.raw([]);
	readonly #history: string[] = [];
	readonly #play: Playground;

	constructor(play: Playground) {
		this.#play = play;
	}

	get lines(): readonly Said[] {
		return this.#lines;
	}

	get history(): readonly string[] {
		return this.#history;
	}

	typed(line: string): void {
		if (this.#history.at(-1) !== line) this.#history.push(line);
	}

	clear(): void {
		this.#lines = [];
	}

	/** Of the picture's last action, while the run stands where it was refused. */
	refused(isBad: (said: Said) => boolean): string | null {
		const said = this.#lines.at(-1);
		return said?.isAction && isBad(said) && said.atNs === this.#play.session?.nowNs
			? said.text.trim()
			: null;
	}

	/** At this moment; what was said later than now is forgotten. */
	say(saying: Saying<Said>): void {
		const { world, session } = this.#play;
		if (!world || !session) return;
		const now = session.nowNs;
		const after = world.journal.filter(({ atNs }) => atNs <= now).length;
		this.#lines = [
			...this.#lines.filter((each) => each.atNs <= now),
			{ ...saying, atNs: now, after } as unknown as Said
		];
	}

	/** Sends a command; a refusal is said, and shown where the picture asked for it. */
	async send(
		command: Command,
		isAction: boolean,
		refusal: (detail: string) => Saying<Said>
	): Promise<boolean> {
		const play = this.#play;
		const { session } = play;
		if (!session) return false;
		play.notice.end();
		play.refusal = null;
		session.pause();
		const outcome = await session.send(play.active, command);
		if (!outcome.ok) {
			this.say(refusal(outcome.detail));
			if (isAction) play.refusal = refusalOf(outcome.reason, outcome.detail);
			return false;
		}
		void play.remember(true);
		return true;
	}
}
