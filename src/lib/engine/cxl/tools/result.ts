import { ERRNO, STRERROR } from '../../contract/errno.ts';
import type { JsonValue } from '../../state/machine-records.ts';

/** What a command line of the shell gives back: exit status, lines on standard error, JSON on standard output. */
export interface ToolResult {
	readonly rc: number;
	readonly messages: readonly string[];
	/** undefined: nothing was printed. */
	readonly json?: JsonValue;
}

export const errorText = (errno: string): string => STRERROR[errno] ?? errno;
/** Exit status of a tool that returns a negative errno. */
export const exitOf = (errno: string): number => 256 - (ERRNO[errno] ?? 1);

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
