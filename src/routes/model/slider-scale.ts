import type { CostRow } from '$lib/engine/contract/cost-table.ts';

/** How a slider of 200 steps runs over the range of a cost: evenly, or by ratios where the range spans decades. */

export const STEPS = 200;
/** From this ratio of ends on, equal steps are equal ratios. */
const DECADES = 60;

type Range = Pick<CostRow, 'min' | 'max' | 'default' | 'unit'>;

const byRatio = (range: Range): boolean => range.min > 0 && range.max / range.min >= DECADES;

export function positionOf(range: Range, value: number): number {
	if (range.max === range.min) return 0;
	const share = byRatio(range)
		? Math.log(value / range.min) / Math.log(range.max / range.min)
		: (value - range.min) / (range.max - range.min);
	return Math.round(Math.min(1, Math.max(0, share)) * STEPS);
}

/** A round number nearby: three digits on a scale of ratios, else a multiple of a power of ten below one step. */
function rounded(range: Range, value: number): number {
	if (range.unit === 'count') return Math.round(value);
	if (byRatio(range)) return Number(value.toPrecision(3));
	const digits = -Math.floor(Math.log10((range.max - range.min) / STEPS));
	return digits >= 0
		? Number(value.toFixed(digits))
		: Math.round(value / 10 ** -digits) * 10 ** -digits;
}

/** The value at a position: both ends and the default are met exactly. */
export function valueAt(range: Range, position: number): number {
	if (position <= 0) return range.min;
	if (position >= STEPS) return range.max;
	if (position === positionOf(range, range.default)) return range.default;
	const share = position / STEPS;
	const value = byRatio(range)
		? range.min * Math.pow(range.max / range.min, share)
		: range.min + (range.max - range.min) * share;
	return Math.min(range.max, Math.max(range.min, rounded(range, value)));
}
