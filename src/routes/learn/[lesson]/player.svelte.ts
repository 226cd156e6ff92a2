import { Session, type OpenWorld, type WorldSpec } from '$lib/client/session.svelte.ts';
import type { MigrationParameters } from '$lib/engine/contract/commands.ts';
import type { FirstDifference, RunSummary } from '$lib/engine/contract/queries.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import { isHome, operationOf } from '$lib/lessons/course.ts';
import type { BetAxes } from '$lib/lessons/bet.ts';
import type { Lesson } from '$lib/lessons/load.ts';
import * as machine from '$lib/lessons/machine.ts';
import type { LessonState } from '$lib/lessons/machine.ts';
import { runToEnd } from '$lib/lessons/run.ts';
import { laneScenario, startScenario } from '$lib/lessons/scenario.ts';
import type { StepId } from '$lib/lessons/schema.ts';
import { SideEngine } from '../side-engine.ts';
import { RateRuns } from './rate-runs.svelte.ts';

/** Wait after the last movement of the slider before both worlds run again. */
const SETTLE_SLIDER_MS = 220;
/** One second of the lesson takes one second on the wall. */
const SPEED_INDEX = 6;
const HURRY_STEP_NS = 500_000_000;

/** Joins the lesson's machine to running worlds: the lanes and the false world in one session. Draws nothing. */
export class Player {
	readonly lesson: Lesson;
	readonly scenario: Scenario;
	readonly axes: BetAxes;
	/** Rate at which the lesson begins. */
	readonly ownRate: number;
	readonly rates: RateRuns;

	state: LessonState = $state.raw() as LessonState;
	session: Session | null = $state.raw(null);
	rate: number = $state(0);
	/** Courses of the finished run, by lane: they stay while the clock goes back. */
	courses: Readonly<Record<string, RunSummary>> = $state.raw({});
	falseCourse: RunSummary | null = $state.raw(null);
	difference: FirstDifference | null = $state.raw(null);
	problem: string | null = $state(null);
	/** Course of the lane whose switch-over is compared, with the other one. */
	switchOverCourse: RunSummary | null = $state.raw(null);
	/** The slider has moved, its run has not begun. */
	waiting: boolean = $state(false);
	/** On the quick way to the end. */
	hurrying: boolean = $state(false);

	#timer: ReturnType<typeof setTimeout> | undefined;
	#opening = false;
	#isClosed = false;

	constructor(lesson: Lesson) {
		this.lesson = lesson;
		this.scenario = startScenario(lesson);
		this.axes = machine.axesOf(lesson, this.scenario.vms[0]?.bytes ?? 0);
		this.ownRate = this.scenario.vms[0]?.workload.rateBytesPerSecond ?? 0;
		this.rate = this.ownRate;
		this.rates = new RateRuns(lesson);
		this.state = machine.startLesson(lesson, this.axes);
	}

	get untilNs(): number {
		return this.lesson.steps.bet.untilNs;
	}

	/** The slider stands where the lesson began: the lesson's own worlds are the answer. */
	get isOwnRate(): boolean {
		return this.rate === this.ownRate;
	}

	worldOf(laneId: string): OpenWorld | null {
		return this.session?.worlds[this.#indexOf(laneId)] ?? null;
	}

	/** The world of the wrong belief stands behind the lanes. */
	get falseWorld(): OpenWorld | null {
		return this.session?.worlds[this.lesson.steps.lanes.length] ?? null;
	}

	#indexOf(laneId: string): number {
		return this.lesson.steps.lanes.findIndex((lane) => lane.id === laneId);
	}

	/** Lanes at a rate, for the session or for a link into the sandbox. */
	laneSpecs(rateBytesPerSecond: number): { scenario: Scenario; label: string; belief: null }[] {
		return this.lesson.steps.lanes.map((lane) => ({
			scenario: laneScenario(this.lesson, lane.id, { rateBytesPerSecond }),
			label: lane.name,
			belief: null
		}));
	}

	get falseSpec(): { scenario: Scenario; label: string; belief: string } {
		const { belief } = this.lesson.steps;
		return {
			scenario: laneScenario(this.lesson, belief.lane),
			label: belief.name,
			belief: belief.id
		};
	}

