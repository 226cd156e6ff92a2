import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import { fabricLine } from './lines.ts';

/** A line that changed nothing, or was refused: kept by the page. */
export interface Said {
	readonly atNs: number;
	/** Entries of the journal when it was typed: its place among them. */
	readonly after: number;
	readonly who: string;
	readonly line: string;
	readonly text: string;
	readonly status: number;
	/** Done in the picture, not typed. */
	readonly isAction: boolean;
	/** The command that was refused, as its line: the journal holds it too, without the reason. */
	readonly refused: string | null;
}

export interface FabricEntry {
	readonly atNs: number;
	readonly who: string;
	readonly line: string;
	readonly text: string;
	readonly status: number;
}

/**
 * What the console shows up to now: the journal's commands with what the engine recorded of each, and between them what was
 * only asked. Going back in time takes lines away, a link brings them along.
 */
export function fabricEntries(
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number
): FabricEntry[] {
	const entries: FabricEntry[] = [];
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
		if (command.name !== 'fabric') continue;
		const line = fabricLine(command);
		if (said.some((one) => one.atNs === atNs && one.refused === line)) continue;
		const record = records.find(
			(one) =>
				one.kind === 'command' &&
				one.atNs === atNs &&
				!taken.has(one.seq) &&
				one.values['actor'] === command.actor &&
				one.values['at'] === command.at &&
				one.values['execute'] === command.execute
		);
		if (record) taken.add(record.seq);
		entries.push({
			atNs,
			who: command.actor === 'host' ? command.at : command.actor,
			line,
			...(record ? outcomeOf(record, records) : { text: '', status: 0 })
		});
	}
	sayUntil(Infinity);
	return entries;
}

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
