import { AssertionError } from '../base/assert.ts';
import { ok, refused, type Outcome } from '../base/outcome.ts';
import type { Command, JournalEntry } from './contract/commands.ts';
import { MODEL_VERSION, type CrashReport } from './contract/port.ts';
import type { AnswerTo, CheckAnswer, FirstDifference, Query } from './contract/queries.ts';
import type { ReasonId } from './contract/reasons.ts';
import type { TraceRecord } from './contract/records.ts';
import { readCommand, readScenario } from './contract/scenario/read.ts';
import type { WorldStatus } from './contract/status.ts';
import { execute } from './commands/index.ts';
import { monitorView } from './commands/monitor.ts';
import { answerLine } from './console/answer.ts';
import { completionsOf } from './console/complete.ts';
import { outcomeOf } from './console/outcome.ts';
import { HANDLERS } from './handlers.ts';
import { interleaveChoices } from './fabric/address/interleave-set.ts';
import { exploreExchange } from './fabric/coherence/explore.ts';
import { readExchangePlan } from './fabric/coherence/exchange-plan.ts';
import { readDoors } from './orchestrator/doors.ts';
import { hostToolAnswer } from './orchestrator/tools/shell.ts';
import { exploreMovers } from './movers/explore.ts';
import { handOverAnswer } from './queries/superpage-quantities.ts';
import { superpageAnswer } from './queries/superpage.ts';
import { tryOrder } from './movers/one-order.ts';
import { readMoverOrder } from './movers/plan.ts';
import { collisions } from './queries/vdpa-quantities.ts';
import { evaluate } from './queries/evaluate.ts';
import { findAnswer } from './queries/find.ts';
import { frameAnswer } from './queries/frame.ts';
import { addressesAnswers } from './queries/addresses.ts';
import { pageAnswer } from './queries/page.ts';
import { statusOf } from './queries/status.ts';
import { summaryOf } from './queries/summary.ts';
import { translateAnswer } from './queries/translate.ts';
import { whyAnswer } from './queries/why.ts';
import { buildWorld } from './scenario/build.ts';
import { arrive, capture, forgetLater, nearest, newHistory, restore, upcoming, workNs, type History } from './sim/checkpoint.ts';
import { checkAll } from './sim/invariants.ts';
import { run, type RunResult } from './sim/run.ts';
import { beginWriting, endWriting, rebindWorld, type World } from './state/world.ts';
import { readMachineFile } from './text/files/index.ts';
import { proveContent } from './whole/content.ts';
import { fingerprintOf } from './whole/fingerprint.ts';
import { INVARIANTS } from './whole/index.ts';

/**
 * The engine, headless: the same in Node, in a worker and in tests. One `Simulation` = one world with its history of
 * checkpoints. Nothing here knows a screen or a clock.
 */

const DEFAULT_CHECKPOINT_BYTES = 64 * 1024 * 1024;
/** How much of a run's work may pass between two checkpoints at least, and how much more of it than one of them costs. */
const CHECKPOINT_WORK_NS = 4_000_000;
const CHECKPOINT_WORK_RATIO = 16;
/** Events between two looks at whether a checkpoint is due. */
const LOOK_EVENTS = 16;

export interface SimulationRequest {
	readonly scenario: unknown;
	readonly journal?: readonly unknown[] | undefined;
	readonly belief?: string | null | undefined;
	readonly shared?: boolean | undefined;
	readonly limitBytes?: number | undefined;
	readonly checkpointBytes?: number | undefined;
	readonly forceDetail?: boolean | undefined;
}

export interface Advance {
	readonly done: boolean;
	readonly stopped: boolean;
	readonly events: number;
}

export class Simulation {
	readonly world: World;
	readonly history: History;

	private constructor(world: World, checkpointBytes: number) {
		this.world = world;
		this.history = newHistory(checkpointBytes);
		capture(world, this.history);
	}

	/** Reads, checks and builds; refuses with what and where. */
	static open(request: SimulationRequest): Outcome<Simulation, ReasonId> {
		const scenario = readScenario(request.scenario);
		if (!scenario.ok) return scenario;
		const journal = request.journal === undefined ? undefined : readJournal(request.journal);
		if (journal && !journal.ok) return journal;
		const world = buildWorld({
			scenario: scenario.value,
			journal: journal?.value,
			belief: request.belief,
			shared: request.shared ?? false,
			limitBytes: request.limitBytes,
			forceDetail: request.forceDetail
		});
		if (!world.ok) return world;
		return ok(new Simulation(world.value, request.checkpointBytes ?? DEFAULT_CHECKPOINT_BYTES));
	}

	get nowNs(): number {
		return this.world.r.nowNs;
	}

	status(): WorldStatus {
		return statusOf(this.world);
	}

