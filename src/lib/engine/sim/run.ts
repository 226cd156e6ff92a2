import { AssertionError } from '../../base/assert.ts';
import type { JournalEntry } from '../contract/commands.ts';
import type { World } from '../state/world.ts';
import type { PendingEvent } from './event-queue.ts';
import { nextEventNs, takeEvent } from './event-queue.ts';

/** What the core does not know: joined in fixed order by engine/index.ts. */
export interface Handlers {
	readonly event: (world: World, event: PendingEvent) => void;
	readonly command: (world: World, entry: JournalEntry) => void;
}

export interface RunLimit {
	readonly untilNs: number;
	readonly eventBudget: number;
	/** Stops after the event for which this says true. */
	readonly stopAfter?: (world: World) => boolean;
	/** False: commands of the journal wait, only events run. */
	readonly commands?: boolean;
}

export interface RunResult {
	readonly events: number;
	/** The time was reached, or the predicate said stop. */
	readonly done: boolean;
	readonly stopped: boolean;
}

/**
 * Runs events and commands in order until a time, a number of events, or a predicate. A command takes effect after all
 * events at or before its time (decision D5). The same for any slicing: a slice ends between two events and changes nothing.
 */
export function run(world: World, handlers: Handlers, limit: RunLimit): RunResult {
	const { r } = world;
	let events = 0;
	while (events < limit.eventBudget) {
		const eventNs = nextEventNs(world);
		const entry = limit.commands === false ? undefined : world.journal[r.journalNext];
		if (entry !== undefined && entry.atNs <= limit.untilNs && (eventNs === null || eventNs > entry.atNs)) {
			world.r.nowNs = Math.max(r.nowNs, entry.atNs);
			r.journalNext += 1;
			r.eventCount += 1;
			handlers.command(world, entry);
		} else if (eventNs !== null && eventNs <= limit.untilNs) {
			if (eventNs < r.nowNs) throw new AssertionError(`an event at ${eventNs} lies before now, ${r.nowNs}`);
			const event = takeEvent(world);
			r.nowNs = event.atNs;
			r.eventCount += 1;
			handlers.event(world, event);
		} else {
			r.nowNs = Math.max(r.nowNs, limit.untilNs);
			return { events, done: true, stopped: false };
		}
		events += 1;
		if (limit.stopAfter?.(world)) return { events, done: true, stopped: true };
	}
	return { events, done: false, stopped: false };
}
