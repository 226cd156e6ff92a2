import { ok, type Outcome } from '../../base/outcome.ts';
import { execute } from '../commands/index.ts';
import type { Command, JournalEntry } from '../contract/commands.ts';
import type { Grain } from '../contract/explore/words.ts';
import type { RunAt } from '../contract/explore/request.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { HANDLERS } from '../handlers.ts';
import { Simulation } from '../index.ts';
import { nextEventNs } from '../sim/event-queue.ts';
import { run } from '../sim/run.ts';
import { beginWriting, endWriting, type World } from '../state/world.ts';
import { mayChoose, signatureOf } from './borders.ts';
import { Snapshots, type Snapshot } from './snapshots.ts';

/** How a stretch of a run ended: at a place to choose, at a command of the journal that is due, or when its time was up. */
export type Stop = 'border' | 'command' | 'time';

/**
 * One world that is taken from state to state. Whatever it does is what `send` and `advance` of a simulation would do, so that
 * its journal at any state is a run of its own.
 */
export class Walker {
	readonly world: World;
	readonly #snapshots: Snapshots;
	/** Events that were run, all states together. */
	events = 0;
	/** Asked for when a stretch begins, looked at after each event of it: true = nothing further may happen, a loss is there. */
	watch: (() => () => boolean) | null = null;

	private constructor(world: World) {
		this.world = world;
		this.#snapshots = new Snapshots(world);
	}

	/** Opens the run and goes to its moment. */
	static open(request: RunAt): Outcome<Walker, ReasonId> {
		// Simulation.open reads and refuses; its history holds one checkpoint, the first state, and is not used again.
		const opened = Simulation.open({ scenario: request.scenario, journal: request.journal, belief: request.belief, checkpointBytes: 0 });
		if (!opened.ok) return opened;
		const { world } = opened.value;
		// What the checkpoint of the first state took is marked anew: the snapshots hold it from here on.
		for (const checkpoint of opened.value.history.checkpoints) for (const piece of checkpoint.pieces) world.marks[piece] = 1;
		const walker = new Walker(world);
		walker.#run(request.fromNs, true);
		return ok(walker);
	}

	get nowNs(): number {
		return this.world.r.nowNs;
	}
	get bytes(): number {
		return this.#snapshots.bytes;
	}

	keep(): Snapshot {
		return this.#snapshots.keep();
	}
	restore(snapshot: Snapshot): void {
		this.#snapshots.restore(snapshot);
	}
	drop(snapshot: Snapshot): void {
		this.#snapshots.drop(snapshot);
	}

	/** The command of the journal that comes next. */
	get due(): JournalEntry | null {
		return this.world.journal[this.world.r.journalNext] ?? null;
	}

	/** A command now. `keepLater`: what the journal still plans stays. False: it was refused, and the world is to be put back. */
	give(command: Command, keepLater = false): Outcome<unknown, ReasonId> {
		const { world } = this;
		this.#run(world.r.nowNs, false);
		const entry: JournalEntry = { atNs: world.r.nowNs, command };
		const later = keepLater ? world.journal.slice(world.r.journalNext) : [];
		world.journal = [...world.journal.slice(0, world.r.journalNext), entry, ...later];
		return this.#take(entry);
	}

	/** The command of the journal that is due, at its time; false where the time comes first. */
	takeDue(horizonNs: number): boolean {
		const entry = this.due;
		if (!entry || entry.atNs > horizonNs) return false;
		this.#run(entry.atNs, false);
		this.#take(entry);
		return true;
	}

	#take(entry: JournalEntry): Outcome<unknown, ReasonId> {
		const { r } = this.world;
		r.journalNext += 1;
		r.eventCount += 1;
		this.events += 1;
		return this.#writing(() => execute(this.world, entry.command));
	}

	/** On to the next border of a grain, to the next command of the journal, or to a time. */
	goOn(grain: Grain, horizonNs: number): Stop {
		const { world } = this;
		const before = signatureOf(world, grain);
		const dueNs = this.due?.atNs ?? Infinity;
		const untilNs = Math.min(dueNs, horizonNs);
		const stopped = this.#runOn(untilNs, () => mayChoose(world, grain) && signatureOf(world, grain) !== before);
		if (stopped) return 'border';
		return dueNs <= horizonNs ? 'command' : 'time';
	}

	/** After a choice: until one may choose again. No time passes where one may at once. */
	settle(grain: Grain, horizonNs: number): void {
		const { world } = this;
		this.#run(world.r.nowNs, false);
		if (mayChoose(world, grain)) return;
		this.#runOn(horizonNs, () => mayChoose(world, grain));
	}

	/** Until a place to choose; what else happens at that very moment comes before anything that is chosen. At an alarm it stays. */
	#runOn(untilNs: number, atBorder: () => boolean): boolean {
		const alarm = this.watch?.();
		let alarmed = false;
		const stopped = this.#run(untilNs, false, () => {
			alarmed = alarm?.() ?? false;
			return alarmed || atBorder();
		});
		if (stopped && !alarmed) this.#run(this.nowNs, false);
		return stopped;
	}

	/** To a time, with the commands of the journal, at most so many events; true when a predicate said stop. */
	runTo(untilNs: number, eventBudget = Infinity, stop?: () => boolean): boolean {
		return this.#run(untilNs, true, stop, eventBudget);
	}

	/** Exactly so many further events, commands of the journal among them. */
	runEvents(events: number): void {
		if (events > 0) this.#run(Number.MAX_SAFE_INTEGER, true, undefined, events);
	}

	nextEventNs(): number | null {
		return nextEventNs(this.world);
	}

	#run(untilNs: number, commands: boolean, stop?: () => boolean, eventBudget = Infinity): boolean {
		const result = this.#writing(() =>
			run(this.world, HANDLERS, { untilNs, eventBudget, commands, ...(stop ? { stopAfter: () => stop() } : {}) })
		);
		this.events += result.events;
		return result.stopped;
	}

	#writing<T>(work: () => T): T {
		beginWriting(this.world);
		const result = work();
		endWriting(this.world);
		return result;
	}
}

/** The scenario's length, a second at least. */
export const lengthOf = ({ scenario }: World): number => Math.max(scenario.untilNs, 1_000_000_000);

/** How far a run may go: long enough for what has begun to end; where things happen for ever, the scenario's length. */
export function horizonOf(request: RunAt & { readonly horizonNs?: number }, world: World): number {
	const lasting = (world.scenario.rack?.hazards?.length ?? 0) > 0 ? 1 : 3;
	return request.horizonNs ?? request.fromNs + lasting * lengthOf(world);
}
