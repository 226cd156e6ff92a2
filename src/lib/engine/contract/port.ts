import type { Outcome } from '../../base/outcome.ts';
import type { Command, JournalEntry } from './commands.ts';
import type { WorldId } from './ids.ts';
import type { AnswerTo, Query } from './queries.ts';
import type { ReasonId } from './reasons.ts';
import type { WorldStatus } from './status.ts';

/** Raised whenever the same scenario and journal could give another run. Links carry it. */
export const MODEL_VERSION = 1;

/**
 * The thin interface between page and worker: a few coarse calls, outcomes as values (decision D9). It serves several
 * worlds on one clock. Between a call and its answer only the engine touches the buffers of the worlds named in it.
 *
 * Two memory back-ends, same calls: "shared" worlds lie in a SharedArrayBuffer that both sides hold; "transferred" worlds
 * travel: the page passes the buffer in `buffers` and gets it back in the answer.
 */
export interface EnginePort {
	describe(): Promise<EngineDescription>;
	/** Bytes that a scenario would take, without opening it. */
	estimate(scenario: unknown): Promise<Outcome<MemoryEstimate, ReasonId>>;
	open(request: OpenRequest): Promise<Outcome<OpenAnswer, ReasonId>>;
	/** Runs every world named to `untilNs`, at most `eventBudget` events in all; call again while `done` is false. */
	advance(request: AdvanceRequest): Promise<AdvanceAnswer>;
	/** Runs one world for exactly one step: the next event, the next phase border, or the next commit. */
	step(request: StepRequest): Promise<AdvanceAnswer>;
	/** Goes to a moment of the past or the future; bounded, call again while `done` is false. */
	seek(request: AdvanceRequest): Promise<AdvanceAnswer>;
	/** Puts a command into the journal now. What lay in the future of the journal is cut off. */
	send(request: SendRequest): Promise<SendAnswer>;
	/** The journal without its last command: what Undo is. Goes back to that command's time. */
	undo(request: WorldRequest): Promise<SendAnswer>;
	ask<Q extends Query>(request: WorldRequest & { readonly query: Q }): Promise<AskAnswer<Q>>;
	close(request: { readonly world: WorldId }): Promise<void>;
}

export interface EngineDescription {
	readonly modelVersion: number;
	readonly layoutVersion: number;
	/** What the worker itself can do; the page decides by both sides. */
	readonly sharedMemory: boolean;
}

export interface MemoryEstimate {
	readonly bytes: number;
	readonly limitBytes: number;
	readonly parts: readonly { readonly label: string; readonly bytes: number }[];
}

export interface OpenRequest {
	/** A scenario as read from JSON: validated in the worker, refused with what and where. */
	readonly scenario: unknown;
	/** Replaces the scenario's own journal when given. */
	readonly journal?: readonly JournalEntry[];
	readonly memory: 'shared' | 'transferred';
	/** A named wrong belief (decision D12), or null. */
	readonly belief?: string | null;
	/** Budget for checkpoints; default 64 MiB. */
	readonly checkpointBytes?: number;
	/** Most bytes the world itself may take; default 256 MiB. */
	readonly limitBytes?: number;
}

export interface OpenAnswer {
	readonly world: WorldId;
	readonly buffer: ArrayBufferLike;
	readonly byteLength: number;
	readonly status: WorldStatus;
}

/** Buffers by world, only for transferred worlds. */
export type Buffers = Readonly<Record<WorldId, ArrayBuffer>>;

export interface WorldRequest {
	readonly world: WorldId;
	readonly buffers?: Buffers;
}

export interface AdvanceRequest {
	readonly worlds: readonly WorldId[];
	readonly untilNs: number;
	readonly eventBudget: number;
	readonly buffers?: Buffers;
}

export interface StepRequest extends WorldRequest {
	readonly unit: 'event' | 'phase' | 'commit';
	readonly eventBudget: number;
}

export interface AdvanceAnswer {
	readonly done: boolean;
	readonly statuses: Readonly<Record<WorldId, WorldStatus>>;
	/** Events run in this call: the client tunes its budget by it. */
	readonly events: number;
	/** 0 … 1 of the way, for progress. */
	readonly progress: number;
	readonly buffers?: Buffers;
	/** The engine stopped on a broken promise: nothing is believed any more, the journal reproduces it. */
	readonly crash: CrashReport | null;
}

export interface CrashReport {
	readonly world: WorldId;
	readonly message: string;
	readonly stack: string;
	readonly atNs: number;
	readonly eventCount: number;
	readonly journal: readonly JournalEntry[];
}

export interface SendRequest extends WorldRequest {
	readonly command: Command;
}

export interface SendAnswer {
	readonly outcome: Outcome<{ readonly operation: number | null; readonly call?: number }, ReasonId>;
	readonly status: WorldStatus;
	readonly journal: readonly JournalEntry[];
	readonly buffers?: Buffers;
}

export interface AskAnswer<Q extends Query> {
	readonly answer: AnswerTo<Q>;
	readonly buffers?: Buffers;
}