	/** Runs forward to a time, at most so many events. Never backwards: that is `seek`. */
	advance(untilNs: number, eventBudget = Infinity, stopAfter?: (world: World) => boolean): Advance {
		return this.writing(() => this.runOn(untilNs, eventBudget, stopAfter));
	}

	private runOn(untilNs: number, eventBudget: number, stopAfter?: (world: World) => boolean): Advance {
		let events = 0;
		for (;;) {
			const known = upcoming(this.history);
			const toKnown = known ? known.eventCount - this.world.r.eventCount : LOOK_EVENTS;
			const slice = Math.max(1, Math.min(eventBudget - events, toKnown));
			const result: RunResult = run(
				this.world,
				HANDLERS,
				stopAfter ? { untilNs, eventBudget: slice, stopAfter } : { untilNs, eventBudget: slice }
			);
			events += result.events;
			this.checkpointWhenDue();
			if (result.done) return { done: true, stopped: result.stopped, events };
			if (events >= eventBudget) return { done: false, stopped: false, events };
		}
	}

	private checkpointWhenDue(): void {
		const { world, history } = this;
		if (upcoming(history)) return arrive(world, history);
		const passed = workNs(world) - (history.checkpoints.at(-1)?.workNs ?? 0);
		if (passed >= Math.max(CHECKPOINT_WORK_NS, CHECKPOINT_WORK_RATIO * history.captureNs)) capture(world, history);
	}

	/** One step forward: the next event, phase border or change of an owner word. */
	step(unit: 'event' | 'phase' | 'commit', eventBudget = Infinity): Advance {
		const before = this.borderKey(unit);
		const stop = unit === 'event' ? () => true : () => this.borderKey(unit) !== before;
		return this.advance(Math.max(this.nowNs, this.world.scenario.untilNs), eventBudget, stop);
	}

	private borderKey(unit: 'event' | 'phase' | 'commit'): string {
		const { r } = this.world;
		if (unit === 'commit') return r.vms.map((vm) => `${vm.ownerChangedNs}/${vm.running}/${vm.vcpuState}`).join();
		return r.operations.map((operation) => `${operation.id}:${operation.phases.length}:${operation.state}`).join();
	}

	/** Goes to a moment: to the nearest checkpoint before it, then forward, at most so many events a call. */
	seek(untilNs: number, eventBudget = Infinity): Advance {
		return this.writing(() => {
			this.jump(untilNs, Infinity, untilNs < this.world.r.nowNs);
			return this.runOn(untilNs, eventBudget);
		});
	}

	/** Back to just after the event numbered `eventCount`: what stepping back by events needs. */
	seekEvent(eventCount: number): void {
		this.writing(() => {
			this.jump(Infinity, Math.max(0, eventCount), eventCount < this.world.r.eventCount);
			const left = eventCount - this.world.r.eventCount;
			if (left > 0) this.runOn(Number.MAX_SAFE_INTEGER, left);
		});
	}

	/** To the nearest checkpoint before a moment: always when it lies in the past, else only where that shortens the way. */
	private jump(nowNs: number, eventCount: number, back: boolean): void {
		const checkpoint = nearest(this.history, nowNs, eventCount);
		if (!checkpoint) throw new AssertionError('the first checkpoint is gone');
		if (back || checkpoint.eventCount > this.world.r.eventCount) restore(this.world, this.history, checkpoint);
	}

	/** Puts a command into the journal now; what the journal still planned is cut off. */
	send(command: unknown): Outcome<{ readonly operation: number | null; readonly call?: number }, ReasonId> {
		const read = readCommand(command);
		if (!read.ok) return read;
		return this.writing(() => {
			forgetLater(this.history);
			// Events of this moment come first; a planned command of this moment that has not taken effect gives way to this one.
			run(this.world, HANDLERS, { untilNs: this.world.r.nowNs, eventBudget: Infinity, commands: false });
			const { r, journal } = this.world;
			const entry: JournalEntry = { atNs: r.nowNs, command: read.value };
			journal.length = r.journalNext;
			journal.push(entry);
			r.journalNext += 1;
			r.eventCount += 1;
			return execute(this.world, read.value);
		});
	}

	/** The journal without its last command; the world goes to that command's time as if it had not been given. */
	undo(): Outcome<{ readonly operation: number | null }, ReasonId> {
		const last = this.world.journal.at(-1);
		if (!last) return refused('bad-command', 'the journal is empty');
		this.writing(() => {
			this.jump(Math.max(0, last.atNs - 1), Infinity, true);
			forgetLater(this.history);
			this.world.journal.pop();
			this.runOn(last.atNs, Infinity);
		});
		return ok({ operation: null });
	}

