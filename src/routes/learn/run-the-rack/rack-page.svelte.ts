import { CHEAPEST, type ChoiceId, type Design } from '$lib/lessons/rack/design.ts';
import { faultsOf, HIDDEN_SEEDS, type RackFault } from '$lib/lessons/rack/faults.ts';
import { scoreOf, type Score, type Verdict } from '$lib/lessons/rack/judge.ts';
import { readRackLink, writeRackLink } from '$lib/lessons/rack/rack-link.ts';
import { runRack } from '$lib/lessons/rack/run-rack.ts';
import { emptyLessonProgress } from '$lib/lessons/progress.ts';
import { SideEngine } from '../side-engine.ts';
import { loadProgress, saveProgress } from '../stored-progress.ts';

/** What the page of the capstone knows: a design, a bet, runs on the hidden seeds, and faults that somebody chose. */
export const RACK_LESSON = 'run-the-rack';
export const RACK_STEPS = ['design', 'check', 'break'] as const;
export type RackStep = (typeof RACK_STEPS)[number];

export interface RackAttempt {
	readonly design: Design;
	readonly score: Score;
	readonly bet: number;
	/** The solution had been shown before. */
	readonly marked: boolean;
}

/** Seed of the runs in which somebody chose the faults: the guests’ own chance, nothing else. */
const OWN_SEED = 1;
const ATTEMPTS_BEFORE_SOLUTION = 3;

export class RackPage {
	step: RackStep = $state('design');
	design: Design = $state.raw(CHEAPEST);
	past: readonly Design[] = $state.raw([]);
	bet: number = $state(10);
	betPlaced = $state(false);
	/** By seed, in order; undefined while it has not run. */
	verdicts: readonly Verdict[] = $state.raw([]);
	running: 'check' | 'break' | null = $state(null);
	attempts: readonly RackAttempt[] = $state.raw([]);
	solutionShown = $state(false);
	shownSeed: number = $state(HIDDEN_SEEDS[0] ?? 1);
	faults: readonly RackFault[] = $state.raw([{ kind: 'crash', host: 0, atS: 4 }]);
	broken: Verdict | null = $state.raw(null);
	problem: string | null = $state(null);
	said = $state('');
	#engine: SideEngine | null = null;
	#turn = 0;

	readonly score = $derived(
		this.verdicts.length === HIDDEN_SEEDS.length ? scoreOf(this.design, this.verdicts) : null
	);
	readonly solutionOffered = $derived(this.attempts.length >= ATTEMPTS_BEFORE_SOLUTION);
	readonly fragment = $derived(
		writeRackLink({ design: this.design, faults: this.step === 'break' ? this.faults : [] })
	);

	/** From the address: a design, and faults that were chosen against it. */
	arrive(hash: string): void {
		const link = readRackLink(hash);
		if (link === null) return;
		this.design = link.design;
		this.forget();
		if (link.faults.length === 0) return;
		this.faults = link.faults;
		this.step = 'break';
	}

	choose = (id: ChoiceId, option: string): void => {
		if (this.design[id] === option || this.running !== null) return;
		this.#put({ ...this.design, [id]: option });
	};
	undo = (): void => {
		const before = this.past.at(-1);
		if (before === undefined || this.running !== null) return;
		this.past = this.past.slice(0, -1);
		this.design = before;
		this.forget();
	};
	showSolution = (witness: Design): void => {
		this.solutionShown = true;
		this.#put(witness);
	};
	#put(design: Design): void {
		this.past = [...this.past, this.design].slice(-50);
		this.design = design;
		this.forget();
	}
	/** What was measured belonged to another design. */
	private forget(): void {
		this.verdicts = [];
		this.betPlaced = false;
		this.broken = null;
		this.problem = null;
	}

	goTo = (step: RackStep): void => {
		this.step = step;
	};

	placeBet = async (): Promise<void> => {
		this.betPlaced = true;
		await this.check();
	};

	private async check(): Promise<void> {
		const turn = this.#begin('check');
		const { design } = this;
		this.verdicts = [];
		for (const seed of HIDDEN_SEEDS) {
			const verdict = await this.#run(design, seed, faultsOf(seed), turn);
			if (verdict === null) return;
			this.verdicts = [...this.verdicts, verdict];
			this.said = `seed ${seed} of ${HIDDEN_SEEDS.length}: ${verdict.holds ? 'kept' : 'broken'}`;
		}
		this.running = null;
		const score = scoreOf(design, this.verdicts);
		const marked = this.solutionShown;
		this.attempts = [...this.attempts, { design, score, bet: this.bet, marked }];
		this.shownSeed =
			HIDDEN_SEEDS[this.verdicts.findIndex((verdict) => !verdict.holds)] ?? this.shownSeed;
		this.said = `${score.won} of ${score.of} seeds kept all promises.`;
		this.#keep(score, marked);
	}

	tryToBreak = async (): Promise<void> => {
		const turn = this.#begin('break');
		const verdict = await this.#run(this.design, OWN_SEED, this.faults, turn);
		if (verdict === null) return;
		this.running = null;
		this.broken = verdict;
		this.said = verdict.holds ? 'It holds.' : `Broken: ${verdict.broken.join('; ')}.`;
	};
	setFaults = (faults: readonly RackFault[]): void => {
		if (this.running !== null) return;
		this.faults = faults;
		this.broken = null;
	};

	#begin(what: 'check' | 'break'): number {
		this.#engine ??= new SideEngine();
		this.problem = null;
		this.running = what;
		this.#turn += 1;
		return this.#turn;
	}
	async #run(
		design: Design,
		seed: number,
		faults: readonly RackFault[],
		turn: number
	): Promise<Verdict | null> {
		const engine = this.#engine;
		if (engine === null) return null;
		try {
			const run = await runRack(engine.port, design, seed, faults, {
				memory: engine.memory,
				wanted: () => this.#turn === turn
			});
			if (run.ok) return run.value;
			this.problem = run.detail;
		} catch (error) {
			this.problem = error instanceof Error ? error.message : String(error);
		}
		this.running = null;
		return null;
	}
	stop = (): void => {
		this.#turn += 1;
		this.running = null;
		this.verdicts = [];
		this.betPlaced = false;
	};

	#keep(score: Score, marked: boolean): void {
		const before = loadProgress().lessons[RACK_LESSON] ?? emptyLessonProgress();
		const won =
			score.won === score.of
				? [...before.won, { seed: score.cost, marked }].slice(-1000)
				: before.won;
		saveProgress(RACK_LESSON, {
			...before,
			bet: `${this.bet} of ${score.of}`,
			ran: true,
			attempts: before.attempts + 1,
			won
		});
	}

	end(): void {
		this.#turn += 1;
		this.#engine?.end();
		this.#engine = null;
	}
}
