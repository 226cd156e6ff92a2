import type { JournalEntry } from '../../engine/contract/commands.ts';
import type { MemoryId } from '../../engine/contract/ids.ts';
import type { ObjectName } from '../../engine/contract/queries.ts';

/** What a link holds: inputs and a point of view, never the state itself. */
export interface LinkState {
	/** One to four worlds on one clock. */
	readonly worlds: readonly LinkWorld[];
	readonly positionNs: number;
	readonly view: LinkView;
	/** Per world the first eight hexadecimal digits of its fingerprint at `positionNs`; null where it is not known. */
	readonly fingerprints: readonly (string | null)[];
	readonly modelVersion: number;
}

export interface LinkWorld {
	/** A scenario as `readScenario` accepts it. */
	readonly scenario: unknown;
	/** The whole journal, the scenario's own commands included. */
	readonly journal: readonly JournalEntry[];
	readonly belief: string | null;
}

export interface LinkView {
	readonly selection: ObjectName | null;
	/** Part of a memory that fills the stage, in 2 MiB blocks; null = everything. */
	readonly zoom: {
		readonly memory: MemoryId;
		readonly block: number;
		readonly blockCount: number;
	} | null;
	/** Part of the timeline that is brushed; null = all of it. */
	readonly span: { readonly fromNs: number; readonly toNs: number } | null;
	/** Index into SPEEDS; null = as the page likes. */
	readonly speedIndex: number | null;
	readonly slowAtBorders: boolean;
	/** Whether the worlds are shown side by side. */
	readonly compare: boolean;
	/** Locked by phase: the first world leads, the others stand where it is in its move. */
	readonly byPhase?: boolean | undefined;
	/** What somebody calls the worlds, in their order; empty where nobody named one. */
	readonly names?: readonly string[] | undefined;
}

export const PLAIN_VIEW: LinkView = {
	selection: null,
	zoom: null,
	span: null,
	speedIndex: null,
	slowAtBorders: true,
	compare: false
};

export const MOST_WORLDS = 4;
/** Letters of a world's name. */
export const LONGEST_NAME = 40;
