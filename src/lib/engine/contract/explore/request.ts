import type { JournalEntry } from '../commands.ts';
import type { Share, Steps } from './interval.ts';
import type { Alike, FailureChoice, Grain, Vary } from './words.ts';

/** A run and a moment of it. */
export interface RunAt {
	readonly scenario: unknown;
	/** Replaces the scenario's own journal when given. */
	readonly journal?: readonly JournalEntry[];
	readonly belief?: string | null;
	readonly fromNs: number;
}

export interface SearchRequest extends RunAt {
	readonly kind: 'search';
	/** Choices ahead of each moment. */
	readonly depth: number;
	readonly grain: Grain;
	readonly vary: readonly Vary[];
	readonly alike: Alike;
	readonly failure: FailureChoice;
	readonly mostStates: number;
	/** What snapshots of states may take. */
	readonly mostBytes: number;
	/** Ids of choices that are left out. */
	readonly without?: readonly string[];
	/** How far one run may go in time beyond `fromNs`; default the scenario's length. */
	readonly horizonNs?: number;
}

export interface FuturesRequest extends RunAt {
	readonly kind: 'futures';
	/** Futures of each moment. */
	readonly futures: number;
	/** What comes after a moment: your later commands, or choices drawn by seed at random times instead of them. */
	readonly later: 'kept' | 'drawn';
	/** How many choices are drawn for each future beside what the scenario itself leaves to chance. */
	readonly draws: number;
	readonly grain: Grain;
	readonly vary: readonly Vary[];
	readonly failure: FailureChoice;
	readonly seed: number;
	readonly without?: readonly string[];
	readonly horizonNs?: number;
}

export type ExploreRequest = SearchRequest | FuturesRequest;

/** What may be chosen. */
export interface ActWords {
	/** Stable for one request: its command in canonical text. */
	readonly id: string;
	/** Two or three words for a line of the tree. */
	readonly short: string;
	readonly sentence: string;
	/** on: nothing is chosen, time goes on. */
	readonly kind: Vary | 'on';
}

export type Verdict = 'lost' | 'safe' | 'open';

/** Runs that go on from a state, by how they end; `nearest`: steps to the nearest loss. */
export interface Tally {
	readonly lost: number;
	readonly safe: number;
	readonly open: number;
	readonly nearest: number | null;
}

/** A state at which something may be chosen. */
export interface StateWords {
	/** Number of the state in this exploration; repeats share one. */
	readonly state: number;
	readonly atNs: number;
	readonly verdict: Verdict;
	readonly tally: Tally;
	/** Why it ends here, in words; null while it goes on. */
	readonly end: string | null;
	readonly facts: readonly Fact[];
}

export interface Fact {
	readonly label: string;
	readonly value: string;
}

/** One choice at a state, and where it leads. */
export interface Branch extends StateWords {
	readonly act: ActWords;
	/** The state was met before on your run: the branch leads back there. Index of that moment. */
	readonly back: number | null;
	/** Branches that are known to go on from it; null: it was not looked at. A loss and an end have none. */
	readonly children: number | null;
}

/** A place in the tree: a moment of your run, then branch after branch. */
export interface BranchPath {
	readonly moment: number;
	readonly steps: readonly { readonly state: number; readonly act: string }[];
}

/** A branch as a run: opens like any other. */
export interface BranchRun {
	/** To its loss, where there is one, else to the state; without later commands. */
	readonly journal: readonly JournalEntry[];
	/** One step before its fault, where it has one; else the moment of the choice. */
	readonly pauseNs: number;
	/** Choices on the way. */
	readonly path: readonly ActWords[];
	/** What is lost on it, and by which event; null where nothing is. */
	readonly loss: LossFound | null;
}

/** A moment of your run. */
export interface Moment extends StateWords {
	readonly index: number;
	/** What leads to the next moment; null at the last. */
	readonly next: ActWords | null;
	readonly branches: readonly Branch[];
	readonly chance: Share;
}

/** A loss, with the shortest run that leads to it. */
export interface LossFound {
	readonly failure: string;
	readonly journal: readonly JournalEntry[];
	/** Choices that lead to it, in order. */
	readonly path: readonly ActWords[];
	/** The event after which it is lost: its number, its time, and what the record of it says. */
	readonly atNs: number;
	readonly eventCount: number;
	readonly event: string;
	/** Which statement broke, and where. */
	readonly found: string;
	readonly pauseNs: number;
}

export interface SearchProgress {
	readonly done: boolean;
	/** states: the most states that were asked for are kept. */
	readonly stopped: 'states' | null;
	readonly states: number;
	/** Choices that led to a state that was known. */
	readonly repeats: number;
	/** Choices that were refused: they cannot happen there. */
	readonly refused: number;
	readonly ends: number;
	readonly open: number;
	readonly losses: number;
	/** Every state up to so many choices ahead was looked at. */
	readonly depthComplete: number;
	readonly events: number;
	readonly bytes: number;
}

export interface SearchAnswer extends SearchProgress {
	readonly kind: 'search';
	readonly moments: readonly Moment[];
	readonly steps: Steps;
	/** Runs that the states stand for. */
	readonly runs: Tally;
	readonly loss: LossFound | null;
	readonly depth: number;
	/** Groups of hosts that are interchangeable: one stands for all. */
	readonly symmetric: readonly (readonly string[])[];
	/** Everything that may be chosen somewhere. */
	readonly acts: readonly ActWords[];
}

export interface FutureMoment {
	readonly index: number;
	readonly atNs: number;
	readonly next: ActWords | null;
	readonly facts: readonly Fact[];
	readonly chance: Share;
	/** The first future of this moment that failed, as a run. */
	readonly failing: { readonly journal: readonly JournalEntry[]; readonly pauseNs: number; readonly found: string } | null;
}

export interface FuturesAnswer {
	readonly kind: 'futures';
	readonly done: boolean;
	readonly tried: number;
	readonly wanted: number;
	readonly events: number;
	readonly moments: readonly FutureMoment[];
	readonly steps: Steps;
}

export type ExploreAnswer = SearchAnswer | FuturesAnswer;
