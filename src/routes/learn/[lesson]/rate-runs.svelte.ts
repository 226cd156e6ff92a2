import type { RunSummary } from '$lib/engine/contract/queries.ts';
import type { WorldStatus } from '$lib/engine/contract/status.ts';
import type { WorldViews } from '$lib/engine/contract/views.ts';
import type { Lesson } from '$lib/lessons/load.ts';
import { runToEnd } from '$lib/lessons/run.ts';
import { laneScenario } from '$lib/lessons/scenario.ts';
import { bindLimits } from '$lib/lessons/schema.ts';
import { SideEngine } from '../side-engine.ts';

/** What a lane looked like when its run at some rate was over. */
export interface EndedLane {
	readonly status: WorldStatus;
	readonly views: WorldViews;
	/** What the engine said to "is it home?". */
	readonly home: boolean;
}

/** Every lane at another write rate, each in an engine of its own, side by side; the lines draw themselves meanwhile. */
export class RateRuns {
	readonly lesson: Lesson;
	courses: Readonly<Record<string, RunSummary>> = $state.raw({});
	ended: Readonly<Record<string, EndedLane>> = $state.raw({});
	/** 0 … 1 while something runs. */
	progress: number | null = $state(null);
	problem: string | null = $state(null);
	/** Lanes that already show the rate that is running; the others still show the one before, pale. */
	fresh: ReadonlySet<string> = $state.raw(new Set());
	/** A run that a newer rate overtook, at which share of it: it counts for nothing, and the page says so. */
	brokenOff: { readonly rate: number; readonly progress: number } | null = $state.raw(null);
	/** Grows with every finished run. */
	turn: number = $state(0);

	#engines: Record<string, SideEngine> = {};
	#generation = 0;
	#rate = 0;

	constructor(lesson: Lesson) {
		this.lesson = lesson;
	}

	/** The slider moves: what runs is no longer wanted. */
	breakOff(): void {
		if (this.progress === null) return;
		this.#generation += 1;
		this.brokenOff = { rate: this.#rate, progress: this.progress };
		this.progress = null;
		this.fresh = new Set();
	}

	/** By lane whether it came home; null when a newer rate overtook this one, or the engine stopped. */
	async run(rateBytesPerSecond: number): Promise<Readonly<Record<string, boolean>> | null> {
		this.breakOff();
		const generation = ++this.#generation;
		const wanted = (): boolean => generation === this.#generation;
		this.#rate = rateBytesPerSecond;
		const { lanes, bet, change } = this.lesson.steps;
		const fractions: Record<string, number> = {};
		this.problem = null;
		this.progress = 0;
		this.fresh = new Set();
		const home: Record<string, boolean> = {};
		try {
			await Promise.all(
				lanes.map(async (lane) => {
					const { port, memory } = (this.#engines[lane.id] ??= new SideEngine());
					const run = await runToEnd(port, {
						scenario: laneScenario(this.lesson, lane.id, { rateBytesPerSecond }),
						untilNs: bet.untilNs,
						expressions: [bindLimits(change.home.expression, {})],
						memory,
						wanted,
						oncourse: (summary) => {
							if (wanted()) this.#show(lane.id, summary);
						},
						onprogress: (fraction) => {
							fractions[lane.id] = fraction;
							if (wanted())
								this.progress =
									Object.values(fractions).reduce((sum, each) => sum + each, 0) / lanes.length;
						}
					});
					if (!wanted()) return;
					if (!run.ok) throw new Error(run.detail);
					if (run.value === null) return;
					const { summary, status, views, values } = run.value;
					home[lane.id] = values[0] === true;
					this.#show(lane.id, summary);
					this.ended = {
						...this.ended,
						[lane.id]: { status, views: views(), home: values[0] === true }
					};
				})
			);
		} catch (error) {
			if (wanted()) {
				this.problem = `The engine stopped: ${(error as Error).message}`;
				this.progress = null;
			}
			this.#end();
			return null;
		}
		if (!wanted()) return null;
		this.progress = null;
		this.brokenOff = null;
		this.turn += 1;
		return home;
	}

	#show(lane: string, summary: RunSummary): void {
		this.courses = { ...this.courses, [lane]: summary };
		this.fresh = new Set([...this.fresh, lane]);
	}

	#end(): void {
		for (const engine of Object.values(this.#engines)) engine.end();
		this.#engines = {};
	}

	close(): void {
		this.#generation += 1;
		this.#end();
	}
}
