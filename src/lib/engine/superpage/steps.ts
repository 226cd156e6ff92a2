import type { HandOffActorRecord } from '../state/records.ts';
import type { SharedWords } from './words.ts';

/**
 * What every protocol of the super-page is made of: a table of steps (decision D13). A step makes at most one access to shared
 * memory; program counter and locals lie in the actor's record, plain JSON. Clock, explorer, race lab and lesson schedule the
 * same tables: `record.step = step.run(context)`.
 */
export type ActorRecord = HandOffActorRecord;
export type Access = 'load' | 'store' | 'compare-and-swap' | 'fetch-and-add' | 'flush' | 'invalidate';

export interface ActorContext {
	readonly words: SharedWords;
	/** The actor's host, and the incarnation under which it acts. */
	readonly self: number;
	readonly incarnation: number;
	readonly me: ActorRecord;
	/** Conditions left out on purpose: planted faults and the explorer's mutants. */
	readonly without: readonly string[];
}

export interface ProtocolStep<C extends ActorContext = ActorContext> {
	readonly id: string;
	/** What the step does, in words. */
	readonly says: string;
	/** The access it makes to shared memory; null for a local step. */
	readonly access: Access | null;
	/** A step that waits: it leads to itself while nothing changed, and costs nothing to repeat. */
	readonly polls?: boolean;
	/** Makes the access, changes locals, returns the next step's id. */
	readonly run: (context: C) => string;
}

/** A protocol of one actor: where it begins, where it may rest, and its steps. */
export interface Protocol<C extends ActorContext = ActorContext> {
	readonly first: string;
	readonly rests: readonly string[];
	readonly steps: readonly ProtocolStep<C>[];
}

export const step = <C extends ActorContext>(
	id: string,
	says: string,
	access: Access | null,
	run: ProtocolStep<C>['run'],
	polls = false
): ProtocolStep<C> => ({ id, says, access, run, polls });

/** A step of a protocol by its id. */
export function stepById<C extends ActorContext>(protocol: Protocol<C>, id: string): ProtocolStep<C> {
	const found = protocol.steps.find((each) => each.id === id);
	if (!found) throw new Error(`no step ${id}`);
	return found;
}

export const beginning = (protocol: Protocol, locals: ActorRecord['locals'] = {}, running = false): ActorRecord => ({
	step: protocol.first,
	running,
	locals: { ...locals },
	planned: false
});

/** Locals are plain JSON: a word is kept as hexadecimal text. */
export const keep = (value: bigint): string => value.toString(16);
export const kept = (value: string | number | boolean | undefined): bigint => BigInt(`0x${String(value ?? '0')}`);
export const count = (value: string | number | boolean | undefined): number => Number(value ?? 0);
