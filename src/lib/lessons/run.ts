import { ok, type Outcome } from '../base/outcome.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type { Buffers, CrashReport, EnginePort } from '../engine/contract/port.ts';
import type { HandOverVerdict } from '../engine/contract/hand-over.ts';
import type { ExchangeVerdict } from '../engine/contract/exchange.ts';
import type { CollisionAnswer } from '../engine/contract/vdpa/collision.ts';
import type { MoverVerdict } from '../engine/contract/movers.ts';
import type { AnswerTo, Expression, Query, RunSummary } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import type { TraceRecord } from '../engine/contract/records.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import { attach, type WorldViews } from '../engine/contract/views.ts';

/** Drives a port and knows no screen: one world from its start to a moment, then questions. */

export interface RunOrder {
	readonly scenario: unknown;
	readonly belief?: string | null;
	readonly untilNs: number;
	readonly expressions?: readonly Expression[];
	/** A plan of the migrator whose every order is to be explored (the lab of the three movers). */
	readonly movers?: string;
	/** A plan of the exchange over shared memory whose every order is to be explored. */
	readonly exchange?: string;
	/** A hand-off laid act by act whose every order is to be explored. */
	readonly handOver?: string;
	/** A device and a placement of its rings whose every sequence of plugs and failures is to be explored. */
	readonly collisions?: string;
	readonly memory?: 'shared' | 'transferred';
	/** The order was refused, or none was given: nothing will come of waiting. */
	readonly endWithoutOperation?: boolean;
	readonly onprogress?: (fraction: number) => void;
	/** The course so far, a few times a second: lines that draw themselves while the engine works. */
	readonly oncourse?: (summary: RunSummary) => void;
	/** Asked between calls; a run that is no longer wanted ends early with null. */
	readonly wanted?: () => boolean;
}

export interface RunResult {
	readonly summary: RunSummary;
	readonly status: WorldStatus;
	readonly values: readonly (number | boolean | null)[];
	readonly movers: MoverVerdict | null;
	readonly exchange: ExchangeVerdict | null;
	readonly handOver: HandOverVerdict | null;
	readonly collisions: CollisionAnswer | null;
	/** The order was refused at once: a key of REASONS, with the engine's own words. */
	readonly refusal: { readonly reason: string; readonly text: string } | null;
	/** The world as it stood at the end: the engine has let go of it. */
	readonly views: () => WorldViews;
}

/** A rule of the engine was broken: not a refusal, a defect. */
export class EngineStopped extends Error {
	readonly report: CrashReport;
	constructor(report: CrashReport) {
		super(report.message);
		this.report = report;
	}
}

/** How long a call should take: short enough to be told that it is no longer wanted. */
const WISHED_CALL_MS = 40;
const FIRST_EVENTS = 16;
const MOST_EVENTS = 4_000_000;
/** How often the course is asked for on the way. */
const COURSE_EVERY_MS = 200;
/** Nobody goes back in such a run. */
const CHECKPOINT_BYTES = 1024 * 1024;

/** One opened world with its buffer, wherever that is at the moment. */
class OpenedWorld {
	readonly port: EnginePort;
	readonly world: WorldId;
	status: WorldStatus;
	private buffer: ArrayBufferLike;
	private readonly transferred: boolean;
	/** Results do not depend on it (decision D9). */
	private events = FIRST_EVENTS;

	constructor(
		port: EnginePort,
		world: WorldId,
		status: WorldStatus,
		buffer: ArrayBufferLike,
		transferred: boolean
	) {
		this.port = port;
		this.world = world;
		this.status = status;
		this.buffer = buffer;
		this.transferred = transferred;
	}

	private lend(): { buffers?: Buffers } {
		return this.transferred ? { buffers: { [this.world]: this.buffer as ArrayBuffer } } : {};
	}

	/** Time has passed and no operation has begun. */
	get isIdle(): boolean {
		return this.status.nowNs > 0 && this.status.operations.length === 0;
	}

