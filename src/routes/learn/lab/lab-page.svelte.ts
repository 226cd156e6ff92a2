import { onMount, untrack } from 'svelte';
import { base } from '$app/paths';
import { formatNs } from '$lib/base/format.ts';
import type { Expression } from '$lib/engine/contract/queries.ts';
import { readSeed } from '$lib/lessons/family.ts';
import {
	betAnswer,
	betExpressions,
	betRight,
	figureExpressions,
	keyOf,
	optionExpressions,
	sayBetValue,
	sayFigure
} from '$lib/lessons/lab/bet.ts';
import * as machine from '$lib/lessons/lab/lab.ts';
import type { Lab } from '$lib/lessons/lab/load.ts';
import { labProgress } from '$lib/lessons/lab/progress.ts';
import { scaled } from '$lib/lessons/lab/run-lab.ts';
import { draw } from '$lib/lessons/lab/template.ts';
import { emptyLessonProgress, stepsDone } from '$lib/lessons/progress.ts';
import type { ProseStep } from '$lib/lessons/prose.ts';
import { STEP_IDS, type StepId } from '$lib/lessons/schema.ts';
import { keepFocus } from '$lib/ui/keep-focus.ts';
import { preferences } from '$lib/ui/preferences.svelte.ts';
import { frameClock } from '$lib/viz/frame/frame-clock.ts';
import { readOn, toLook, toRun } from '../focus.ts';
import { loadProgress, saveProgress } from '../stored-progress.ts';
import { LabAttempts } from './lab-attempts.svelte.ts';
import { LabHands } from './lab-hands.svelte.ts';
import { LabOrder } from './lab-order.svelte.ts';
import { makeIdeas, stageHref, type MakeIdea } from './lab-links.ts';
import { LabPlayer } from './lab-player.svelte.ts';
import { labStills } from './lab-stills.ts';
import { LabPlug } from './lab-plug.svelte.ts';
import { LabStrip } from './lab-strip.svelte.ts';
import { STEP_LABELS } from './step-labels.ts';

type Values = readonly (number | boolean | null)[];

/** What the page of a lab knows and does. */
export class LabPage {
	readonly lab: Lab;
	readonly player: LabPlayer;
	readonly attempts: LabAttempts;
	readonly hands: LabHands;
	readonly strip: LabStrip;
	readonly plug: LabPlug;
	readonly order: LabOrder;
	readonly root = `${base}/`;

	learner: machine.LabState = $state.raw() as machine.LabState;
	before = emptyLessonProgress();
	said = $state('');
	helping = $state(false);
	innerWidth = $state(1366);
	/** At the end of the run: what the true engine and the false one say to bet, question and figures. */
	answer: machine.LabBetValue | null = $state.raw(null);
	falseAnswer: machine.LabBetValue | null = $state.raw(null);
	seenKey: string | null = $state(null);
	figures: readonly (number | null)[] = $state.raw([]);
	falseFigures: readonly (number | null)[] = $state.raw([]);
	/** Option of Change on the stage, and whether it is on its way. */
	option: string | null = $state(null);
	changing = $state(false);
	/** What Change asks for holds in the run on the stage. */
	foundNow = $state(false);
	/** Where one block has several futures: the one that is looked at. */
	brushId: string | null = $state(null);
	ideas: readonly MakeIdea[] = $state.raw([]);

	#asking = false;

	constructor(lab: Lab) {
		this.lab = lab;
		this.player = new LabPlayer(lab);
		this.learner = machine.startLab(lab.steps);
		this.attempts = new LabAttempts(this);
		this.hands = new LabHands(this);
		this.strip = new LabStrip(this);
		this.plug = new LabPlug(this);
		this.order = new LabOrder(this);
		this.player.onpart = () => this.strip.sample();
	}

