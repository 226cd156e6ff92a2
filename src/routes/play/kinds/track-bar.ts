import type { ObjectName } from '$lib/engine/contract/queries.ts';

/** Something that happened, happens or will happen, as a bar on a lane. */
export interface TrackBar {
	readonly key: string;
	readonly lane: string;
	readonly startNs: number;
	/** null: it lasts until now. */
	readonly endNs: number | null;
	readonly state: 'done' | 'failed' | 'running' | 'coming';
	readonly words: string;
	/** What is chosen with it; null: it can only be read. */
	readonly object: ObjectName | null;
}

/** Lanes from top to bottom, and the bars that lie on them. */
export interface TrackLanes {
	readonly lanes: readonly string[];
	readonly bars: readonly TrackBar[];
}

/** Words for a bar that has not simply ended; null: nothing is added. */
export interface BarEndings {
	readonly running: string;
	readonly failed: string | null;
}
