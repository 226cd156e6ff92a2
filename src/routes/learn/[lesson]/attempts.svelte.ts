import { golfOf, runGuest, type GuestResult } from '$lib/lessons/attempt.ts';
import { drawGuests, type Draw } from '$lib/lessons/family.ts';
import type { Lesson } from '$lib/lessons/load.ts';
import type { Attempt, LessonState } from '$lib/lessons/machine.ts';
import type { Choice } from '$lib/lessons/schema.ts';
import { SideEngine } from '../side-engine.ts';

/** Runs the guests of a challenge one after the other and keeps what the engine said, until a choice changes. */
export class Attempts {
	readonly lesson: Lesson;
	results: Readonly<Record<string, GuestResult>> = $state.raw({});
	running: Readonly<Record<string, number>> | null = $state.raw(null);
	problem: string | null = $state(null);

	#engine: SideEngine | null = null;
	#generation = 0;

	constructor(lesson: Lesson) {
		this.lesson = lesson;
	}

	/** Every guest was run and reached all of its goals. */
	get solved(): boolean {
		const results = Object.values(this.results);
		return (
			this.running === null &&
			results.length > 0 &&
			results.length === this.lesson.steps.challenge.guests.length &&
			results.every(({ passed }) => passed.every(Boolean))
		);
	}

	draw(state: LessonState): Draw {
		return drawGuests(this.lesson, state.challenge.seed);
	}

	/** A choice changed: what was measured for this guest no longer belongs to it. */
	forget(guest: string | null): void {
		this.#generation += 1;
		this.running = null;
		this.problem = null;
		if (guest === null) this.results = {};
		else
			this.results = Object.fromEntries(
				Object.entries(this.results).filter(([id]) => id !== guest)
			);
	}

	/** null when it was interrupted or could not run. */
	async run(state: LessonState): Promise<Pick<Attempt, 'choices' | 'passed' | 'golf'> | null> {
		const generation = ++this.#generation;
		const wanted = (): boolean => generation === this.#generation;
		const draw = this.draw(state);
		const choices: Readonly<Record<string, Choice>> = state.challenge.choices;
		this.problem = null;
		this.results = {};
		this.running = Object.fromEntries(draw.guests.map((guest) => [guest.family.id, 0]));
		try {
			this.#engine ??= new SideEngine();
			const { port, memory } = this.#engine;
			for (const guest of draw.guests) {
				const id = guest.family.id;
				const run = await runGuest(port, this.lesson, draw, guest, choices[id] ?? null, {
					memory,
					wanted,
					onprogress: (fraction) => {
						if (wanted() && this.running !== null)
							this.running = { ...this.running, [id]: fraction };
					}
				});
				if (!wanted()) return null;
				if (!run.ok) throw new Error(run.detail);
				if (run.value === null) return null;
				this.results = { ...this.results, [id]: run.value };
				const { [id]: _over, ...rest } = this.running ?? {};
				this.running = rest;
			}
		} catch (error) {
			if (wanted()) this.problem = `The engine stopped: ${(error as Error).message}`;
			this.#engine?.end();
			this.#engine = null;
			return null;
		} finally {
			if (wanted()) this.running = null;
		}
		return {
			choices,
			passed: Object.fromEntries(
				Object.entries(this.results).map(([id, result]) => [id, result.passed])
			),
			golf: golfOf(Object.values(this.results))
		};
	}

	close(): void {
		this.#generation += 1;
		this.#engine?.end();
		this.#engine = null;
	}
}
