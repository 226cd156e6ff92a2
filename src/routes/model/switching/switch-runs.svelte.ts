import { connect, startWorker } from '$lib/client/connect.ts';
import { runWorld } from '$lib/client/run-world.ts';
import type { SwitchStrategyId } from '$lib/engine/contract/vdpa/choice.ts';
import type { ChangeStatus } from '$lib/engine/contract/vdpa/status.ts';
import { switchScenario, type SwitchGuest } from '$lib/engine/contract/vdpa/switch-world.ts';

const LIMIT_BYTES = 1.2e9;
const SLICE_EVENTS = 24;

/** Runs the guest of the page under each strategy, one after the other, when the reader asks for it. */
export class SwitchRuns {
	/** Changes that the engine made, by strategy. */
	found = $state.raw<Readonly<Partial<Record<SwitchStrategyId, readonly ChangeStatus[]>>>>({});
	running = $state.raw<{ readonly id: SwitchStrategyId; readonly progress: number } | null>(null);
	problem = $state<string | null>(null);
	#stopped = false;

	stop(): void {
		this.#stopped = true;
	}

	/** Another guest: what was found is not true of it. */
	forget(): void {
		this.stop();
		this.found = {};
		this.problem = null;
	}

	async start(guest: SwitchGuest, strategies: readonly SwitchStrategyId[]): Promise<void> {
		if (this.running !== null) return;
		this.#stopped = false;
		this.problem = null;
		this.found = {};
		const connection = connect(startWorker());
		const untilNs = (60 + Math.ceil(guest.gib / 4)) * 1e9;
		try {
			for (const id of strategies) {
				if (this.#stopped) break;
				this.running = { id, progress: 0 };
				const status = await runWorld(connection, {
					scenario: switchScenario(guest, id),
					untilNs,
					sliceEvents: SLICE_EVENTS,
					limitBytes: LIMIT_BYTES,
					known: (now) => now.operations.some((operation) => operation.state !== 'running'),
					between: (now) => {
						const [operation] = now?.operations ?? [];
						const share = operation
							? 1 - operation.pagesLeft / Math.max(1, operation.pagesTotal)
							: 0;
						this.running = { id, progress: Math.max(0, Math.min(1, share)) };
						return this.#stopped;
					}
				});
				const changes = status?.vdpa?.nics[0]?.changes;
				if (changes && !this.#stopped) this.found = { ...this.found, [id]: changes };
			}
		} catch (error) {
			this.problem = (error as Error).message;
		} finally {
			connection.end();
			this.running = null;
		}
	}
}
