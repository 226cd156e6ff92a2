import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { FabricCommand } from '$lib/engine/contract/fabric-commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import { consoleEntries, type SaidLine } from '../kinds/console-entries.ts';
import { fabricLine } from './lines.ts';

export interface FabricEntry {
	readonly atNs: number;
	readonly who: string;
	readonly line: string;
	readonly text: string;
	readonly status: number;
}

export type Said = SaidLine & FabricEntry;

export const fabricEntries = (
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number
): FabricEntry[] =>
	consoleEntries<FabricCommand, FabricEntry, Said>(journal, said, records, nowNs, {
		isOwn: (command): command is FabricCommand => command.name === 'fabric',
		lineOf: fabricLine,
		isOf: (record, command) =>
			record.values['actor'] === command.actor &&
			record.values['at'] === command.at &&
			record.values['execute'] === command.execute,
		entryOf: ({ atNs, line, command }, record) => ({
			atNs,
			who: command.actor === 'host' ? command.at : command.actor,
			line,
			...(record ? outcomeOf(record, records) : { text: '', status: 0 })
		})
	});

const MOST_LINES = 6;
/** What a tool printed; else what happened at once because of the command, one line each. */
function outcomeOf(
	command: TraceRecord,
	records: readonly TraceRecord[]
): { text: string; status: number } {
	const own = records.filter((one) => one.cause === command.seq && one.atNs === command.atNs);
	const tool = own.find((one) => one.rule === 'host-tool');
	if (tool)
		return {
			text: String(tool.values['printed'] ?? ''),
			status: Number(tool.values['status'] ?? 0)
		};
	const lines = own.slice(0, MOST_LINES).map((one) => one.text);
	if (own.length > MOST_LINES) lines.push(`… and ${own.length - MOST_LINES} more`);
	return { text: lines.map((line) => `${line}\n`).join(''), status: 0 };
}
