import type { Command, JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';

/** A line that changed nothing, or was refused: kept by the page. */
export interface SaidLine {
	readonly atNs: number;
	/** Entries of the journal when it was typed: its place among them. */
	readonly after: number;
	readonly line: string;
	readonly text: string;
	/** Done in the picture, not typed. */
	readonly isAction: boolean;
	/** The command that was refused, as its line: the journal holds it too, without the reason. */
	readonly refused: string | null;
}

/** How a kind of world speaks of its commands. */
export interface Speech<C extends Command, Entry> {
	/** Whether a command belongs to this console at all. */
	readonly isOwn: (command: Command) => command is C;
	readonly lineOf: (command: C) => string;
	/** Whether a record of the engine is that of this command. */
	readonly isOf: (record: TraceRecord, command: C) => boolean;
	readonly entryOf: (
		at: { readonly atNs: number; readonly line: string; readonly command: C },
		record: TraceRecord | null
	) => Entry;
}

/**
 * What the console shows up to now: the journal's commands with what the engine recorded of each, and between them what was
 * only asked. Going back in time takes lines away, a link brings them along.
 */
export function consoleEntries<C extends Command, Entry, Said extends SaidLine & Entry>(
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number,
	speech: Speech<C, Entry>
): Entry[] {
	const entries: Entry[] = [];
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
		if (!speech.isOwn(command)) continue;
		const line = speech.lineOf(command);
		if (said.some((one) => one.atNs === atNs && one.refused === line)) continue;
		const record = records.find(
			(one) =>
				one.kind === 'command' &&
				one.atNs === atNs &&
				!taken.has(one.seq) &&
				speech.isOf(one, command)
		);
		if (record) taken.add(record.seq);
		entries.push(speech.entryOf({ atNs, line, command }, record ?? null));
	}
	sayUntil(Infinity);
	return entries;
}