	phone = $derived(this.innerWidth <= 760);
	session = $derived.by(() => this.player.session);
	step = $derived(this.learner.step);
	nowNs = $derived(this.session?.nowNs ?? 0);
	untilNs = $derived.by(() => this.player.untilNs(this.player.standing));
	atEnd = $derived(this.session !== null && this.nowNs >= this.untilNs);
	/** Why Run cannot be pressed. */
	locked = $derived(
		this.learner.bet === null && this.step !== 'challenge' ? 'a bet unlocks Run' : null
	);
	right = $derived(betRight(this.steps.bet, this.learner.bet, this.answer));
	busyLine = $derived.by(
		() =>
			this.player.problem ??
			(this.session?.state === 'crashed' ? this.session.message : null) ??
			this.session?.progress?.label ??
			null
	);
	idle = $derived.by(
		() =>
			(this.step === 'make' || this.player.standing !== null) &&
			!this.player.opening &&
			(this.session === null || this.session.idle) &&
			!this.player.hurrying &&
			!this.changing &&
			!this.hands.busy &&
			this.attempts.checking === null
	);
	stills = $derived.by(() =>
		this.player.standing === null
			? []
			: labStills(
					this.player.scenarioOf(this.player.standing),
					this.player.fromNs(this.player.standing),
					this.untilNs
				)
	);
	brush = $derived.by(() => {
		const { brush } = this.lab.steps;
		if (brush === undefined || this.step === 'challenge') return null;
		const option = brush.options.find((each) => each.id === this.brushId) ?? brush.options[0];
		return option === undefined
			? null
			: { ...option, giver: option.giver ?? null, memoryBlock: brush.memoryBlock };
	});
	/** A press on the block runs on from here. */
	sweep = $derived.by(() =>
		this.step === 'run' && this.locked === null && this.busyLine === null && !this.atEnd
			? () => this.session?.play()
			: null
	);
	doneSteps = $derived(stepsDone(labProgress(this.steps, this.before, this.learner)));
	isDone = (id: StepId): boolean => this.doneSteps[STEP_IDS.indexOf(id)] ?? false;
	nextStep = $derived(STEP_IDS[STEP_IDS.indexOf(this.step) + 1] ?? null);
	backStep = $derived(
		STEP_IDS.slice(0, STEP_IDS.indexOf(this.step)).findLast(
			(id) => machine.labLock(this.learner, id) === null
		) ?? null
	);

	get steps(): Lab['steps'] {
		return this.lab.steps;
	}
	get prose(): ProseStep {
		return this.lab.prose.steps.find((each) => each.id === this.step) as ProseStep;
	}

