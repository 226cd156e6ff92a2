/** full: the sandbox · short: pages under 700 px · story: the home page · half: two worlds above each other. */
export type StageMode = 'full' | 'short' | 'story' | 'half';

/** Vertical places from the top of a card, per mode. */
export interface Rows {
	readonly card: number;
	readonly title: number;
	readonly slotTop: number;
	readonly slot: number;
	readonly slotNote: number | null;
	readonly slotLine: number | null;
	readonly head: number;
	readonly grid: number;
	/** From the bottom of the grid. */
	readonly laneLine: number | null;
	readonly lane: number | null;
	readonly laneEnd: number | null;
	readonly foot: number;
	readonly strip: number;
	readonly stripHeight: number;
	readonly note: number | null;
	readonly end: number;
	readonly poolTop: number;
	readonly poolStrip: number;
	readonly poolStripHeight: number;
	readonly switchHeight: number;
	readonly link: number;
	readonly wireAbove: number;
}

const FULL: Rows = {
	card: 49,
	title: 17,
	slotTop: 33,
	slot: 30,
	slotNote: 74,
	slotLine: 85,
	head: 107,
	grid: 119,
	laneLine: 5,
	lane: 16,
	laneEnd: 24,
	foot: 36,
	strip: 47.5,
	stripHeight: 11,
	note: 67,
	end: 80,
	poolTop: 89,
	poolStrip: 47,
	poolStripHeight: 25,
	switchHeight: 74,
	link: 29,
	wireAbove: 8
};
export const SHORT: Rows = {
	card: 57,
	title: 18,
	slotTop: 6,
	slot: 24,
	slotNote: null,
	slotLine: null,
	head: 43,
	grid: 54,
	laneLine: null,
	lane: null,
	laneEnd: 4,
	foot: 15,
	strip: 26,
	stripHeight: 10,
	note: null,
	end: 46,
	poolTop: 33,
	poolStrip: 25,
	poolStripHeight: 17,
	switchHeight: 24,
	link: 12,
	wireAbove: 19
};
const STORY: Rows = {
	card: 14,
	title: 17,
	slotTop: 34,
	slot: 30,
	slotNote: 75,
	slotLine: 86,
	head: 108,
	grid: 120,
	laneLine: null,
	lane: null,
	laneEnd: 14,
	foot: 26,
	strip: 37,
	stripHeight: 25,
	note: null,
	end: 12,
	poolTop: 90,
	poolStrip: 37,
	poolStripHeight: 26,
	switchHeight: 76,
	link: 30,
	wireAbove: 8
};
const HALF: Rows = {
	card: 40,
	title: 15,
	slotTop: 4,
	slot: 22,
	slotNote: null,
	slotLine: null,
	head: 38,
	grid: 48,
	laneLine: null,
	lane: null,
	laneEnd: 5,
	foot: 15,
	strip: 26,
	stripHeight: 9,
	note: null,
	end: 45,
	poolTop: 29,
	poolStrip: 24,
	poolStripHeight: 16,
	switchHeight: 22,
	link: 11,
	wireAbove: 7
};
export const ROWS: Readonly<Record<StageMode, Rows>> = {
	full: FULL,
	short: SHORT,
	story: STORY,
	half: HALF
};
