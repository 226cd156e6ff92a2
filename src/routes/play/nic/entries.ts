import type { Command, JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import { consoleEntries, type SaidLine } from '../kinds/console-entries.ts';
import { nicLine } from './lines.ts';

export interface NicEntry {
	readonly atNs: number;
	readonly line: string;
	readonly text: string;
	readonly bad: boolean;
}

export type Said = SaidLine & NicEntry;

/** The journal's commands with what the engine said, and between them what was only asked: the monitor takes them all. */
export const nicEntries = (
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number
): NicEntry[] =>
	consoleEntries<Command, NicEntry, Said>(journal, said, records, nowNs, {
		isOwn: (_): _ is Command => true,
		lineOf: nicLine,
		isOf: (record, command) => record.values['name'] === command.name,
		entryOf: ({ atNs, line }, record) => ({
			atNs,
			line,
			text: record ? `${record.text}\n` : '',
			bad: record?.values['outcome'] === 'refused'
		})
	});
