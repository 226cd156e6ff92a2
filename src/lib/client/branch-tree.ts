import type { JournalEntry } from '../engine/contract/commands.ts';
import type { Verdict } from '../engine/contract/explore/request.ts';

/** Runs of one scenario that are kept beside each other: yours and those that the machine found. */
export interface KeptRun {
	readonly name: string;
	readonly by: 'you' | 'machine';
	readonly journal: readonly JournalEntry[];
	readonly verdict: Verdict;
	/** Where it is worth looking. */
	readonly pauseNs: number;
	/** What is lost on it, in words; null where nothing is known to be. */
	readonly found: string | null;
}

/** The file: one scenario, its runs. Opens on the explorer's page; each run by itself is a link. */
export interface BranchFile {
	readonly switchyardBranches: 1;
	readonly scenario: unknown;
	readonly belief: string | null;
	readonly runs: readonly KeptRun[];
}

/** A piece of course that runs share: the commands from where it leaves its parent to where its own branches leave it. */
export interface TreePiece {
	readonly entries: readonly JournalEntry[];
	/** Runs that end with this piece. */
	readonly runs: readonly KeptRun[];
	readonly branches: readonly TreePiece[];
}

const same = (a: JournalEntry, b: JournalEntry): boolean =>
	a.atNs === b.atNs && JSON.stringify(a.command) === JSON.stringify(b.command);

/** The runs as a tree of what they have in common: each command stands once. */
export function treeOf(runs: readonly KeptRun[]): TreePiece {
	return pieceFrom(runs, 0);
}

function pieceFrom(runs: readonly KeptRun[], from: number): TreePiece {
	let at = from;
	for (;;) {
		const entry = runs[0]?.journal[at];
		if (!entry || !runs.every((run) => run.journal[at] && same(run.journal[at], entry))) break;
		at += 1;
	}
	const ended = runs.filter((run) => run.journal.length === at);
	const groups: KeptRun[][] = [];
	for (const run of runs) {
		const entry = run.journal[at];
		if (!entry) continue;
		const group = groups.find((one) => same(one[0]!.journal[at]!, entry));
		if (group) group.push(run);
		else groups.push([run]);
	}
	return {
		entries: runs[0]?.journal.slice(from, at) ?? [],
		runs: ended,
		branches: groups.map((group) => pieceFrom(group, at))
	};
}

/** Keeps a run; one with the same journal is replaced. */
export function keepRun(runs: readonly KeptRun[], run: KeptRun): KeptRun[] {
	const text = JSON.stringify(run.journal);
	return [...runs.filter((one) => JSON.stringify(one.journal) !== text), run];
}

/** A file as it was saved; null with anything that is none. Its scenario and journals are read by the engine when they open. */
export function readBranchFile(text: string): BranchFile | null {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return null;
	}
	const file = value as Partial<BranchFile> | null;
	if (file?.switchyardBranches !== 1 || !Array.isArray(file.runs)) return null;
	const isRun = (run: Partial<KeptRun> | null): boolean =>
		typeof run?.name === 'string' &&
		Array.isArray(run.journal) &&
		typeof run.pauseNs === 'number' &&
		['lost', 'safe', 'open'].includes(run.verdict ?? '');
	return file.runs.every(isRun) ? (file as BranchFile) : null;
}
