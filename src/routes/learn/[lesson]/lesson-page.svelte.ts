import { onMount, untrack } from 'svelte';
import { base } from '$app/paths';
import { replaceState } from '$app/navigation';
import { comparedRounds, laneFacts, operationOf, stillsOf } from '$lib/lessons/course.ts';
import { drawGuests, guestScenario, nextSeed, readSeed } from '$lib/lessons/family.ts';
import type { FigureSource } from '$lib/lessons/figures.ts';
import { proseOf } from '$lib/lessons/load.ts';
import * as machine from '$lib/lessons/machine.ts';
import { emptyLessonProgress, progressOf, stepsDone } from '$lib/lessons/progress.ts';
import { laneScenario } from '$lib/lessons/scenario.ts';
import { STEP_IDS, type StepId } from '$lib/lessons/schema.ts';
import { keepFocus } from '$lib/ui/keep-focus.ts';
import { preferences } from '$lib/ui/preferences.svelte.ts';
import { frameClock } from '$lib/viz/frame/frame-clock.ts';
import { playHref } from '../links.ts';
import { readOn, toRun } from '../focus.ts';
import { loadProgress, saveProgress } from '../stored-progress.ts';
import { Attempts } from './attempts.svelte.ts';
import { Player } from './player.svelte.ts';
import type { Lesson } from '$lib/lessons/load.ts';

const STAGE_OF: Record<StepId, 'bet' | 'lanes' | 'challenge' | 'make'> = {
	bet: 'bet',
	run: 'lanes',
	look: 'lanes',
	change: 'lanes',
	challenge: 'challenge',
	make: 'make'
};

/** What the page of a lesson knows and does: everything on it that is derived, and what a press of a key or button sets off. */
export class LessonPage {
	readonly #lesson: Lesson;
	readonly #player: Player;
	readonly #attempts: Attempts;
	readonly root = `${base}/`;

	unit: 'event' | 'phase' | 'commit' = $state('phase');
	before = emptyLessonProgress();
	hrefs: Record<number, string> = $state.raw({});
	ideas: { id: string; title: string; about: string; href: string | null }[] = $state.raw([]);
	said = $state('');
	helping = $state(false);
	innerWidth = $state(1366);
	phone = $derived(this.innerWidth <= 760);

	learner = $derived(this.player.state);
	session = $derived(this.player.session);
	step = $derived(this.learner.step);
	prose = $derived(proseOf(this.lesson, this.step));
	nowNs = $derived(this.session?.nowNs ?? 0);
	atEnd = $derived(this.nowNs >= this.player.untilNs);
	locked = $derived(machine.runLock(this.learner));
	draw = $derived(this.attempts.draw(this.learner));
	border = $derived(machine.borderOf(this.lesson, this.learner));
	stage = $derived(STAGE_OF[this.step]);

	/** Another rate than the lesson's own is on the stage. */
	trying = $derived(this.step === 'change' && !this.player.isOwnRate);
	/** In Change nobody turns the clock: the lanes show whole runs. */
	whole = $derived(this.step === 'change');
	/** Another rate is chosen and not yet run to its end. */
	rerunning = $derived(this.player.waiting || this.player.rates.progress !== null);
	/** What stands there belongs to the rate before. */
	stale = (lane: string): boolean =>
		this.trying && this.rerunning && !this.player.rates.fresh.has(lane);
	/** Courses as far as the clock has come. */
	courses = $derived(
		Object.fromEntries(
			this.steps.lanes.map((lane) => {
				if (this.trying)
					return [
						lane.id,
						this.player.rates.courses[lane.id] ?? this.player.courses[lane.id] ?? null
					];
				return [
					lane.id,
					this.player.worldOf(lane.id)?.course ?? this.player.courses[lane.id] ?? null
				];
			})
		)
	);
	betCourse = $derived(this.courses[this.steps.bet.lane] ?? null);
	wrongCourse = $derived(this.player.falseWorld?.course ?? this.player.falseCourse);
	hosts = $derived(this.player.scenario.hosts.map((host) => host.id));

	source: FigureSource = $derived({
		lesson: this.lesson,
		scenario: this.player.scenario,
		state: this.learner,
		axes: this.player.axes,
		course: this.player.courses[this.steps.bet.lane] ?? this.betCourse,
		switchOver: {
			own: this.player.courses[this.steps.switchOver.lane] ?? null,
			other: this.player.switchOverCourse
		}
	});
	holds = (when: string): boolean =>
		when === 'border' ? this.border.found : this.learner.bet?.word === when;
	seenRight = $derived(
		comparedRounds(
			this.player.courses[this.steps.seen.lane] ?? null,
			this.steps.seen.earlierRound,
			this.steps.seen.laterRound
		)
	);
	stills = $derived(
		stillsOf(
			this.steps.lanes.map((lane) => ({
				name: lane.name,
				course: this.player.courses[lane.id] ?? null
			})),
			this.player.untilNs
		)
	);
	doneSteps = $derived(stepsDone(progressOf(this.before, this.learner, this.border.found)));
	isDone = (id: StepId): boolean => this.doneSteps[STEP_IDS.indexOf(id)] ?? false;

