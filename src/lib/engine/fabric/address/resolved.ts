import type { WindowRecord } from '../../state/fabric-records.ts';

/** Where the way of a load or store ends. */
export type Miss =
	/** The root knows no window, or Linux ignores the one there is. */
	| 'no-window'
	/** A host bridge, a switch or the endpoint has no decoder for it. */
	| 'no-decoder'
	| 'unbound'
	| 'link-down'
	| 'absent'
	/** Edge port of a PBR switch: no valid FAST entry. */
	| 'no-segment'
	/** GFD: no decoder of the requester claims it, or more than one. */
	| 'no-gdt'
	| 'many-gdt'
	| 'no-group'
	| 'no-access';

export interface Way {
	readonly window: WindowRecord | null;
	/** Place among the window's targets; −1 before the root has picked. */
	readonly way: number;
	/** Index in the fabric's devices, −1 before it is reached. */
	readonly device: number;
	/** Place in the device's list of logical devices; −1 on a GFD. */
	readonly ld: number;
	/** From the base of the decoder. */
	readonly offset: number;
	readonly dpa: number;
	/** Switches on the way. */
	readonly switches: readonly string[];
}
export type Resolved = (Way & { readonly ok: true }) | (Way & { readonly ok: false; readonly at: Miss; readonly says: string });

/** One rung of the ladder, for people. */
export interface LadderStep {
	readonly at: string;
	readonly title: string;
	readonly says: string;
	readonly value: number | null;
	readonly rule: string;
}
/** Where rungs go; null when nobody asks for words. */
export type Ladder = LadderStep[] | null;

export const NO_WAY: Way = { window: null, way: -1, device: -1, ld: -1, offset: -1, dpa: -1, switches: [] };

export function ended(way: Partial<Way>, at: Miss, says: string): Resolved {
	return { ...NO_WAY, ...way, ok: false, at, says };
}