	views(): WorldViews {
		return attach(this.buffer);
	}

	private takeBack(buffers: Buffers | undefined): void {
		if (buffers?.[this.world] !== undefined) this.buffer = buffers[this.world] as ArrayBuffer;
	}

	async advance(untilNs: number): Promise<{ done: boolean }> {
		const startMs = performance.now();
		const answer = await this.port.advance({
			worlds: [this.world],
			untilNs,
			eventBudget: this.events,
			...this.lend()
		});
		const passedMs = performance.now() - startMs;
		this.events = Math.min(
			MOST_EVENTS,
			Math.max(1, passedMs > WISHED_CALL_MS ? Math.floor(this.events / 2) : this.events * 2)
		);
		this.takeBack(answer.buffers);
		if (answer.crash !== null) throw new EngineStopped(answer.crash);
		this.status = answer.statuses[this.world] ?? this.status;
		return { done: answer.done };
	}

	async ask<Q extends Query>(query: Q): Promise<AnswerTo<Q>> {
		const answer = await this.port.ask({ world: this.world, query, ...this.lend() });
		this.takeBack(answer.buffers);
		return answer.answer;
	}
}

const FIRST_RECORDS = { kind: 'records', fromSeq: 0, count: 32 } as const;

function refusalIn(records: readonly TraceRecord[]): RunResult['refusal'] {
	const record = records.find(
		(each) => each.kind === 'command' && each.values.outcome === 'refused'
	);
	return record === undefined ? null : { reason: String(record.values.reason), text: record.text };
}

async function openWorld(
	port: EnginePort,
	order: RunOrder
): Promise<Outcome<OpenedWorld, ReasonId>> {
	const memory = order.memory ?? 'transferred';
	const opened = await port.open({
		scenario: order.scenario,
		memory,
		belief: order.belief ?? null,
		checkpointBytes: CHECKPOINT_BYTES
	});
	if (!opened.ok) return opened;
	const { world, status, buffer } = opened.value;
	return ok(new OpenedWorld(port, world, status, buffer, memory === 'transferred'));
}

/** Opens, runs, asks, closes. null when it was no longer wanted. */
export async function runToEnd(
	port: EnginePort,
	order: RunOrder
): Promise<Outcome<RunResult | null, ReasonId>> {
	const opened = await openWorld(port, order);
	if (!opened.ok) return opened;
	const world = opened.value;
	try {
		let courseMs = performance.now();
		for (let done = false; !done;) {
			if (order.wanted && !order.wanted()) return ok(null);
			const answer = await world.advance(order.untilNs);
			done = answer.done || (order.endWithoutOperation === true && world.isIdle);
			order.onprogress?.(world.status.nowNs / order.untilNs);
			if (order.oncourse && performance.now() - courseMs > COURSE_EVERY_MS) {
				order.oncourse(await world.ask({ kind: 'summary' }));
				courseMs = performance.now();
			}
		}
		const summary = await world.ask({ kind: 'summary' });
		const values = order.expressions?.length
			? await world.ask({ kind: 'evaluate', expressions: order.expressions })
			: [];
		const refusal =
			world.status.operations.length === 0 ? refusalIn(await world.ask(FIRST_RECORDS)) : null;
		const movers =
			order.movers === undefined ? null : await world.ask({ kind: 'movers', plan: order.movers });
		const exchange =
			order.exchange === undefined
				? null
				: await world.ask({ kind: 'exchange', plan: order.exchange });
		const handOver =
			order.handOver === undefined
				? null
				: await world.ask({ kind: 'hand-over', plan: order.handOver });
		const collisions =
			order.collisions === undefined
				? null
				: await world.ask({ kind: 'collisions', words: order.collisions });
		return ok({
			summary,
			status: world.status,
			values,
			movers,
			exchange,
			handOver,
			collisions,
			refusal,
			views: () => world.views()
		});
	} finally {
		await port.close({ world: world.world });
	}
}
