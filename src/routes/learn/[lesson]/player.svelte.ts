import { Session, type OpenWorld, type WorldSpec } from '$lib/client/session.svelte.ts';
import type { FirstDifference, RunSummary } from '$lib/engine/contract/queries.ts';
import type { Scenario } from '$lib/engine/contract/scenario/schema.ts';
import { operationOf } from '$lib/lessons/course.ts';
import type { Lesson } from '$lib/lessons/load.ts';
import * as machine from '$lib/lessons/machine.ts';
import type { LessonState } from '$lib/lessons/machine.ts';
import { laneScenario, startScenario } from '$lib/lessons/scenario.ts';
import type { StepId } from '$lib/lessons/schema.ts';
import type { BetAxes } from '$lib/lessons/bet.ts';

/** Which worlds stand on the stage: the lesson's own with the false one, or those of the rate being tried. */
type Cast = 'lesson' | 'change';

/** Wait after the last movement of the slider before both worlds run again. */
const SETTLE_SLIDER_MS = 180;

/** Joins the lesson's machine to a session of running worlds. Knows what to open when; draws nothing. */
export class Player {
	readonly lesson: Lesson;
	readonly scenario: Scenario;
	readonly axes: BetAxes;
	/** Rate at which the lesson begins. */
	readonly ownRate: number;

	state: LessonState = $state.raw() as LessonState;
	session: Session | null = $state.raw(null);
	rate: number = $state(0);
	/** Lanes of the last finished run, kept while others are being opened. */
	courses: Readonly<Record<string, RunSummary>> = $state.raw({});
	falseCourse: RunSummary | null = $state.raw(null);
	/** Course of the bet's lane at the lesson's own rate: the pale line behind every other rate. */
	lessonCourse: RunSummary | null = $state.raw(null);
	difference: FirstDifference | null = $state.raw(null);
	/** Worlds are being opened or run again. */
	working: boolean = $state(false);
	problem: string | null = $state(null);

	#cast: Cast | null = null;
	#castRate = -1;
	#generation = 0;
	#timer: ReturnType<typeof setTimeout> | undefined;

	constructor(lesson: Lesson, seed: number | null) {
		this.lesson = lesson;
		this.scenario = startScenario(lesson);
		this.axes = machine.axesOf(lesson, this.scenario.vms[0]?.bytes ?? 0);
		this.ownRate = this.scenario.vms[0]?.workload.rateBytesPerSecond ?? 0;
		this.rate = this.ownRate;
		this.state = machine.startLesson(lesson, this.axes, seed ?? lesson.steps.challenge.firstSeed);
	}

	get untilNs(): number {
		return this.lesson.steps.bet.untilNs;
	}

	/** Lane's running world, or null while it is not on the stage. */
	worldOf(laneId: string): OpenWorld | null {
		const index = this.lesson.steps.lanes.findIndex((lane) => lane.id === laneId);
		return this.session?.worlds[index] ?? null;
	}

	/** The world of the wrong belief stands behind the lanes. */
	get falseWorld(): OpenWorld | null {
		if (this.#cast !== 'lesson') return null;
		return this.session?.worlds[this.lesson.steps.lanes.length] ?? null;
	}

	/** Specs of what is on the stage, for a link into the sandbox. */
	specs(cast: Cast = this.state.step === 'change' ? 'change' : 'lesson'): readonly WorldSpec[] {
		const rateBytesPerSecond = cast === 'change' ? this.rate : this.ownRate;
		const lanes = this.lesson.steps.lanes.map(
			(lane): WorldSpec => ({
				scenario: laneScenario(this.lesson, lane.id, { rateBytesPerSecond }),
				label: lane.name
			})
		);
		if (cast === 'change') return lanes;
		const { belief } = this.lesson.steps;
		const lane = lanes[this.lesson.steps.lanes.findIndex((each) => each.id === belief.lane)];
		return [...lanes, { scenario: lane?.scenario, belief: belief.id, label: belief.name }];
	}

	/** Opens what the present step needs, if it is not open already. */
	async prepare(): Promise<void> {
		const { step, ran } = this.state;
		if (step === 'challenge' || step === 'make') return;
		const cast: Cast = step === 'change' ? 'change' : 'lesson';
		const rate = cast === 'change' ? this.rate : this.ownRate;
		if (this.#cast === cast && this.#castRate === rate && this.session !== null) return;
		await this.#open(cast, rate, ran);
	}

	async #open(cast: Cast, rate: number, toTheEnd: boolean): Promise<void> {
		const generation = ++this.#generation;
		this.working = true;
		this.problem = null;
		const opened = await Session.open(this.specs(cast), { withoutForecast: cast === 'change' });
		if (generation !== this.#generation) {
			if (opened.ok) await opened.value.close();
			return;
		}
		if (!opened.ok) {
			this.working = false;
			this.problem = opened.detail;
			return;
		}
		const old = this.session;
		this.#cast = cast;
		this.#castRate = rate;
		this.session = opened.value;
		await old?.close();
		if (toTheEnd) await opened.value.seek(this.untilNs);
		if (generation !== this.#generation) return;
		this.working = false;
		if (toTheEnd) await this.arrived();
	}

	/** The run has come to its end: remember the courses, and ask where truth and belief part. */
	async arrived(): Promise<void> {
		const { session } = this;
		if (session === null) return;
		const courses: Record<string, RunSummary> = {};
		for (const lane of this.lesson.steps.lanes) {
			const world = this.worldOf(lane.id);
			if (world !== null) courses[lane.id] = world.course;
		}
		this.courses = courses;
		if (this.#cast === 'change') {
			const home = Object.fromEntries(
				Object.entries(courses).map(([lane, course]) => [lane, this.#isHome(course)])
			);
			this.state = machine.addTried(this.state, { rateBytesPerSecond: this.#castRate, home });
			return;
		}
		this.lessonCourse = courses[this.lesson.steps.bet.lane] ?? null;
		const wrong = this.falseWorld;
		this.falseCourse = wrong?.course ?? null;
		if (wrong !== null && this.difference === null) {
			const index = this.lesson.steps.lanes.findIndex((lane) => lane.id === this.lesson.steps.belief.lane);
			this.difference = await session.ask(index, { kind: 'first-difference', other: wrong.world });
		}
		this.state = machine.ranToEnd(this.state);
	}

	#isHome(course: RunSummary): boolean {
		const operation = operationOf(course);
		return operation !== null && operation.endNs !== null && operation.downtimeNs !== null;
	}

	goTo(step: StepId): void {
		this.session?.pause();
		this.state = machine.goTo(this.state, step);
		void this.prepare();
	}

	betAgain(): void {
		this.state = machine.betAgain(this.state, this.axes);
		this.courses = {};
		void this.session?.rewind();
	}

	/** The slider moved: both worlds run again once it rests. */
	moveRate(rate: number): void {
		this.rate = rate;
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#open('change', rate, true), SETTLE_SLIDER_MS);
	}

	async skipToEnd(): Promise<void> {
		const { session } = this;
		if (session === null || machine.runLock(this.state) !== null) return;
		session.pause();
		await session.seek(this.untilNs);
	}

	async close(): Promise<void> {
		this.#generation += 1;
		clearTimeout(this.#timer);
		await this.session?.close();
		this.session = null;
	}
}