	async open(): Promise<void> {
		if (this.session !== null || this.#opening) return;
		this.#opening = true;
		this.problem = null;
		const specs: readonly WorldSpec[] = [...this.laneSpecs(this.ownRate), this.falseSpec];
		const opened = await Session.open(specs, {
			// Before the bet nobody can step; on the quick way to the end there is no need to know the way.
			withoutForecast: () => this.state.bet === null || this.hurrying
		});
		this.#opening = false;
		if (!opened.ok) {
			this.problem = opened.detail;
			return;
		}
		if (this.#isClosed) {
			await opened.value.close();
			return;
		}
		opened.value.speedIndex = SPEED_INDEX;
		this.session = opened.value;
	}

	/** The run has come to its end: remember the courses, and ask where truth and belief part. */
	async arrived(): Promise<void> {
		const { session, falseWorld } = this;
		if (session === null || this.state.ran || this.state.bet === null) return;
		const { lanes, belief } = this.lesson.steps;
		const courses = Object.fromEntries(
			lanes.flatMap((lane) => {
				const world = this.worldOf(lane.id);
				return world === null ? [] : [[lane.id, world.course] as const];
			})
		);
		this.courses = courses;
		this.falseCourse = falseWorld?.course ?? null;
		const home = Object.fromEntries(
			Object.entries(courses).map(([lane, course]) => [lane, isHome(course)])
		);
		this.state = machine.addTried(machine.ranToEnd(this.state), {
			rateBytesPerSecond: this.ownRate,
			home
		});
		void this.#runOtherSwitchOver();
		if (falseWorld !== null && this.difference === null)
			this.difference = await session.ask(this.#indexOf(belief.lane), {
				kind: 'first-difference',
				other: falseWorld.world
			});
	}

	/** The same order with the other switch-over, in an engine of its own: nobody watches it, its stop is said beside the lane's. */
	async #runOtherSwitchOver(): Promise<void> {
		if (this.switchOverCourse !== null) return;
		const { lane, parameters } = this.lesson.steps.switchOver;
		const untilNs = operationOf(this.courses[lane] ?? null)?.endNs ?? this.untilNs;
		const engine = new SideEngine();
		try {
			const run = await runToEnd(engine.port, {
				scenario: laneScenario(this.lesson, lane, {
					parameters: parameters as MigrationParameters
				}),
				untilNs,
				memory: engine.memory,
				wanted: () => !this.#isClosed
			});
			if (run.ok && run.value !== null) this.switchOverCourse = run.value.summary;
			else if (!run.ok) this.problem = run.detail;
		} catch (error) {
			this.problem = `The engine stopped: ${(error as Error).message}`;
		}
		engine.end();
	}

	goTo(step: StepId): void {
		this.hurrying = false;
		this.session?.pause();
		this.state = machine.goTo(this.state, step);
		if (step !== 'challenge' && step !== 'make') void this.open();
	}

	/** With the bet, Run is unlocked: what lies ahead may be worked out. */
	placeBet(): void {
		this.state = machine.placeBet(this.state);
		this.session?.wake();
	}

	betAgain(): void {
		this.hurrying = false;
		this.state = machine.betAgain(this.state, this.axes);
		this.courses = {};
		void this.session?.rewind();
	}

	/** The slider moved: both worlds run again once it rests. */
	moveRate(rate: number): void {
		this.rate = rate;
		clearTimeout(this.#timer);
		this.rates.breakOff();
		this.rates.fresh = new Set();
		this.waiting = !this.isOwnRate;
		if (this.isOwnRate) return;
		this.#timer = setTimeout(() => {
			this.waiting = false;
			void this.rates.run(rate).then((home) => {
				if (home !== null)
					this.state = machine.addTried(this.state, { rateBytesPerSecond: rate, home });
			});
		}, SETTLE_SLIDER_MS);
	}

	/** As fast as the engine goes, with a picture every half second of the run on the way. */
	async hurry(): Promise<void> {
		const { session } = this;
		if (session === null || this.hurrying || machine.runLock(this.state) !== null) return;
		this.hurrying = true;
		session.pause();
		while (this.hurrying && this.session === session && session.nowNs < this.untilNs) {
			const from = session.nowNs;
			const next = (Math.floor(from / HURRY_STEP_NS) + 1) * HURRY_STEP_NS;
			await session.seek(Math.min(next, this.untilNs), { scrubbing: true });
			// The session has been closed or has stopped: there is no way on.
			if (session.nowNs === from) break;
		}
		this.hurrying = false;
		session.wake();
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		this.rates.close();
		await this.session?.close();
		this.session = null;
	}
}
