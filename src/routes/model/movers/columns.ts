import { formatNumber, THIN } from '$lib/base/format.ts';
import type { MoverFigures } from '$lib/engine/contract/mover-worlds.ts';
import { bytesText, secondsText } from '../words.ts';

/** The columns of the table of movers. */
export interface Column {
	readonly id: keyof MoverFigures;
	readonly title: string;
	readonly text: (value: number) => string;
}

const bytes = (value: number): string => (value === Infinity ? 'without end' : bytesText(value));

export const COLUMNS: readonly Column[] = [
	{ id: 'goneS', title: 'Guest gone', text: secondsText },
	{ id: 'sourceFreeS', title: 'Source free after', text: secondsText },
	{ id: 'fullSpeedS', title: 'All at home after', text: secondsText },
	{ id: 'networkBytes', title: 'Network', text: bytes },
	{ id: 'cxlBytes', title: 'CXL', text: bytes },
	{ id: 'lostWorkS', title: 'Work lost', text: secondsText }
];

/** How far a run is from the formula, in per cent; null where there is nothing to compare. */
export function errorOf(run: number | null, formula: number | null): string | null {
	if (
		run === null ||
		formula === null ||
		formula === 0 ||
		!Number.isFinite(formula) ||
		!Number.isFinite(run)
	)
		return null;
	const share = (run / formula - 1) * 100;
	return `${share >= 0 ? '+' : '−'}${formatNumber(Math.abs(share), 1)}${THIN}%`;
}
