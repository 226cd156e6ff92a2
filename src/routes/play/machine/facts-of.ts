import type { MachineCommand } from '$lib/engine/contract/machine-commands.ts';
import type { ObjectName } from '$lib/engine/contract/queries.ts';
import type { RuleId } from '$lib/engine/contract/rules.ts';

/** What the inspector tells of something on a machine. */
export interface Facts {
	readonly title: string;
	readonly sentence: string;
	readonly rows: readonly (readonly [label: string, value: string])[];
	/** Console lines that print the same. */
	readonly lines: readonly string[];
	readonly actions: readonly { readonly word: string; readonly command: MachineCommand }[];
	/** What belongs to it and can be chosen in its place. */
	readonly parts?: readonly { readonly word: string; readonly object: ObjectName }[];
	/** Entries of the ledger behind it, the deciding one first. */
	readonly rules: readonly RuleId[];
}