	statusLine = $derived.by(() => {
		const running = operationOf(this.betCourse);
		const last = running?.phases.at(-1);
		if (running === null || last === undefined) return this.nowNs === 0 ? 'ready' : '';
		const lane = this.steps.lanes.find((each) => each.id === this.steps.bet.lane);
		// What the phase is called, without what the timeline adds to it.
		return `${lane?.name ?? ''}: ${last.label.split(':')[0] ?? ''}`;
	});
	busyLine = $derived(
		this.player.problem ??
			(this.session?.state === 'crashed' ? this.session.message : null) ??
			this.session?.progress?.label ??
			null
	);
	/** Nothing runs, nothing moves: tests wait for it. */
	idle = $derived(
		(this.session === null
			? this.stage === 'challenge' || this.stage === 'make'
			: this.session.idle) &&
			!this.rerunning &&
			!this.player.hurrying &&
			this.attempts.running === null
	);
	nextStep = $derived(machine.stepAfter(this.step));
	/** The nearest earlier step that is open. */
	backStep = $derived(
		STEP_IDS.slice(0, STEP_IDS.indexOf(this.step)).findLast(
			(id) => machine.stepLock(this.learner, id) === null
		) ?? null
	);
	labelOf = (id: StepId | null): string =>
		this.steps.steps.find((each) => each.id === id)?.label ?? '';

	constructor(lesson: Lesson) {
		this.#lesson = lesson;
		this.#player = new Player(lesson);
		this.#attempts = new Attempts(lesson);
	}

	get lesson(): Lesson {
		return this.#lesson;
	}

	get player(): Player {
		return this.#player;
	}

	get attempts(): Attempts {
		return this.#attempts;
	}

	get steps(): Lesson['steps'] {
		return this.lesson.steps;
	}

	/** Called while the page's component is made: the effects end with it. */
	start(): void {
		onMount(() => {
			this.before = loadProgress().lessons[this.lesson.id] ?? this.before;
			const seed = this.seedOf(location.hash);
			if (seed !== null)
				this.player.state = machine.goTo(machine.reseed(this.player.state, seed), 'challenge');
			if (this.learner.step !== 'challenge') void this.player.open();
			const stop = frameClock.subscribe((wallMs) => this.player.session?.tick(wallMs));
			const root = document.querySelector<HTMLElement>('.lesson');
			const letFocusGo = root === null ? null : keepFocus(root);
			return () => {
				stop();
				letFocusGo?.();
				this.attempts.close();
				void this.player.close();
			};
		});
		$effect(() => {
			const { session } = this;
			if (session) session.reducedMotion = preferences.reducedMotion;
		});
		/** The clock has reached the lesson's end. */
		$effect(() => {
			void this.session?.turn;
			if (this.session === null || !this.atEnd || this.session.state === 'playing') return;
			untrack(() => {
				if (!this.learner.ran && this.learner.bet !== null) {
					void this.player.arrived().then(() => {
						this.said = this.steps.lanes
							.map(
								(lane) =>
									`${lane.name}: ${laneFacts(this.player.courses[lane.id] ?? null)?.sentence ?? ''}.`
							)
							.join(' ');
					});
				}
			});
		});
		$effect(() => {
			const progress = progressOf(this.before, this.learner, this.border.found);
			untrack(() =>
				saveProgress(this.lesson.id, {
					...progress,
					attempts: this.before.attempts + this.learner.challenge.attempts.length
				})
			);
		});
		$effect(() => {
			if (this.step !== 'make') return;
			const rate = this.player.rate;
			void Promise.all(
				this.steps.make.map(async (idea) => {
					const worlds = idea.lanes.map((lane) => ({
						scenario: laneScenario(this.lesson, lane, {
							rateBytesPerSecond: rate,
							change: idea.change
						})
					}));
					return {
						id: idea.id,
						title: idea.title,
						about: idea.about,
						href: await playHref(this.root, worlds)
					};
				})
			).then((made) => (this.ideas = made));
		});
	}