	holds = (when: string): boolean =>
		when === 'betright'
			? this.right
			: when === 'betwrong'
				? !this.right
				: when === 'lost'
					? this.#lost !== undefined
					: false;
	/** The learner's own last attempt that failed: what is said about it later is said about that one. */
	get #lost(): machine.LabAttempt | undefined {
		return this.learner.attempts.findLast((each) => !each.won);
	}

	/** The first goal of that attempt that was not reached, in words. */
	get #missed(): string {
		const at = this.#lost?.passed.indexOf(false) ?? -1;
		const goal = this.steps.challenge.checks[at];
		return goal === undefined ? 'a goal was missed' : `the goal “${goal.label}” was missed`;
	}

	/** Figures of the prose: bet, result, the false engine's result, or one of the run's own. */
	figure = (name: string): string => {
		const { bet, run } = this.steps;
		if (name === 'bet') return sayBetValue(bet, this.learner.bet);
		if (name === 'result') return sayBetValue(bet, this.answer);
		if (name === 'false') return sayBetValue(bet, this.falseAnswer);
		if (name === 'until') return formatNs(run.untilNs);
		if (name === 'reason') return this.#lost?.note ?? this.#missed;
		const at = run.figures.findIndex((each) => each.id === name);
		const found = run.figures[at];
		if (found !== undefined) return sayFigure(found, this.figures[at]);
		// What the seed drew for the challenge.
		const drawn = draw(this.steps.challenge.drawn, this.learner.seed)[name];
		return drawn === undefined ? '–' : String(drawn);
	};

	/** Called while the page's component is made: the effects end with it. */
	start(): void {
		this.strip.start();
		onMount(() => {
			this.before = loadProgress().lessons[this.lab.id] ?? this.before;
			const seed = seedOf(location.hash);
			if (seed !== null)
				this.learner = machine.labGoTo(machine.reseedLab(this.learner, seed), 'challenge');
			void this.stand();
			const stop = frameClock.subscribe((wallMs) => this.player.session?.tick(wallMs));
			const root = document.querySelector<HTMLElement>('.lab');
			const letFocusGo = root === null ? null : keepFocus(root);
			return () => {
				stop();
				letFocusGo?.();
				this.attempts.end();
				void this.player.close();
			};
		});
		$effect(() => {
			const { session } = this;
			if (session) session.reducedMotion = preferences.reducedMotion;
		});
		$effect(() => {
			void this.session?.turn;
			if (this.player.standing?.kind !== 'start' || !this.atEnd) return;
			if (this.session?.state === 'playing' || this.answer !== null || this.learner.bet === null)
				return;
			if (this.steps.plug !== undefined && !this.plug.pulled) return;
			untrack(() => void this.#arrived());
		});
		$effect(() => {
			const progress = labProgress(this.steps, this.before, this.learner);
			untrack(() => saveProgress(this.lab.id, progress));
		});
	}

	/** Bet to Look: the start with the belief beside it. Change: the chosen option. Challenge: the plan. */
	async stand(): Promise<void> {
		const { step, learner } = this;
		if (step === 'make') {
			this.ideas = await makeIdeas(this);
			return;
		}
		if (this.hands.hands !== undefined) return this.hands.open();
		if (step === 'challenge') {
			await this.player.stand({ kind: 'plan', plan: learner.plan, seed: learner.seed });
			await this.order.lay();
			return;
		}
		if (step === 'change') {
			await this.tryOption(this.option ?? (this.steps.change.options[0]?.id as string));
			return;
		}
		const fresh = this.player.standing?.kind !== 'start';
		const stands = await this.player.stand({ kind: 'start' });
		// What was run once is shown at its end again.
		if (stands && fresh && learner.ran) await this.session?.seek(this.untilNs);
	}

	async #arrived(): Promise<void> {
		if (this.#asking) return;
		this.#asking = true;
		const { bet, seen, run } = this.steps;
		const questions = [
			...betExpressions(bet),
			...optionExpressions(seen.options),
			...figureExpressions(run.figures)
		];
		const betCount = betExpressions(bet).length;
		const figuresFrom = betCount + seen.options.length;
		const figuresOf = (values: Values): (number | null)[] =>
			run.figures.map((each, at) => scaled(values[figuresFrom + at], each));
		try {
			const truth = await this.player.values(0, questions);
			const belief = await this.player.values(1, questions);
			this.answer = betAnswer(bet, truth);
			this.falseAnswer = betAnswer(bet, belief);
			this.seenKey = keyOf(seen.options, truth.slice(betCount, figuresFrom));
			this.figures = figuresOf(truth);
			this.falseFigures = figuresOf(belief);
			this.learner = { ...machine.labRanToEnd(this.learner), step: this.learner.step };
			this.said = `The run is over. Your bet: ${this.figure('bet')}. Result: ${this.figure('result')}.`;
			void toLook();
			await this.player.findDifference();
		} catch (error) {
			this.player.problem = `The engine stopped: ${(error as Error).message}`;
		}
		this.#asking = false;
	}

	goTo = (id: StepId): void => {
		this.player.hurrying = false;
		this.session?.pause();
		const had = document.activeElement;
		this.learner = machine.labGoTo(this.learner, id);
		document.getElementById('lesson-text')?.scrollTo?.({ top: 0 });
		if (this.phone) window.scrollTo({ top: 0 });
		void readOn(had);
		void this.stand();
	};
	draft = (value: machine.LabBetValue): void => {
		this.learner = machine.draftBet(this.learner, value);
	};
	placeBet = (): void => {
		const had = document.activeElement;
		this.learner = machine.placeLabBet(this.steps, this.learner);
		this.said = 'Your bet is placed. Run is unlocked.';
		void toRun(had);
	};
	betAgain = (): void => {
		this.player.hurrying = false;
		this.learner = machine.labBetAgain(this.learner);
		this.answer = null;
		this.falseAnswer = null;
		this.plug.reset();
		void this.session?.rewind();
	};
	seek = (ns: number): void => {
		this.player.hurrying = false;
		this.session?.pause();
		void this.session?.seek(ns);
	};

	/** One step is one order of the story: from picture to picture. */
	stepOn = (): void => this.#turnTo(this.stills.find((each) => each.ns > this.nowNs)?.ns);
	stepBack = (): void => this.#turnTo(this.stills.findLast((each) => each.ns < this.nowNs)?.ns);
	#turnTo(ns: number | undefined): void {
		this.player.hurrying = false;
		if (ns !== undefined) void this.session?.seek(ns);
	}

	tryOption = async (id: string): Promise<void> => {
		this.option = id;
		this.foundNow = false;
		this.changing = true;
		try {
			if (!(await this.player.stand({ kind: 'option', option: id }))) return;
			await this.player.hurry();
			if (this.option !== id || this.player.standing?.kind !== 'option') return;
			const { figures } = this.steps.change;
			const found = this.steps.change.found?.expression;
			const values = await this.player.values(0, [
				...figureExpressions(figures),
				...(found === undefined ? [] : [found as Expression])
			]);
			this.foundNow = values[figures.length] === true;
			this.learner = machine.labTried(
				this.learner,
				id,
				figures.map((each, at) => scaled(values[at], each))
			);
		} catch (error) {
			this.player.problem = `The engine stopped: ${(error as Error).message}`;
		} finally {
			if (this.option === id) this.changing = false;
		}
	};

	openInPlay = async (): Promise<void> => {
		this.session?.pause();
		location.href = await stageHref(this);
	};

	hashchange = (): void => {
		const seed = seedOf(location.hash);
		if (seed === null || seed === this.learner.seed) return;
		this.attempts.plan(machine.labGoTo(machine.reseedLab(this.learner, seed), 'challenge'));
		void this.stand();
	};

	keydown = (event: KeyboardEvent): void => {
		if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
		const { session } = this;
		const target = event.target as HTMLElement;
		if (target.closest('input, textarea, select, [role=slider], [role=radiogroup], dialog')) return;
		const free = this.locked === null && session !== null && this.step !== 'make';
		if (event.key === ' ' && free && !target.closest('button, a')) {
			if (session.state === 'playing') session.pause();
			else if (!this.atEnd) session.play();
		} else if (event.key === 'ArrowRight' && free && !this.atEnd) this.stepOn();
		else if (event.key === 'ArrowLeft' && free) this.stepBack();
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
				lock: machine.betComplete(this.steps.bet, this.learner.draft) ? null : 'choose first',
				act: this.placeBet
			};
		if (this.step === 'run' && !this.learner.ran)
			return this.session?.state === 'playing' || this.player.hurrying
				? {
						label: 'To the end',
						lock: this.player.hurrying ? 'on the way to the end' : null,
						act: () => void this.player.hurry()
					}
				: this.plug.ready
					? { label: 'Pull A’s plug', lock: null, act: () => void this.plug.pull() }
					: { label: 'Run', lock: this.busyLine, act: () => this.session?.play() };
		// What was checked is lost: the bet on why is next, until the plan is another one.
		const { result } = this.attempts;
		if (
			this.step === 'challenge' &&
			this.learner.bet === null &&
			result !== null &&
			!result.passed.every(Boolean)
		)
			return { label: 'Bet on why', lock: null, act: () => this.goTo('bet') };
		// Every goal is reached: the next step is next.
		const solved = result !== null && result.passed.every(Boolean) && nextStep !== null;
		if (this.step === 'challenge' && !solved)
			return {
				label: 'Check',
				lock: this.attempts.lock,
				act: () => void this.attempts.check()
			};
		return nextStep === null
			? { label: 'Open in Play', lock: null, act: () => void this.openInPlay() }
			: {
					label: `Next: ${STEP_LABELS.find((each) => each.id === nextStep)?.label ?? ''}`,
					lock: machine.labLock(this.learner, nextStep),
					act: () => this.goTo(nextStep)
				};
	});
}

const seedOf = (hash: string): number | null =>
	readSeed(new URLSearchParams(hash.replace(/^#/, '')).get('seed'));
