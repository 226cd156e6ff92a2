import { SUPERPAGE_WORDS } from './superpage.ts';

/**
 * The race lab: hosts as threads of their own that really race over the words of one super-page. Which of them is first is up
 * to the machine; nothing here can be replayed, and the page says so. Behind the super-page lie the lab's own words, by which
 * everything is judged afterwards.
 */
export const RACE_PROTOCOLS = {
	ours: {
		title: 'compare-and-swap',
		says: 'reads owner word and fence word, then takes the VM by compare-and-swap of the value it read'
	},
	'naive-pause': {
		title: 'read, pause, write',
		says: 'reads the owner word, waits two milliseconds, then writes itself in'
	},
	naive: {
		title: 'read, write',
		says: 'reads the owner word, then writes itself in at once'
	}
} as const;
export type RaceProtocol = keyof typeof RACE_PROTOCOLS;

/** Hosts that race; the judge, who recovers the dead, is one more. */
export const RACE_HOSTS_MOST = 8;
export const RACE_JUDGE = 15;
/**
 * Tokens that the log of a race of so many milliseconds holds: more than threads can win in that time, half a microsecond for
 * each. A race whose log is full all the same ends there, and its report says so: nothing is dropped.
 */
export const raceLogTokens = (forMs: number): number => Math.max(1024, Math.ceil(forMs * 2000));
/** Tokens at the end of the log that are kept free for those who are on their way when it is full. */
export const RACE_LOG_SPARE = 64;
/** How long a naive host waits between its read and its write. */
export const RACE_PAUSE_MS = 2;

const FIRST = SUPERPAGE_WORDS;
/** Words beside the super-page. Each is written by fetch-and-add or by one writer. */
export const RACE_WORDS = {
	stop: FIRST,
	/** Runners that found another one running. */
	overlaps: FIRST + 1,
	/** Compare-and-swaps that were refused. */
	refused: FIRST + 2,
	/** Times that a VM was run. */
	runs: FIRST + 3,
	recovered: FIRST + 4,
	orphans: FIRST + 5
} as const;
/** What a host runs: its incarnation [63:32] and token [31:0], 0 for nothing. */
export const raceRunning = (host: number): number => FIRST + 16 + host;
/** Who won a token: one hexadecimal digit for each host, counted up. */
export const raceLog = (token: number): number => FIRST + 32 + token;
export const raceBufferWords = (forMs: number): number => FIRST + 32 + raceLogTokens(forMs);
/** Tokens that the log of a buffer of this many words holds. */
export const raceLogOf = (words: number): number => words - FIRST - 32;

/** What the words say after a race. */
export interface RaceReport {
	/** Tokens that somebody won. */
	readonly handOffs: number;
	/** Tokens that two or more won. */
	readonly wonTwice: number;
	/** The first of them and who won it, as host numbers. */
	readonly firstTwice: { readonly token: number; readonly hosts: readonly number[] } | null;
	/** Runs begun while another host ran, neither of them fenced. */
	readonly overlaps: number;
	readonly runs: number;
	readonly refused: number;
	readonly recovered: number;
	readonly orphans: number;
	/** The log was full before the time was over: the race ended there. */
	readonly full: boolean;
	/** Wins of each host. */
	readonly wins: readonly number[];
}
