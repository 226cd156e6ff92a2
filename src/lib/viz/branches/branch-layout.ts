import type {
	Branch,
	BranchPath,
	FutureMoment,
	Moment
} from '../../engine/contract/explore/request.ts';
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
const VERDICTS = 310;
/** Room for the name of a branch between the moment that it leaves and its verdict. */
const NAME = 118;
export const NARROW = 620;
export const ROW = 30;
/** Each level further in begins this much to the right of its parent. */
const INDENT = 20;

/** Where the moments stand: evenly, because what counts is their order; time is told at each. */
export function axis(
	moments: readonly (Moment | FutureMoment)[],
	width: number
): (index: number) => number {
	const count = moments.length;
	const last = moments.at(-1);
	const branches = last !== undefined && 'branches' in last && last.branches.length > 0;
	const wide = last !== undefined && 'branches' in last;
	const end =
		width < NARROW || !wide
			? width - CURVE.end - (width < NARROW ? 0 : 60)
			: Math.max(CURVE.left + 120, width - VERDICTS - (branches ? NAME : 0));
	const step = count > 1 ? (end - CURVE.left) / (count - 1) : 0;
	return (index) => CURVE.left + index * step;
}

export function layoutCurve(
	moments: readonly (Moment | FutureMoment)[],
	steps: Steps,
	width: number
): CurveLayout {
	const xOf = axis(moments, width);
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

/** A row of the tree: one branch, or several that are folded into one. */
export interface TreeRow {
	readonly key: string;
	readonly path: BranchPath;
	/** 2 = it leaves the run itself. */
	readonly level: number;
	/** null: a row that stands for several. */
	readonly branch: Branch | null;
	/** Branches behind a row that stands for several, and what they have in common. */
	readonly folded: readonly Branch[];
	readonly label: string;
	/** Its own branches are shown below it. */
	readonly open: boolean;
	readonly x: number;
	readonly y: number;
	/** Where its line leaves the run or its parent. */
	readonly fromY: number;
	/** It leads back to a state on the way to it, or on the run: where that stands. */
	readonly back: { readonly x: number; readonly y: number } | null;
}

export interface TreeLayout {
	readonly xs: readonly number[];
	readonly trunkY: number;
	readonly rows: readonly TreeRow[];
	readonly height: number;
	readonly verdictX: number;
}

/** Branches of a state that was looked at further, by the key of its row. */
export type Opened = ReadonlyMap<string, readonly Branch[]>;

/** More branches than these are folded: under each state the losing ones stay, nearest loss first. */
export const MOST_ROWS = 12;

/** What a place in the tree is called in lists of what is open or unfolded. */
export const keyOfPath = ({ moment, steps }: BranchPath): string =>
	[String(moment), ...steps.map((step) => `${step.state}@${step.act}`)].join('/');

export const further = (path: BranchPath, branch: Branch): BranchPath => ({
	moment: path.moment,
	steps: [...path.steps, { state: branch.state, act: branch.act.id }]
});

/** A branch by its place, and the one that it leaves; null where the tree does not show it. */
export function branchAt(
	moments: readonly Moment[],
	opened: Opened,
	{ moment, steps }: BranchPath
): { readonly branch: Branch; readonly parent: Branch | null } | null {
	let path: BranchPath = { moment, steps: [] };
	let list: readonly Branch[] = moments[moment]?.branches ?? [];
	let parent: Branch | null = null;
	let branch: Branch | null = null;
	for (const step of steps) {
		parent = branch;
		branch = list.find((one) => one.state === step.state && one.act.id === step.act) ?? null;
		if (branch === null) return null;
		path = further(path, branch);
		list = opened.get(keyOfPath(path)) ?? [];
	}
	return branch && { branch, parent };
}

/** Whether there may be something behind a branch: neither lost nor at an end, and not a state on the way to it. */
export const canOpen = (row: TreeRow): boolean =>
	row.branch !== null &&
	row.back === null &&
	row.branch.end === null &&
	row.branch.tally.nearest !== 0;

/** Rows of the last moment come first, so that no line crosses another; what leaves a branch stands below it. */
export function layoutTree(
	moments: readonly Moment[],
	width: number,
	unfolded: readonly string[],
	opened: Opened = new Map()
): TreeLayout {
	const xOf = axis(moments, width);
	const trunkY = 22;
	const verdictX = Math.max(CURVE.left + 140, width - VERDICTS) + 22;
	let all = moments.reduce((sum, moment) => sum + moment.branches.length, 0);
	for (const branches of opened.values()) all += branches.length;
	const rows: TreeRow[] = [];
	let y = trunkY + 44;
	const states = new Map<number, { x: number; y: number }>();

	const put = (
		row: Pick<TreeRow, 'key' | 'path' | 'branch' | 'folded' | 'label'>,
		from: { readonly level: number; readonly x: number; readonly y: number }
	): void => {
		const { branch, path } = row;
		const way = path.steps.slice(0, -1).findLast((step) => step.state === branch?.state);
		const back =
			branch === null
				? null
				: way
					? (states.get(way.state) ?? null)
					: branch.back !== null
						? { x: xOf(branch.back), y: trunkY }
						: null;
		const children = branch && back === null ? opened.get(row.key) : undefined;
		const here = { x: from.x, y };
		rows.push({
			...row,
			...{ level: from.level, x: from.x, y, fromY: from.y, back, open: children !== undefined }
		});
		if (branch) states.set(branch.state, here);
		y += ROW;
		if (children) {
			const x = Math.min(from.x + INDENT, verdictX - NAME);
			putAll(children, path, row.key, { level: from.level + 1, x, y: here.y });
		}
	};
	const putAll = (
		branches: readonly Branch[],
		path: BranchPath,
		key: string,
		from: { readonly level: number; readonly x: number; readonly y: number }
	): void => {
		const sorted = byNearestLoss(branches);
		const one = (branch: Branch): void => {
			const next = further(path, branch);
			put({ key: keyOfPath(next), path: next, branch, folded: [], label: branch.act.short }, from);
		};
		const several = (folded: readonly Branch[], name: string, label: string): void => {
			if (folded.length === 1 || unfolded.includes(name)) folded.forEach(one);
			else if (folded.length > 1) put({ key: name, path, branch: null, folded, label }, from);
		};
		if (all <= MOST_ROWS) return sorted.forEach(one);
		const losing = sorted.filter((branch) => branch.verdict === 'lost');
		const rest = sorted.filter((branch) => branch.verdict !== 'lost');
		losing.slice(0, MOST_ROWS).forEach(one);
		several(
			losing.slice(MOST_ROWS),
			`${key}#lose`,
			`${losing.length - MOST_ROWS} more that lose, further away`
		);
		const name = `${key}#`;
		if (rest.length < 2 || !unfolded.includes(name))
			return several(rest, name, `${rest.length} ${losing.length > 0 ? 'others' : 'branches'}`);
		if (rest.length <= MOST_ROWS) rest.forEach(one);
		else
			for (const [word, group] of byFirstWord(rest))
				several(group, `${name}${word}`, `${group.length} × ${word}`);
		put({ key: name, path, branch: null, folded: [], label: 'show fewer' }, from);
	};

	for (const moment of [...moments].reverse()) {
		const path: BranchPath = { moment: moment.index, steps: [] };
		putAll(moment.branches, path, keyOfPath(path), { level: 2, x: xOf(moment.index), y: trunkY });
	}
	return { xs: moments.map((_, at) => xOf(at)), trunkY, rows, height: y + 8, verdictX };
}

export function byNearestLoss(branches: readonly Branch[]): Branch[] {
	const rank = (branch: Branch): number =>
		branch.tally.nearest ?? (branch.verdict === 'open' ? 1000 : 2000);
	return [...branches].sort((a, b) => rank(a) - rank(b));
}

/** Branches by what happens first on them: the same event at one host or another is one group. */
function byFirstWord(branches: readonly Branch[]): Map<string, Branch[]> {
	const groups = new Map<string, Branch[]>();
	for (const branch of branches) {
		const word = branch.act.short.split(' ')[0] ?? '';
		groups.set(word, [...(groups.get(word) ?? []), branch]);
	}
	return groups;
}
