import type { Branch, FutureMoment, Moment } from '../../engine/contract/explore/request.ts';
import type { Share, Steps } from '../../engine/contract/explore/interval.ts';

/** Geometry of curve and tree on one axis: pure, in pixels. */
export interface AxisPoint {
	readonly index: number;
	readonly x: number;
	readonly share: Share;
}

export interface CurveLayout {
	readonly points: readonly AxisPoint[];
	/** Step line from the first point to the right edge. */
	readonly line: string;
	readonly area: string;
	readonly yOf: (share: number) => number;
	readonly cliff: AxisPoint | null;
	readonly largest: AxisPoint | null;
}

export const CURVE = { top: 22, height: 124, left: 56, end: 28 } as const;
/** Room for a verdict and its counts at the right. */
const VERDICTS = 288;
export const NARROW = 620;
export const ROW = 30;

/** Where the moments stand: evenly, because what counts is their order; time is told at each. */
export function axis(count: number, width: number): (index: number) => number {
	const end = width < NARROW ? width - CURVE.end : Math.max(CURVE.left + 120, width - VERDICTS);
	const step = count > 1 ? (end - CURVE.left) / (count - 1) : 0;
	return (index) => CURVE.left + index * step;
}

export function layoutCurve(
	moments: readonly Pick<Moment | FutureMoment, 'index' | 'chance'>[],
	steps: Steps,
	width: number
): CurveLayout {
	const xOf = axis(moments.length, width);
	const yOf = (share: number): number => CURVE.top + (1 - share) * CURVE.height;
	const points = moments.map((moment, at) => ({
		index: moment.index,
		x: xOf(at),
		share: moment.chance
	}));
	const right = width - CURVE.end;
	const parts = points.map((point, at) => {
		const next = points[at + 1]?.x ?? right;
		const y = yOf(point.share.share);
		return `${at === 0 ? 'M' : 'L'}${point.x} ${y}L${next} ${y}`;
	});
	const line = parts.join('');
	const floor = yOf(0);
	return {
		points,
		line,
		area: points.length > 0 ? `${line}L${right} ${floor}L${points[0]?.x ?? 0} ${floor}Z` : '',
		yOf,
		cliff: steps.cliff === null ? null : (points[steps.cliff] ?? null),
		largest: steps.largest === null ? null : (points[steps.largest] ?? null)
	};
}

/** A row of the tree: one branch, or what a moment has beside the rows that are shown. */
export interface TreeRow {
	readonly moment: number;
	/** null: a row that stands for several. */
	readonly branch: Branch | null;
	/** Branches behind a row that stands for several. */
	readonly folded: readonly Branch[];
	readonly y: number;
}

export interface TreeLayout {
	readonly xs: readonly number[];
	readonly trunkY: number;
	readonly rows: readonly TreeRow[];
	readonly height: number;
	readonly verdictX: number;
}

/** More branches than these are folded: per moment the losing ones stay, nearest loss first. */
export const MOST_ROWS = 12;

/** Rows of the last moment come first, so that no line crosses another. */
export function layoutTree(
	moments: readonly Moment[],
	width: number,
	unfolded: readonly number[]
): TreeLayout {
	const xOf = axis(moments.length, width);
	const trunkY = 22;
	const all = moments.reduce((sum, moment) => sum + moment.branches.length, 0);
	const rows: TreeRow[] = [];
	let y = trunkY + 44;
	const put = (moment: number, branch: Branch | null, folded: readonly Branch[]): void => {
		rows.push({ moment, branch, folded, y });
		y += ROW;
	};
	for (const moment of [...moments].reverse()) {
		const sorted = byNearestLoss(moment.branches);
		const fold = all > MOST_ROWS && !unfolded.includes(moment.index);
		const shown = fold ? sorted.filter((branch) => branch.verdict === 'lost') : sorted;
		for (const branch of shown) put(moment.index, branch, []);
		const rest = sorted.filter((branch) => !shown.includes(branch));
		if (rest.length === 1) put(moment.index, rest[0] as Branch, []);
		else if (rest.length > 1) put(moment.index, null, rest);
	}
	const last = xOf(Math.max(0, moments.length - 1));
	return { xs: moments.map((_, at) => xOf(at)), trunkY, rows, height: y + 8, verdictX: last + 22 };
}

export function byNearestLoss(branches: readonly Branch[]): Branch[] {
	const rank = (branch: Branch): number =>
		branch.tally.nearest ?? (branch.verdict === 'open' ? 1000 : 2000);
	return [...branches].sort((a, b) => rank(a) - rank(b));
}
