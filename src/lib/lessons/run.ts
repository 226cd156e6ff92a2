import { ok, type Outcome } from '../base/outcome.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type { Buffers, CrashReport, EnginePort } from '../engine/contract/port.ts';
import type { AnswerTo, Expression, Query, RunSummary } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import type { WorldStatus } from '../engine/contract/status.ts';

/** Drives a port and knows no screen: one world from its start to a moment, then questions. */

export interface RunOrder {
	readonly scenario: unknown;
	readonly belief?: string | null;
	readonly untilNs: number;
	readonly expressions?: readonly Expression[];
	readonly memory?: 'shared' | 'transferred';
	readonly onprogress?: (fraction: number) => void;
	/** Asked between calls; a run that is no longer wanted ends early with null. */
	readonly wanted?: () => boolean;
}

export interface RunResult {
	readonly summary: RunSummary;
	readonly status: WorldStatus;
	readonly values: readonly (number | boolean | null)[];
}

/** A rule of the engine was broken: not a refusal, a defect. */
export class EngineStopped extends Error {
	readonly report: CrashReport;
	constructor(report: CrashReport) {
		super(report.message);
		this.report = report;
	}
}

/** Events per call: about 10 ms of a fast machine, so that a page stays alive between calls. */
const EVENT_BUDGET = 4000;

/** One opened world with its buffer, wherever that is at the moment. */
class OpenedWorld {
	readonly port: EnginePort;
	readonly world: WorldId;
	status: WorldStatus;
	private buffer: ArrayBuffer | null;

	constructor(port: EnginePort, world: WorldId, status: WorldStatus, buffer: ArrayBufferLike, transferred: boolean) {
		this.port = port;
		this.world = world;
		this.status = status;
		this.buffer = transferred ? (buffer as ArrayBuffer) : null;
	}

	private lend(): { buffers?: Buffers } {
		return this.buffer === null ? {} : { buffers: { [this.world]: this.buffer } };
	}

	private takeBack(buffers: Buffers | undefined): void {
		if (buffers?.[this.world] !== undefined) this.buffer = buffers[this.world] as ArrayBuffer;
	}

	async advance(untilNs: number): Promise<{ done: boolean; progress: number }> {
		const answer = await this.port.advance({
			worlds: [this.world],
			untilNs,
			eventBudget: EVENT_BUDGET,
			...this.lend()
		});
		this.takeBack(answer.buffers);
		if (answer.crash !== null) throw new EngineStopped(answer.crash);
		this.status = answer.statuses[this.world] ?? this.status;
		return { done: answer.done, progress: answer.progress };
	}

	async ask<Q extends Query>(query: Q): Promise<AnswerTo<Q>> {
		const answer = await this.port.ask({ world: this.world, query, ...this.lend() });
		this.takeBack(answer.buffers);
		return answer.answer;
	}
}

async function openWorld(port: EnginePort, order: RunOrder): Promise<Outcome<OpenedWorld, ReasonId>> {
	const memory = order.memory ?? 'transferred';
	const opened = await port.open({ scenario: order.scenario, memory, belief: order.belief ?? null });
	if (!opened.ok) return opened;
	const { world, status, buffer } = opened.value;
	return ok(new OpenedWorld(port, world, status, buffer, memory === 'transferred'));
}

/** Opens, runs, asks, closes. null when it was no longer wanted. */
export async function runToEnd(port: EnginePort, order: RunOrder): Promise<Outcome<RunResult | null, ReasonId>> {
	const opened = await openWorld(port, order);
	if (!opened.ok) return opened;
	const world = opened.value;
	try {
		for (let done = false; !done; ) {
			if (order.wanted && !order.wanted()) return ok(null);
			const answer = await world.advance(order.untilNs);
			done = answer.done;
			order.onprogress?.(answer.progress);
		}
		const summary = await world.ask({ kind: 'summary' });
		const values = order.expressions?.length
			? await world.ask({ kind: 'evaluate', expressions: order.expressions })
			: [];
		return ok({ summary, status: world.status, values });
	} finally {
		await port.close({ world: world.world });
	}
}
