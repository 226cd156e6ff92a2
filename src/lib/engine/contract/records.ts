import type { RuleId } from './rules.ts';
import type { OperationId } from './ids.ts';

/**
 * What happened. Records are derived (a replay makes them again) and never saved; `cause` is the `seq` of the record
 * without which this one would not be.
 */
export type RecordKind =
	| 'command'
	| 'status'
	| 'phase'
	| 'setup'
	| 'slice'
	| 'redirty'
	| 'sync'
	| 'throttle'
	| 'converged'
	| 'final'
	| 'extent'
	| 'census'
	| 'batch-begin'
	| 'batch-end'
	| 'retry'
	| 'split'
	| 'stall'
	| 'publish'
	| 'step'
	| 'vcpu'
	| 'adopt'
	| 'second-stage'
	| 'ended'
	| 'pin'
	| 'workload'
	| 'fault'
	| 'loss'
	/** Hosts that fail, and who takes their VMs. */
	| 'rack'
	/** Machines. */
	| 'call'
	| 'online'
	| 'offline'
	| 'allocation'
	| 'move'
	| 'request'
	| 'driver'
	| 'process'
	| 'reclaim'
	/** The fabric. */
	| 'fabric'
	| 'message'
	| 'plan'
	| 'app'
	| 'coherence'
	/** vDPA devices. */
	| 'nic'
	| 'map'
	| 'packet';

export interface TraceRecord {
	readonly seq: number;
	readonly atNs: number;
	readonly kind: RecordKind;
	readonly rule: RuleId;
	/** seq of the causing record; null for what nobody caused (the scenario itself). */
	readonly cause: number | null;
	readonly host: string | null;
	readonly vm: string | null;
	readonly operation: OperationId | null;
	/** Figures and names of this kind of record; units in the key. */
	readonly values: Readonly<Record<string, number | string>>;
	/** One sentence for people, made by the engine from the values. */
	readonly text: string;
}
