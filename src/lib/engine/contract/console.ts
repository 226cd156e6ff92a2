import type { MachineCommand } from './machine-commands.ts';

/**
 * The console of a machine. A line is answered at once with a text, or it is a command: the page sends it, shows the call,
 * and asks for the text of its outcome when it has ended.
 */

/** Whose manners an answer has: a shell, QEMU's monitor in words, QEMU's monitor in JSON, or the probe of a process. */
export type ConsoleManner = 'shell' | 'monitor' | 'qmp' | 'process';

export type ConsoleAnswer =
	| { readonly kind: 'text'; readonly text: string; /** Exit status of the tool: 0 when it went well. */ readonly status: number }
	| { readonly kind: 'command'; readonly command: MachineCommand; readonly manner: ConsoleManner };

/** Text of a call's outcome: what the tool prints, empty when it says nothing. null while it still runs. */
export interface ConsoleOutcome {
	readonly done: boolean;
	readonly text: string;
	readonly status: number;
	/** What it waits for, in words, while it runs. */
	readonly waitingFor: string | null;
}

export interface Completion {
	/** The whole line with this candidate in place of its last word. */
	readonly line: string;
	/** The candidate alone. */
	readonly word: string;
	/** One sentence: what it is or does. Empty for a plain name. */
	readonly sentence: string;
}

export interface ConsoleCompletions {
	readonly candidates: readonly Completion[];
	/** The known command that the line begins with, explained. */
	readonly explained: ConsoleWord | null;
}

/** A word that the console knows, with its form, one sentence and where it comes from. */
export interface ConsoleWord {
	readonly word: string;
	readonly form: string;
	readonly sentence: string;
	readonly source: string;
	readonly manner: ConsoleManner;
}
