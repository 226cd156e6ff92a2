import type { Command, JournalEntry } from '$lib/engine/contract/commands.ts';
import type { QmpArguments } from '$lib/engine/contract/machine-commands.ts';
import type { MonitorCommand } from '$lib/engine/contract/migration/monitor.ts';
import { lineOfMonitor, printed, readMonitorLine } from '$lib/engine/contract/migration/hmp.ts';
import type { TraceRecord } from '$lib/engine/contract/records.ts';
import { consoleEntries, type SaidLine } from '../kinds/console-entries.ts';
import { SaidLines } from '../kinds/said-lines.svelte.ts';
import { MessageLog } from '../machine/message-log.svelte.ts';
import type { Playground } from '../playground.svelte.ts';

export interface MonitorEntry {
	readonly atNs: number;
	/** Whose monitor. */
	readonly prompt: string;
	readonly line: string;
	readonly text: string;
	readonly bad: boolean;
}
type Said = SaidLine & MonitorEntry;

const isMonitor = (command: Command): command is MonitorCommand => command.name === 'monitor';
const promptOf = (vm: string, host: string): string => `(qemu) ${vm}@${host}:`;

/** The monitors of a VM's QEMU processes: which one is spoken to, what was typed and answered. */
export class MonitorDesk {
	vm: string | null = $state(null);
	host: string | null = $state(null);
	readonly log = new MessageLog();
	readonly #play: Playground;
	readonly #said: SaidLines<Said>;

	constructor(play: Playground) {
		this.#play = play;
		this.#said = new SaidLines(play);
	}

	readonly chosen = $derived.by(() => {
		const vms = this.#play.world?.status.vms ?? [];
		return vms.find((one) => one.id === this.vm) ?? vms[0] ?? null;
	});
	readonly at: string = $derived.by(() => {
		const hosts = this.#play.world?.status.hosts ?? [];
		const wanted = hosts.find((one) => one.id === this.host)?.id;
		return wanted ?? this.chosen?.runsOn ?? hosts[0]?.id ?? '';
	});
	readonly prompt: string = $derived.by(() => promptOf(this.chosen?.id ?? '', this.at));
	readonly entries: readonly MonitorEntry[] = $derived.by(() => {
		const { world, session } = this.#play;
		return world && session
			? entriesOf(world.journal, this.#said.lines, this.log.records, session.nowNs)
			: [];
	});

	get history(): readonly string[] {
		return this.#said.history;
	}

	async follow(): Promise<void> {
		const { world, session, active } = this.#play;
		if (world && session) await this.log.follow(session, active, world.status.traceCount);
	}

	/** Said at the monitor of the process that is chosen, as if typed. */
	async type(line: string): Promise<void> {
		const { session, active } = this.#play;
		const { chosen, at } = this;
		if (!session || !chosen || line.trim() === '') return;
		this.#said.typed(line);
		const read = readMonitorLine(line);
		if (read.kind === 'text') return this.#answer(line, read.text, read.text.startsWith('unknown'));
		if (read.kind === 'look') {
			const view = await session.ask(active, {
				kind: 'monitor',
				vm: chosen.id,
				at,
				execute: read.execute
			});
			const text = view
				? read.json
					? `${JSON.stringify(view.answer)}\n`
					: printed(read.execute, view.answer)
				: '';
			return this.#answer(line, text, view !== null && 'error' in view.answer);
		}
		await this.#send(line, chosen.id, at, read.execute, read.given, read.json);
	}

	/** A button does what a line would, and the line is shown. */
	async act(at: string, execute: string, given: QmpArguments | null): Promise<void> {
		const { chosen } = this;
		if (!chosen) return;
		this.host = at;
		await this.#send(
			lineOfMonitor(execute, given ?? undefined),
			chosen.id,
			at,
			execute,
			given,
			false
		);
	}

	clear(): void {
		this.#said.clear();
	}

	#answer(line: string, text: string, bad: boolean): void {
		this.#said.say({ prompt: this.prompt, line, text, bad, isAction: false, refused: null });
	}

	async #send(
		line: string,
		vm: string,
		at: string,
		execute: string,
		given: QmpArguments | null,
		json: boolean
	): Promise<void> {
		const command = {
			name: 'monitor',
			vm,
			at,
			execute,
			...(given ? { arguments: given } : {})
		} as MonitorCommand;
		const told = (detail: string): string =>
			json
				? `${JSON.stringify({ error: { class: 'GenericError', desc: detail } })}\n`
				: `Error: ${detail}\n`;
		await this.#said.send(command, false, (detail) => ({
			prompt: promptOf(vm, at),
			line,
			text: told(detail),
			bad: true,
			isAction: false,
			refused: lineOfMonitor(execute, given ?? undefined)
		}));
	}
}

function entriesOf(
	journal: readonly JournalEntry[],
	said: readonly Said[],
	records: readonly TraceRecord[],
	nowNs: number
): MonitorEntry[] {
	return consoleEntries<MonitorCommand, MonitorEntry, Said>(journal, said, records, nowNs, {
		isOwn: isMonitor,
		lineOf: (command) => lineOfMonitor(command.execute, command.arguments),
		isOf: (record, command) =>
			record.rule === 'monitor' &&
			record.values['execute'] === command.execute &&
			record.vm === command.vm,
		entryOf: ({ atNs, line, command }, record) => {
			const refusal = record ? refusalAfter(records, record) : null;
			return {
				atNs,
				prompt: promptOf(command.vm, record?.host ?? command.at ?? ''),
				line,
				text: refusal === null ? '' : `Error: ${refusal}\n`,
				bad: refusal !== null
			};
		}
	});
}

/** The refusal follows the record of the word that was refused. */
function refusalAfter(records: readonly TraceRecord[], record: TraceRecord): string | null {
	const next = records.find((one) => one.seq > record.seq && one.kind === 'command');
	if (
		next?.atNs !== record.atNs ||
		next.values['outcome'] !== 'refused' ||
		next.values['name'] !== 'monitor'
	)
		return null;
	return next.text.replace(/^monitor: refused, [\w-]+: /, '');
}
