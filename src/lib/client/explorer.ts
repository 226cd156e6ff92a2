import type { ExplorePort, ExploreProgress } from '../engine/contract/explore/port.ts';
import type {
	Branch,
	BranchPath,
	BranchRun,
	ExploreAnswer,
	ExploreRequest
} from '../engine/contract/explore/request.ts';
import type { Outcome } from '../base/outcome.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import type { Connected } from './connect.ts';

/** What a slice should take: long enough to get on, short enough for counters and for a stop. */
const SLICE_MS = 120;
const FIRST_BUDGET = 200;
const MOST_BUDGET = 50_000;

/** One exploration at a time, in a worker that lives as long as it is wanted. */
export class Explorer {
	readonly #connection: Connected<ExplorePort>;
	readonly #nowMs: () => number;
	#exploration: number | null = null;
	#stopped = false;

	constructor(connection: Connected<ExplorePort>, nowMs: () => number) {
		this.#connection = connection;
		this.#nowMs = nowMs;
	}

	/** Works until it is done or stopped; says how far it is after each slice. Throws with the engine's words where it cannot go on. */
	async run(
		request: ExploreRequest,
		onprogress: (progress: ExploreProgress) => void
	): Promise<Outcome<ExploreAnswer, ReasonId>> {
		await this.forget();
		this.#stopped = false;
		const begun = await this.#connection.call((port) => port.beginExplore(request));
		if (!begun.ok) return begun;
		const { exploration } = begun.value;
		this.#exploration = exploration;
		await this.#work(exploration, onprogress);
		const answer = await this.#connection.call((port) => port.explored({ exploration }));
		return { ok: true, value: answer };
	}

	/** From a branch so many choices further; the answer again, with what was found there. Null where nothing is open. */
	async lookFurther(
		state: number,
		steps: number,
		onprogress: (progress: ExploreProgress) => void
	): Promise<ExploreAnswer | null> {
		const exploration = this.#exploration;
		if (exploration === null) return null;
		this.#stopped = false;
		await this.#connection.call((port) => port.lookFurther({ exploration, state, steps }));
		await this.#work(exploration, onprogress);
		return this.#connection.call((port) => port.explored({ exploration }));
	}

	async #work(exploration: number, onprogress: (progress: ExploreProgress) => void): Promise<void> {
		let eventBudget = FIRST_BUDGET;
		for (;;) {
			const startMs = this.#nowMs();
			const budget = eventBudget;
			const progress = await this.#connection.call((port) =>
				port.exploreOn({ exploration, eventBudget: budget })
			);
			onprogress(progress);
			const done = progress.kind === 'search' ? progress.search.done : progress.futures.done;
			if (done || this.#stopped) return;
			const tookMs = Math.max(1, this.#nowMs() - startMs);
			const wanted = (budget * SLICE_MS) / tookMs;
			eventBudget = Math.round(Math.min(MOST_BUDGET, Math.max(1, Math.min(budget * 2, wanted))));
		}
	}

	/** Ends after the present slice; what was found stays. */
	stop(): void {
		this.#stopped = true;
	}

	async branchesAt(state: number): Promise<readonly Branch[] | null> {
		const exploration = this.#exploration;
		if (exploration === null) return null;
		return this.#connection.call((port) => port.branchesAt({ exploration, state }));
	}

	async branchRun(path: BranchPath): Promise<BranchRun | null> {
		const exploration = this.#exploration;
		if (exploration === null) return null;
		return this.#connection.call((port) => port.branchRun({ exploration, path }));
	}

	async forget(): Promise<void> {
		const exploration = this.#exploration;
		if (exploration === null) return;
		this.#exploration = null;
		await this.#connection.call((port) => port.endExplore({ exploration }));
	}

	end(): void {
		this.#stopped = true;
		this.#connection.end();
	}
}
