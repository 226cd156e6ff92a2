import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import { nicLine } from './lines.ts';

/** A line that changed nothing, or was refused: kept by the page. */
export interface Said {
	readonly atNs: number;
	/** Entries of the journal when it was typed: its place among them. */
	readonly after: number;
	readonly line: string;
	readonly text: string;
	readonly bad: boolean;
	/** Done in the picture, not typed. */
	readonly isAction: boolean;
	/** The command that was refused, as its line: the journal holds it too, without the reason. */
	readonly refused: string | null;
}

export interface NicEntry {
	readonly atNs: number;
	readonly line: string;
	readonly text: string;
	readonly bad: boolean;
}

/** What the console shows up to now: the journal's commands with what the engine said, and between them what was only asked. */
export function nicEntries(
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number
): NicEntry[] {
	const entries: NicEntry[] = [];
	let at = 0;
	const sayUntil = (limit: number): void => {
		for (; at < said.length; at += 1) {
			const next = said[at] as Said;
			if (next.after > limit || next.atNs > nowNs) return;
			entries.push(next);
		}
	};
	const taken = new Set<number>();
	let count = 0;
	for (const { atNs, command } of journal) {
		if (atNs > nowNs) continue;
		sayUntil(count);
		count += 1;
		const line = nicLine(command);
		if (said.some((one) => one.atNs === atNs && one.refused === line)) continue;
		const record = records.find(
			(one) =>
				one.kind === 'command' &&
				one.atNs === atNs &&
				!taken.has(one.seq) &&
				one.values['name'] === command.name
		);
		if (record) taken.add(record.seq);
		entries.push({
			atNs,
			line,
			text: record ? `${record.text}\n` : '',
			bad: record?.values['outcome'] === 'refused'
		});
	}
	sayUntil(Infinity);
	return entries;
}
