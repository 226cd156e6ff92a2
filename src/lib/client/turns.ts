import { assert } from '../base/assert.ts';
import type { Outcome } from '../base/outcome.ts';
import type { Command } from '../engine/contract/commands.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type {
	AdvanceAnswer,
	Buffers,
	EngineDescription,
	MemoryEstimate,
	OpenAnswer,
	OpenRequest,
	SendAnswer,
	StepRequest
} from '../engine/contract/port.ts';
import type { AnswerTo, Query } from '../engine/contract/queries.ts';
import type { ReasonId } from '../engine/contract/reasons.ts';
import { attach, type WorldViews } from '../engine/contract/views.ts';
import type { Connection } from './connect.ts';
import type { BackEnd } from './isolation.ts';

/**
 * Whose turn it is with which buffer (decision D9). From a call until its answer the worlds named in it belong to the
 * engine; a transferred buffer is really gone in that time, and comes back as another object that views are attached to.
 */
export class Turns {
	readonly memory: BackEnd;
	private readonly connection: Connection;
	private readonly held = new Map<WorldId, { buffer: ArrayBufferLike; views: WorldViews }>();
	private readonly away = new Set<WorldId>();

	constructor(connection: Connection, memory: BackEnd) {
		this.connection = connection;
		this.memory = memory;
	}

	describe(): Promise<EngineDescription> {
		return this.connection.call((port) => port.describe());
	}

	estimate(scenario: unknown): Promise<Outcome<MemoryEstimate, ReasonId>> {
		return this.connection.call((port) => port.estimate(plain(scenario)));
	}

	async open(request: Omit<OpenRequest, 'memory'>): Promise<Outcome<OpenAnswer, ReasonId>> {
		const whole = plain({ ...request, memory: this.memory });
		const outcome = await this.connection.call((port) => port.open(whole));
		if (outcome.ok) {
			const { world, buffer } = outcome.value;
			this.held.set(world, { buffer, views: attach(buffer) });
		}
		return outcome;
	}

	/** Views of a world between turns. */
	views(world: WorldId): WorldViews {
		const held = this.held.get(world);
		assert(held, `world ${world} is not open`);
		return held.views;
	}

	isAway(world: WorldId): boolean {
		return this.away.has(world);
	}

	advance(
		worlds: readonly WorldId[],
		untilNs: number,
		eventBudget: number
	): Promise<AdvanceAnswer> {
		return this.turn(worlds, (buffers) =>
			this.connection.call((port) => port.advance({ worlds, untilNs, eventBudget, ...buffers }))
		);
	}

	seek(worlds: readonly WorldId[], untilNs: number, eventBudget: number): Promise<AdvanceAnswer> {
		return this.turn(worlds, (buffers) =>
			this.connection.call((port) => port.seek({ worlds, untilNs, eventBudget, ...buffers }))
		);
	}

	step(world: WorldId, unit: StepRequest['unit'], eventBudget: number): Promise<AdvanceAnswer> {
		return this.turn([world], (buffers) =>
			this.connection.call((port) => port.step({ world, unit, eventBudget, ...buffers }))
		);
	}

	send(world: WorldId, command: Command): Promise<SendAnswer> {
		return this.turn([world], (buffers) =>
			this.connection.call((port) => port.send({ world, command: plain(command), ...buffers }))
		);
	}

	undo(world: WorldId): Promise<SendAnswer> {
		return this.turn([world], (buffers) =>
			this.connection.call((port) => port.undo({ world, ...buffers }))
		);
	}

	/** `others`: further worlds that the question looks into. */
	async ask<Q extends Query>(
		world: WorldId,
		query: Q,
		others: readonly WorldId[] = []
	): Promise<AnswerTo<Q>> {
		const answer = await this.turn([world, ...others], (buffers) =>
			this.connection.call((port) => port.ask({ world, query: plain(query), ...buffers }))
		);
		return answer.answer;
	}

	/** The engine is done with these after all; only where their buffers never left. */
	release(worlds: readonly WorldId[]): void {
		for (const world of worlds) this.away.delete(world);
	}

	async close(world: WorldId): Promise<void> {
		this.held.delete(world);
		this.away.delete(world);
		await this.connection.call((port) => port.close({ world }));
	}

	end(): void {
		this.held.clear();
		this.connection.end();
	}

	private async turn<A extends { readonly buffers?: Buffers }>(
		worlds: readonly WorldId[],
		call: (buffers: { buffers?: Buffers }) => Promise<A>
	): Promise<A> {
		const buffers: Record<WorldId, ArrayBuffer> = {};
		for (const world of worlds) {
			const held = this.held.get(world);
			assert(held, `world ${world} is not open`);
			assert(!this.away.has(world), `world ${world} is already with the engine`);
			this.away.add(world);
			buffers[world] = held.buffer as ArrayBuffer;
		}
		const answer = await call(this.memory === 'transferred' ? { buffers } : {});
		for (const [key, buffer] of Object.entries(answer.buffers ?? {})) {
			const world = Number(key);
			if (this.held.get(world)?.buffer !== buffer)
				this.held.set(world, { buffer, views: attach(buffer) });
		}
		// Not in a finally: after a lost worker or a broken promise nobody may read these worlds.
		for (const world of worlds) this.away.delete(world);
		return answer;
	}
}

/** Reactive proxies cannot be sent; everything that is sent is data. */
function plain<T>(value: T): T {
	return JSON.parse(JSON.stringify(value)) as T;
}
