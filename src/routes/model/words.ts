import { formatBytesDecimal, formatNs, formatNumber, THIN } from '$lib/base/format.ts';
import { NS_PER_S } from '$lib/base/units.ts';
import type { Confidence, CostUnit } from '$lib/engine/contract/cost-table.ts';

/** How the page of the model writes its figures. */

const UNIT_WORDS: Partial<Record<CostUnit, string>> = { us: 'µs', fraction: '', count: '', x: '×' };

/** A number with as many decimals as it needs, at most four digits behind a leading zero. */
function plain(value: number): string {
	if (Number.isInteger(value)) return formatNumber(value);
	const digits = Math.min(4, Math.max(0, 3 - Math.ceil(Math.log10(Math.abs(value)))));
	return formatNumber(value, digits).replace(/0+$/, '').replace(/\.$/, '');
}

export function costText(value: number, unit: CostUnit): string {
	const word = UNIT_WORDS[unit] ?? unit;
	return word === '' ? plain(value) : `${plain(value)}${THIN}${word}`;
}

export function rangeText(min: number, max: number, unit: CostUnit): string {
	const word = UNIT_WORDS[unit] ?? unit;
	const range = min === max ? plain(min) : `${plain(min)} to ${plain(max)}`;
	return word === '' ? range : `${range}${THIN}${word}`;
}

export const secondsText = (seconds: number): string =>
	seconds === Infinity ? 'never' : formatNs(Math.round(seconds * NS_PER_S));

export const bytesText = (bytes: number): string =>
	bytes === Infinity ? '–' : formatBytesDecimal(Math.round(bytes));

export const percentText = (share: number, digits = 1): string =>
	`${formatNumber(share * 100, digits)}${THIN}%`;

/** With its sign, for errors: "+1.7 %". */
export const errorText = (share: number): string =>
	Math.abs(share) < 0.0005 ? `0${THIN}%` : `${share > 0 ? '+' : ''}${percentText(share)}`;

export const CONFIDENCE_WORDS: Record<Confidence, string> = {
	'measured-published': 'measured',
	'vendor-claim': 'vendor’s claim',
	estimate: 'estimate',
	'from memory': 'from memory'
};

/** Of the confidence, as a hint: what it means. */
export const CONFIDENCE_HINTS: Record<Confidence, string> = {
	'measured-published': 'A published measurement, or a constant in published code',
	'vendor-claim': 'Said by whoever sells it',
	estimate: 'Our choice; no figure was found',
	'from memory': 'Well known, but not looked up again'
};
