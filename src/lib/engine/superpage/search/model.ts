import type { Access, ActorRecord, ProtocolStep } from '../steps.ts';

/**
 * A tiny world for the explorer: actors that follow step tables, the words they share, hosts that may crash. Nothing else: no
 * time, no pages. What holds in every order of the steps holds whatever the steps take.
 */
export interface ModelActor {
	readonly name: string;
	readonly host: number;
	readonly incarnation: number;
	/** An incarnation that the actor takes on its way. */
	readonly incarnationOf?: (me: ActorRecord) => number;
	readonly steps: readonly ProtocolStep<never>[];
	readonly record: ActorRecord;
	readonly rests: readonly string[];
	/** Where it goes on after a rest: another protocol begins. */
	readonly next?: Readonly<Record<string, string>>;
	/** What else a step of this table wants to know. */
	readonly around?: Readonly<Record<string, unknown>>;
	/** Other steps that it may take instead of the one at which it stands: a cancel, patience at its end. */
	readonly ways?: (me: ActorRecord) => readonly string[];
	/** Takes no step before this host is dead. */
	readonly wakesWhenDead?: number;
}

/** A state as statements see it. */
export interface View {
	readonly word: (index: number) => bigint;
	readonly actor: (index: number) => ActorRecord;
	readonly dead: (host: number) => boolean;
	/** The device refuses what this host sends to the VM's own capacity, or answers nobody. */
	readonly cut: (host: number) => boolean;
}

export interface Change {
	readonly before: View;
	readonly after: View;
	readonly actor: number;
	readonly step: string;
}

export interface Statement {
	readonly id: string;
	readonly says: string;
	/** True = it holds. Asked for every state that is new. */
	readonly holds?: (view: View) => boolean;
	/** The same for every step that changed a shared word. */
	readonly change?: (change: Change) => boolean;
}

/** Hosts that may be renamed without a difference: of states that are the same but for that, one is looked at. */
export interface Symmetry {
	readonly says: string;
	/** Each as a list: host h becomes permutation[h]; the identity need not be named. */
	readonly permutations: readonly (readonly number[])[];
	readonly local: (me: ActorRecord, permutation: readonly number[]) => ActorRecord;
	readonly word: (index: number, value: bigint, permutation: readonly number[]) => readonly [number, bigint];
}

export interface Model {
	readonly id: string;
	readonly hosts: readonly string[];
	readonly actors: readonly ModelActor[];
	/** Every word that the actors touch, with what it holds at the beginning. */
	readonly words: readonly (readonly [index: number, value: bigint])[];
	readonly without: readonly string[];
	/** Hosts that may crash, and how many of them in one run. */
	readonly mayCrash: readonly number[];
	readonly crashes: number;
	readonly statements: readonly Statement[];
	/** How a run ended that has no step left; null when it may not end like this. */
	readonly ending: (view: View) => string | null;
	/** Locals that stay known when a host crashes: what it did outside its own memory. */
	readonly survives?: readonly string[];
	readonly symmetry?: Symmetry;
	/** Without hardware coherence every host works on copies in its own cache, until they are written back or dropped. */
	readonly coherent?: boolean;
	/** A cache may write back what its host never changed: hosts without the No Clean Writebacks guarantee (CXL 4.0 2.4.4). */
	readonly writesCleanBack?: boolean;
	/** Place in `hosts` of what is no host but may fail like one: without the first nobody is cut off, without the second all are. */
	readonly fabricManager?: number;
	readonly device?: number;
	/** Words in the VM's own capacity: what the device refuses a host that is cut off. The super-page stays open to it. */
	readonly vmMemory?: readonly number[];
	/** Words that do not lie on the device: a clock, a note of a host to itself. */
	readonly beside?: readonly number[];
}

/** What is left of an actor whose host died: nothing but what it did outside its own memory. */
export function crashed(model: Model, { locals }: ActorRecord): ActorRecord {
	const known = Object.fromEntries(Object.entries(locals).filter(([name]) => model.survives?.includes(name)));
	return { step: 'crashed', running: false, planned: false, locals: known };
}

/** One step of a path, as it can be shown and taken again. */
export interface PathStep {
	readonly kind: 'step' | 'crash' | 'write-back' | 'drop';
	readonly actor: string;
	readonly host: number;
	/** Id of the step; of a cache's whim the kind. */
	readonly step: string;
	readonly says: string;
	/** The word that changed on the device. */
	readonly word: { readonly index: number; readonly before: bigint; readonly after: bigint } | null;
	/** A compare-and-swap that found another value. */
	readonly refused: boolean;
	/** What a compare-and-swap expected. */
	readonly expected: bigint | null;
	/** Word that it touched, whether it changed it or not. */
	readonly touched: number | null;
	readonly access: Access | null;
	/** Names of the actors that run after it. */
	readonly runs: readonly string[];
	/** Hosts that the device refuses after it. */
	readonly cut: readonly number[];
	/** Copies in caches after it, where the hardware does not keep them coherent. */
	readonly copies: readonly { readonly host: number; readonly index: number; readonly value: bigint; readonly changed: boolean }[];
}

export interface Violation {
	readonly statement: string;
	readonly says: string;
	readonly path: readonly PathStep[];
}

export interface Progress {
	readonly states: number;
	readonly transitions: number;
	/** States found and not yet looked at. */
	readonly waiting: number;
	readonly depth: number;
	readonly done: boolean;
}

export interface Found extends Progress {
	/** False when states beyond the limits were left out: then nothing is proved about them. */
	readonly whole: boolean;
	readonly ends: number;
	/** First violation of each statement, by a shortest path. */
	readonly violations: readonly Violation[];
	readonly endings: Readonly<Record<string, number>>;
}