	ask<Q extends Query>(query: Q, others?: (world: number) => Simulation | undefined): AnswerTo<Q> {
		return this.answer(query, others) as AnswerTo<Q>;
	}

	private answer(query: Query, others?: (world: number) => Simulation | undefined): unknown {
		const { world } = this;
		switch (query.kind) {
			case 'summary':
				return summaryOf(world);
			case 'addresses':
				return addressesAnswers(world, query.vm, query.gfn);
			case 'page': {
				const answer = pageAnswer(world, query.vm, query.gfn);
				return answer.ok ? answer.value : null;
			}
			case 'why':
				return whyAnswer(world, query.object);
			case 'find':
				return findAnswer(world, query.text);
			case 'check':
				return this.check();
			case 'records':
				return world.trace.slice(Math.max(0, query.fromSeq), Math.max(0, query.fromSeq) + Math.min(5000, query.count));
			case 'fingerprint':
				return { fingerprint: fingerprintOf(world), modelVersion: MODEL_VERSION };
			case 'evaluate':
				return query.expressions.map((expression) => evaluate(world, expression));
			case 'movers': {
				const read = readMoverOrder(query.plan);
				if (!read.ok) return null;
				const { plan, order } = read.value;
				return order === null ? exploreMovers(plan) : tryOrder(plan, order);
			}
			case 'exchange': {
				const plan = readExchangePlan(query.plan);
				return plan.ok ? exploreExchange(plan.value) : null;
			}
			case 'hand-over':
				return handOverAnswer(query.plan);
			case 'superpage':
				return superpageAnswer(world);
			case 'collisions':
				return collisions(world, query.words);
			case 'doors':
				return readDoors(world, query.choice);
			case 'first-difference': {
				const other = others?.(query.other);
				return other ? firstDifference(world.trace, other.world.trace) : null;
			}
			case 'console':
				return answerLine(world, query.machine, query.line);
			case 'complete':
				return completionsOf(world, query.machine, query.line);
			case 'outcome':
				return outcomeOf(world, query.machine, query.call, query.manner);
			case 'translate':
				return translateAnswer(world, query.host, query.hpa);
			case 'interleave':
				return interleaveChoices(world, query.host, query.window);
			case 'host-tool':
				return hostToolAnswer(world, query.host, query.line);
			case 'frame':
				return frameAnswer(world, query.machine, query.pfn);
			case 'monitor':
				return monitorView(world, query.vm, query.at, query.execute);
			case 'read':
				return readMachineFile(world, query.machine, query.path);
		}
	}

	check(): CheckAnswer {
		return { checks: checkAll(this.world, INVARIANTS), pagesProved: proveContent(this.world).pages };
	}

	fingerprint(): string {
		return fingerprintOf(this.world);
	}

	/** After the buffer of a transferred world came back. */
	rebind(buffer: ArrayBufferLike): void {
		rebindWorld(this.world, buffer);
	}

	crashReport(world: number, error: unknown): CrashReport {
		const { name, message, stack } = error as Error;
		return {
			world,
			message: `${name}: ${message}`,
			stack: stack ?? '',
			atNs: this.world.r.nowNs,
			eventCount: this.world.r.eventCount,
			journal: this.world.journal
		};
	}

	private writing<T>(work: () => T): T {
		beginWriting(this.world);
		const result = work();
		endWriting(this.world);
		return result;
	}
}

function readJournal(entries: readonly unknown[]): Outcome<JournalEntry[], ReasonId> {
	const journal: JournalEntry[] = [];
	for (const [index, value] of entries.entries()) {
		const entry = value as { atNs?: unknown; command?: unknown };
		const command = readCommand(entry?.command);
		const last = journal.at(-1);
		if (typeof entry?.atNs !== 'number' || !Number.isSafeInteger(entry.atNs) || entry.atNs < (last?.atNs ?? 0))
			return refused('bad-command', `journal[${index}].atNs: not a time at or after the entry before it`);
		if (!command.ok) return refused('bad-command', `journal[${index}].command: ${command.detail}`);
		journal.push({ atNs: entry.atNs, command: command.value as Command });
	}
	return ok(journal);
}

/** Where two traces part: the first records that differ in kind, time, values or words. */
function firstDifference(mine: readonly TraceRecord[], other: readonly TraceRecord[]): FirstDifference | null {
	const length = Math.max(mine.length, other.length);
	for (let at = 0; at < length; at += 1) {
		const a = mine[at];
		const b = other[at];
		if (a && b && a.kind === b.kind && a.atNs === b.atNs && a.text === b.text && JSON.stringify(a.values) === JSON.stringify(b.values))
			continue;
		if (!a && !b) return null;
		return { mine: a ?? null, other: b ?? null, atNs: Math.min(a?.atNs ?? Infinity, b?.atNs ?? Infinity) };
	}
	return null;
}
