import { lineOf } from '$lib/engine/contract/console-lines.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import type { ConsoleManner } from '$lib/engine/contract/console.ts';
import { isMachineCommand, type MachineCommand } from '$lib/engine/contract/machine-commands.ts';
import type { CallStatus } from '$lib/engine/contract/machine-status.ts';
import type { ObjectName } from '$lib/engine/contract/queries.ts';
import { aboutOf } from './line-objects.ts';

/** A line that was answered at once: kept by the page, since it changed nothing. */
export interface Said {
	readonly atNs: number;
	/** Commands of this machine in the journal when it was typed: its place among them. */
	readonly after: number;
	readonly line: string;
	readonly text: string;
	readonly status: number;
}

/** How a command was typed; those of the picture and of links have the console's own line. */
export interface Typed {
	readonly line: string;
	readonly manner: ConsoleManner;
}

export type Entry =
	| ({ readonly kind: 'said' } & Said)
	| {
			readonly kind: 'command';
			readonly atNs: number;
			readonly line: string;
			readonly manner: ConsoleManner;
			readonly call: CallStatus | null;
			readonly command: MachineCommand;
			/** Typed here, done in the picture, or brought along by the scenario or a link. */
			readonly from: 'typed' | 'picture' | 'run';
			/** The thing in the picture that it is about. */
			readonly about: ObjectName | null;
	  };

export const keyOf = (atNs: number, command: MachineCommand): string =>
	`${atNs} ${JSON.stringify(command)}`;

const NONE: ReadonlySet<string> = new Set();

/**
 * What the console shows up to now: the journal's commands on this machine, and between them what was only asked. Going back
 * in time takes lines away, a link brings them along.
 */
export function scrollback(
	journal: readonly JournalEntry[],
	said: readonly Said[],
	typed: ReadonlyMap<string, Typed>,
	calls: readonly CallStatus[],
	machine: string,
	nowNs: number,
	acted: ReadonlySet<string> = NONE
): Entry[] {
	const entries: Entry[] = [];
	const taken = new Set<number>();
	let at = 0;
	let count = 0;
	const sayUntil = (limit: number): void => {
		for (; at < said.length; at += 1) {
			const next = said[at] as Said;
			if (next.after > limit || next.atNs > nowNs) return;
			entries.push({ kind: 'said', ...next });
		}
	};
	for (const { atNs, command } of journal) {
		if (!isMachineCommand(command) || command.machine !== machine || atNs > nowNs) continue;
		sayUntil(count);
		count += 1;
		const key = keyOf(atNs, command);
		const own = typed.get(key);
		const call = calls.find(
			(one) => !taken.has(one.id) && one.startNs === atNs && matches(one, command)
		);
		if (call) taken.add(call.id);
		const line = own?.line ?? lineOf(command);
		entries.push({
			kind: 'command',
			atNs,
			line,
			manner: own?.manner ?? mannerOf(command, line),
			call: call ?? null,
			command,
			from: own !== undefined ? 'typed' : acted.has(key) ? 'picture' : 'run',
			about: aboutOf(command, call ?? null)
		});
	}
	sayUntil(Infinity);
	return entries;
}

const matches = (call: CallStatus, command: MachineCommand): boolean =>
	command.name === 'process'
		? call.actor === command.process && call.text === command.words
		: call.kind === command.name;

export function mannerOf(command: MachineCommand, line: string): ConsoleManner {
	if (command.name === 'qmp') return line.startsWith('{') ? 'qmp' : 'monitor';
	return command.name === 'process' || command.name === 'process-end' ? 'process' : 'shell';
}

/** Commands of this machine up to now: where a line that is typed now stands. */
export const commandsUntil = (
	journal: readonly JournalEntry[],
	machine: string,
	nowNs: number
): number =>
	journal.filter(
		({ atNs, command }) => atNs <= nowNs && isMachineCommand(command) && command.machine === machine
	).length;

/** What the stage shows of one machine. */
export type MachineView = 'rooms' | 'virtio' | 'cxl';

/** A run that is mostly about what a device is asked for begins with the device, one about regions with CXL, any other with the zones. */
export function firstView(journal: readonly JournalEntry[]): MachineView {
	const orders = journal.filter(
		({ command }) => command.name === 'qmp' || command.name === 'write-file'
	);
	const wishes = orders.filter(
		({ command }) => command.name === 'qmp' && command.arguments?.['property'] === 'requested-size'
	);
	if (wishes.length * 2 > orders.length && wishes.length > 1) return 'virtio';
	const lines = journal.filter(
		({ command }) => command.name === 'shell' && /^(timeout \d+ )?(cxl|daxctl) /.test(command.line)
	);
	return lines.length > orders.length ? 'cxl' : 'rooms';
}
