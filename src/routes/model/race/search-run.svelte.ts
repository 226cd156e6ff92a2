import { searchModel } from '$lib/client/superpage-threads.ts';
import type {
	SearchAnswer,
	SearchProgress,
	SuperpageModelId
} from '$lib/engine/contract/superpage-models.ts';

/** A search under way, its answer, and where the reader stands in the path of a violation. */
export class SearchRun {
	progress: SearchProgress | null = $state.raw(null);
	answer: SearchAnswer | null = $state.raw(null);
	problem: string | null = $state(null);
	tookMs = $state(0);
	step = $state(0);
	#generation = 0;

	get running(): boolean {
		return this.progress !== null && this.answer === null && this.problem === null;
	}

	stop(): void {
		this.#generation += 1;
		this.progress = null;
	}

	forget(): void {
		this.stop();
		this.answer = null;
		this.problem = null;
	}

	async start(id: SuperpageModelId, without: readonly string[]): Promise<void> {
		this.forget();
		const generation = this.#generation;
		const startMs = performance.now();
		this.progress = { states: 1, transitions: 0, waiting: 1, depth: 0, done: false };
		try {
			const answer = await searchModel(id, without, (progress) => {
				if (generation !== this.#generation) return false;
				this.progress = progress;
				this.tookMs = performance.now() - startMs;
				return true;
			});
			if (generation !== this.#generation || answer === null) return;
			this.tookMs = performance.now() - startMs;
			this.answer = answer;
			this.step = answer.violations[0]?.path.length ?? 0;
		} catch (error) {
			if (generation === this.#generation) this.problem = (error as Error).message;
		}
	}
}
