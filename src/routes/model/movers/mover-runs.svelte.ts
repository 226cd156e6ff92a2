import { connect, startWorker } from '$lib/client/connect.ts';
import {
	moverRun,
	moverScenario,
	type MoverFigures,
	type MoverGuest,
	type MoverId
} from '$lib/engine/contract/mover-worlds.ts';
import type { EnginePort } from '$lib/engine/contract/port.ts';
import type { RunSummary } from '$lib/engine/contract/queries.ts';
import { runToEnd } from '$lib/lessons/run.ts';

/** What one way made of the guest: the course for its lane, the columns where the move came to an end. */
export interface MoverRun {
	readonly summary: RunSummary;
	readonly figures: MoverFigures | null;
	/** Why it was refused, or how it ended unhappily. */
	readonly problem: string | null;
	/** Marks of the world: what was lost. */
	readonly marks: readonly string[];
}

/** Runs the guest of the page by each way, one after the other, when the reader asks for it. */
export class MoverRuns {
	found = $state.raw<Readonly<Partial<Record<MoverId, MoverRun>>>>({});
	running = $state.raw<{ readonly id: MoverId; readonly progress: number } | null>(null);
	problem = $state<string | null>(null);
	#turn = 0;

	stop(): void {
		this.#turn += 1;
		this.running = null;
	}

	/** Another guest: what was found is not true of it. */
	forget(): void {
		this.stop();
		this.found = {};
		this.problem = null;
	}

	async start(guest: MoverGuest, ids: readonly MoverId[], untilNs: number): Promise<void> {
		this.forget();
		const turn = this.#turn;
		const wanted = (): boolean => this.#turn === turn;
		const connection = connect(startWorker());
		const port = {
			open: (request) => connection.call((engine) => engine.open(request)),
			advance: (request) => connection.call((engine) => engine.advance(request)),
			ask: (request) => connection.call((engine) => engine.ask(request)),
			close: (request) => connection.call((engine) => engine.close(request))
		} as Pick<EnginePort, 'open' | 'advance' | 'ask' | 'close'> as EnginePort;
		try {
			for (const id of ids) {
				if (!wanted()) break;
				this.running = { id, progress: 0 };
				const run = await runToEnd(port, {
					scenario: moverScenario(guest, id, untilNs),
					untilNs,
					wanted,
					endWithoutOperation: true,
					onprogress: (progress) => {
						if (wanted()) this.running = { id, progress };
					}
				});
				if (!wanted()) break;
				if (!run.ok) {
					this.problem = run.detail;
					continue;
				}
				if (run.value === null) break;
				const { summary, status, refusal } = run.value;
				const [operation] = status.operations;
				const over = operation?.state === 'completed';
				this.found = {
					...this.found,
					[id]: {
						summary,
						figures: over ? moverRun(id, summary, status.vms[0]?.lostWorkNs ?? 0) : null,
						problem: refusal?.text ?? (over ? null : 'it has not come to an end by then'),
						marks: status.marks
					}
				};
			}
		} catch (error) {
			if (wanted()) this.problem = (error as Error).message;
		} finally {
			connection.end();
			if (wanted()) this.running = null;
		}
	}
}
