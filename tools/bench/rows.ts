import { COLUMNS } from '../../src/lib/engine/contract/layout.ts';
import type { Measured } from './measure.ts';

/** Rows of the table, and what several of them count. */

export interface Row {
	readonly what: string;
	/** What the ratio is to, or nothing for a plain figure. */
	readonly floor: string;
	readonly value: string;
	readonly spread?: string;
	readonly goal: string;
	/** null where no goal was set. */
	readonly met: boolean | null;
}

export const WIDTH = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 } as const;
export const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2));

export function ratioRow(what: string, floor: string, measured: Measured, goal: number | null): Row {
	return {
		what,
		floor,
		value: `${number(measured.ratio)}x`,
		spread: `${number(measured.least)} to ${number(measured.most)}; ${number(measured.ns)} ns each`,
		goal: goal === null ? '' : `at most ${goal}x`,
		met: goal === null ? null : measured.ratio <= goal
	};
}

/** Bytes that say where the pages of `bytes` are and what they hold, when `mixed` of their blocks keep a word per page. */
export function keptBytes(bytes: number, mixed: number): number {
	const blocks = bytes / (2 * 1024 * 1024);
	const uniform = WIDTH[COLUMNS.blockWord.type] + WIDTH[COLUMNS.blockContent.type] + WIDTH[COLUMNS.mapWord.type];
	return Math.ceil(blocks * (uniform + mixed * 512 * WIDTH[COLUMNS.contentStamp.type]));
}
