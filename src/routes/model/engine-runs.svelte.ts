import { connect, startWorker } from '$lib/client/connect.ts';
import { runWorld } from '$lib/client/run-world.ts';
import { qemuLikeLoop } from '$lib/engine/contract/closed-forms/index.ts';
import {
	comparisonScenario,
	engineRun,
	type EngineRun
} from '$lib/engine/contract/comparison-scenario.ts';
import { ENGINE_COMPARISONS } from '$lib/engine/contract/engine-comparisons.ts';

/** Guests above this are left to the command line: they would take a minute and a gigabyte of the reader's machine. */
const MOST_BYTES = 16 * 1024 ** 3;
const LIMIT_BYTES = 1.5e9;
/** Events a call: long enough to get on, short enough to show progress and to stop. */
const SLICE_EVENTS = 24;

export const runsHere = (id: string): boolean => {
	const found = ENGINE_COMPARISONS.find((comparison) => comparison.id === id);
	return (
		found !== undefined &&
		found.loop.memoryBytes <= MOST_BYTES &&
		qemuLikeLoop(found.loop).converges
	);
};

/** Runs the smaller cases in an engine of their own, one after the other, when the reader asks for it. */
export class EngineRuns {
	runs = $state.raw<readonly EngineRun[]>([]);
	/** Case that runs now, and how far it is, 0 to 1. */
	running = $state.raw<{ readonly id: string; readonly progress: number } | null>(null);
	problem = $state<string | null>(null);
	#stopped = false;

	stop(): void {
		this.#stopped = true;
	}

	async start(): Promise<void> {
		if (this.running !== null) return;
		this.#stopped = false;
		this.problem = null;
		this.runs = [];
		const connection = connect(startWorker());
		try {
			for (const { id, loop } of ENGINE_COMPARISONS) {
				if (this.#stopped) break;
				if (!runsHere(id)) continue;
				this.running = { id, progress: 0 };
				const untilNs = qemuLikeLoop(loop).totalS * 2e9;
				const { scenario, switchoverFixedS } = comparisonScenario(id, loop);
				let run: EngineRun | null = null;
				await runWorld(connection, {
					scenario,
					untilNs,
					sliceEvents: SLICE_EVENTS,
					limitBytes: LIMIT_BYTES,
					known: (status) => engineRun(id, status.operations[0], switchoverFixedS) !== null,
					between: (status) => {
						run = engineRun(id, status?.operations[0], switchoverFixedS);
						this.running = { id, progress: Math.min(1, (2 * (status?.nowNs ?? 0)) / untilNs) };
						return this.#stopped;
					}
				});
				if (run) this.runs = [...this.runs, run];
			}
		} catch (error) {
			this.problem = (error as Error).message;
		} finally {
			connection.end();
			this.running = null;
		}
	}
}
