/**
 * The verdict of the explorer over three movers (engine/movers), and the run that its path becomes. For a plan with one order
 * behind it ("kernel mlock bind move | migrator balancing …") it is the verdict on that order alone.
 */
export interface MoverStep {
	readonly mover: 'migrator' | 'balancing' | 'reclaim';
	/** What a run must do for this step to show: an act of the migrator, a promotion, a swap-out; null for steps inside. */
	readonly does: string | null;
	readonly says: string;
	/** The step in a word or two; `waits` where this mover could take none, `done` where it has none left. */
	readonly name: string;
	/** Where the pages are after it. */
	readonly place: 'dram' | 'cxl' | 'cache' | 'swap' | 'home';
}

export interface MoverVerdict {
	readonly wins: boolean;
	readonly states: number;
	/** Ends reached, each a complete order or one cut off at the depth. */
	readonly ends: number;
	/** Longest order looked at. */
	readonly depth: number;
	/** True when no order was cut off at the depth. */
	readonly whole: boolean;
	/** Shortest losing order, or a winning one when the plan wins. */
	readonly path: readonly MoverStep[];
	readonly reason: string | null;
}