	seedOf(hash: string): number | null {
		return readSeed(new URLSearchParams(hash.replace(/^#/, '')).get('seed'));
	}
	hashchange = (): void => {
		const seed = this.seedOf(location.hash);
		if (seed === null || seed === this.learner.challenge.seed) return;
		this.attempts.forget(null);
		this.player.state = machine.goTo(machine.reseed(this.player.state, seed), 'challenge');
	};

	goTo = (id: StepId): void => {
		const had = document.activeElement;
		this.player.goTo(id);
		document.getElementById('lesson-text')?.scrollTo?.({ top: 0 });
		if (this.phone) window.scrollTo({ top: 0 });
		void readOn(had);
	};
	placeBet = (): void => {
		const had = document.activeElement;
		this.player.placeBet();
		this.said = 'Your bet is placed. Run is unlocked.';
		void toRun(had);
	};
	seek = (ns: number): void => {
		this.player.hurrying = false;
		this.session?.pause();
		void this.session?.seek(ns);
	};

	check = async (): Promise<void> => {
		const result = await this.attempts.run(this.learner);
		if (result === null) return;
		this.player.state = machine.addAttempt(this.player.state, result);
		const attempt = this.player.state.challenge.attempts.at(-1);
		if (attempt === undefined) return;
		this.hrefs = {
			...this.hrefs,
			[attempt.number]: await playHref(this.root, this.worldsOf(attempt))
		};
	};
	worldsOf(attempt: machine.Attempt) {
		const drawn = drawGuests(this.lesson, attempt.seed);
		return drawn.guests.map((guest) => ({
			scenario: guestScenario(this.lesson, drawn, guest, attempt.choices[guest.family.id] ?? null)
		}));
	}
	newSeed = (): void => {
		const seed = nextSeed(this.learner.challenge.seed);
		this.attempts.forget(null);
		this.player.state = machine.reseed(this.learner, seed);
		replaceState(`#seed=${seed}`, {});
	};
	change = (guest: string | null, next: machine.LessonState): void => {
		this.attempts.forget(guest);
		this.player.state = next;
	};

	/** What stands on the stage, opened in the sandbox at this moment. */
	openInPlay = async (): Promise<void> => {
		this.session?.pause();
		const worlds =
			this.stage === 'challenge'
				? this.draw.guests.map((guest) => ({
						scenario: guestScenario(
							this.lesson,
							this.draw,
							guest,
							this.learner.challenge.choices[guest.family.id] ?? null
						)
					}))
				: [
						...this.player.laneSpecs(this.whole ? this.player.rate : this.player.ownRate),
						...(this.step === 'look' ? [this.player.falseSpec] : [])
					];
		location.href = await playHref(
			this.root,
			worlds,
			this.stage === 'lanes' && !this.whole && this.locked === null ? this.nowNs : 0
		);
	};

	keydown = (event: KeyboardEvent): void => {
		if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
		const { session } = this;
		const target = event.target as HTMLElement;
		if (target.closest('input, textarea, select, [role=slider], [role=radiogroup], dialog')) return;
		const free = this.locked === null && session !== null && this.stage === 'lanes' && !this.whole;
		if (event.key === ' ' && free && !target.closest('button, a')) {
			if (session.state === 'playing') session.pause();
			else if (!this.atEnd) session.play();
		} else if (event.key === 'ArrowRight' && free && !this.atEnd) void session.step(this.unit);
		else if (event.key === 'ArrowLeft' && free) void session.stepBack(this.unit);
		else if (event.key === 'b' || event.key === 'B') this.goTo('bet');
		else if (event.key === '?') this.helping = true;
		else if (event.key === 'Escape' && session !== null) session.finishMotion();
		else return;
		event.preventDefault();
	};

	phoneNext = $derived.by((): { label: string; lock: string | null; act: () => void } => {
		const { nextStep } = this;
		if (this.step === 'bet' && this.learner.bet === null)
			return {
				label: 'Place bet',
				lock: this.learner.word === null ? 'draw a line or choose a word first' : null,
				act: this.placeBet
			};
		if (this.step === 'run' && !this.learner.ran)
			return this.session?.state === 'playing' || this.player.hurrying
				? {
						label: 'To the end',
						lock: this.player.hurrying ? 'on the way to the end' : null,
						act: () => void this.player.hurry()
					}
				: { label: 'Run', lock: this.busyLine, act: () => this.session?.play() };
		if (this.step === 'challenge' && !(this.attempts.solved && nextStep !== null))
			return {
				label: 'Check',
				lock: machine.choicesComplete(this.lesson, this.learner)
					? null
					: 'each guest needs a mover',
				act: () => void this.check()
			};
		return nextStep === null
			? { label: 'Open in Play', lock: null, act: () => void this.openInPlay() }
			: {
					label: `Next: ${this.labelOf(nextStep)}`,
					lock: machine.stepLock(this.learner, nextStep),
					act: () => this.goTo(nextStep)
				};
	});
}
