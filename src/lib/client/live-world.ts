import type { JournalEntry } from '../engine/contract/commands.ts';
import type { WorldId } from '../engine/contract/ids.ts';
import type { RunSummary } from '../engine/contract/queries.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import type { WorldStatus } from '../engine/contract/status.ts';
import type { WorldViews } from '../engine/contract/views.ts';
import { untilNsOf } from './link/payload.ts';
import { same } from './link/shapes.ts';

/** How to open a world. */
export interface WorldSpec {
	readonly scenario: unknown;
	/** Replaces the scenario's own journal. */
	readonly journal?: readonly JournalEntry[];
	readonly belief?: string | null;
	/** What pages call it; the scenario's title unless given. */
	readonly label?: string;
}

/** A world as pages see it: replaced whole after every turn. */
export interface OpenWorld {
	readonly world: WorldId;
	readonly label: string;
	readonly spec: WorldSpec;
	readonly status: WorldStatus;
	/** Read only while `session.readable`. */
	readonly views: WorldViews;
	readonly journal: readonly JournalEntry[];
	readonly course: RunSummary;
	readonly forecast: RunSummary | null;
}

/** A world as the session keeps it: enough to build it again from nothing. */
export interface LiveWorld {
	spec: WorldSpec;
	readonly scenario: Scenario;
	world: WorldId;
	status: WorldStatus;
	journal: readonly JournalEntry[];
	course: RunSummary;
	forecast: RunSummary | null;
	/** The last proof that was asked for, and of what. */
	proof: { readonly of: string; readonly fingerprint: string } | null;
	/** Journals before each command sent here, newest last: what Undo goes back to. */
	past: (readonly JournalEntry[])[];
	/** Commands taken back, newest last. */
	undone: JournalEntry[];
}

/** When the run of this world ends for viewers. */
export const untilNsOfWorld = (live: LiveWorld): number =>
	Math.max(
		untilNsOf(live.scenario, live.journal),
		// A move ordered late may last longer than the scenario foresaw: the forecast went on until it settled.
		live.forecast?.nowNs ?? 0,
		live.status.nowNs
	);

/** Whether `before` is `after` without its last command: then the engine can take it back by itself. */
export const isOneLess = (
	before: readonly JournalEntry[],
	after: readonly JournalEntry[]
): boolean =>
	before.length === after.length - 1 && before.every((entry, index) => same(entry, after[index]));

/** Borders of a course at which steps of this size stop, ascending. */
export function borders(course: RunSummary, unit: 'phase' | 'commit'): number[] {
	const times = new Set<number>();
	for (const operation of course.operations) {
		if (unit === 'phase')
			for (const phase of operation.phases) {
				times.add(phase.startNs);
				if (phase.endNs !== null) times.add(phase.endNs);
			}
		else
			for (const part of operation.downtime)
				if (part.id === 'commit' && part.endNs !== null) times.add(part.endNs);
	}
	return [...times].sort((a, b) => a - b);
}

/** Journals before each command that a hand added to the scenario's own: what Undo goes through after opening a link. */
export function pastOf(
	scenario: Scenario,
	journal: readonly JournalEntry[]
): (readonly JournalEntry[])[] {
	let common = 0;
	while (common < journal.length && same(journal[common], scenario.journal[common])) common += 1;
	return journal.slice(common).map((_, index) => journal.slice(0, common + index));
}

/** The part of a link that names this world. */
export const worldOfLink = ({ scenario, journal, spec }: LiveWorld) => ({
	scenario,
	journal,
	belief: spec.belief ?? null
});

/** Which worlds got commands beyond their scenario's, by time: what Undo without an index means. */
export const addedTo = (worlds: readonly LiveWorld[]): number[] =>
	worlds
		.flatMap(({ journal, past }, index) =>
			journal.slice(journal.length - past.length).map(({ atNs }) => ({ atNs, index }))
		)
		.sort((a, b) => a.atNs - b.atNs)
		.map(({ index }) => index);

/** What pages see of a world. */
export const openWorld = (live: LiveWorld, views: OpenWorld['views']): OpenWorld => {
	const { world, spec, scenario, status, journal, course, forecast } = live;
	return {
		world,
		label: spec.label ?? scenario.title,
		spec,
		status,
		views,
		journal,
		course,
		forecast
	};
};

/** The world whose command was taken back: what Redo without an index means; −1 for none. */
export const lastUndone = (worlds: readonly LiveWorld[]): number =>
	worlds.findIndex((live) => live.undone.length > 0);
