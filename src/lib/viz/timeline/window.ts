import { formatNumber, THIN } from '../../base/format.ts';
import { NS_PER_MS, NS_PER_S, NS_PER_US } from '../../base/units.ts';
import { ticks as d3ticks, tickStep } from 'd3-array';

/** The part of simulated time that a track shows. */
export interface TimeWindow {
	readonly startNs: number;
	readonly endNs: number;
}

/** Nothing is shown finer than this: a commit is one access of about a microsecond. */
export const SMALLEST_WINDOW_NS = 2_000;

export function toX(window: TimeWindow, widthPx: number, ns: number): number {
	return ((ns - window.startNs) / (window.endNs - window.startNs)) * widthPx;
}

/** The moment under a position, a whole nanosecond inside the window. */
export function toNs(window: TimeWindow, widthPx: number, x: number): number {
	const share = Math.min(1, Math.max(0, x / widthPx));
	return Math.round(window.startNs + share * (window.endNs - window.startNs));
}

/** A window of the wanted length that keeps inside the limits. */
function fitted(startNs: number, spanNs: number, limits: TimeWindow): TimeWindow {
	const whole = limits.endNs - limits.startNs;
	const span = Math.min(whole, Math.max(Math.min(SMALLEST_WINDOW_NS, whole), spanNs));
	const start = Math.min(limits.endNs - span, Math.max(limits.startNs, startNs));
	return { startNs: start, endNs: start + span };
}

/** Zooms by `factor` (above 1 = closer) so that `aroundNs` keeps its place. */
export function zoomAround(
	window: TimeWindow,
	limits: TimeWindow,
	aroundNs: number,
	factor: number
): TimeWindow {
	const before = window.endNs - window.startNs;
	const whole = limits.endNs - limits.startNs;
	const span = Math.min(whole, Math.max(Math.min(SMALLEST_WINDOW_NS, whole), before / factor));
	const share = (aroundNs - window.startNs) / before;
	return fitted(aroundNs - share * span, span, limits);
}

/** The window that a brush has marked. */
export function between(aNs: number, bNs: number, limits: TimeWindow): TimeWindow {
	const startNs = Math.min(aNs, bNs);
	return fitted(startNs, Math.abs(aNs - bNs), limits);
}

/** The same zoom, moved as little as possible so that `ns` is inside, with a tenth of margin. */
export function showing(window: TimeWindow, limits: TimeWindow, ns: number): TimeWindow {
	const span = window.endNs - window.startNs;
	if (ns >= window.startNs && ns <= window.endNs) return window;
	return fitted(ns < window.startNs ? ns - span * 0.1 : ns - span * 0.9, span, limits);
}

export function isWhole(window: TimeWindow, limits: TimeWindow): boolean {
	return window.startNs <= limits.startNs && window.endNs >= limits.endNs;
}

export interface Tick {
	readonly ns: number;
	readonly label: string;
}

/** Round marks in one unit; the last one carries the unit. */
export function timeTicks(window: TimeWindow, count: number): Tick[] {
	const span = window.endNs - window.startNs;
	const [unitNs, unit] =
		window.endNs >= 2 * NS_PER_S && span >= NS_PER_S / 10
			? ([NS_PER_S, 's'] as const)
			: window.endNs >= 2 * NS_PER_MS
				? ([NS_PER_MS, 'ms'] as const)
				: ([NS_PER_US, 'µs'] as const);
	const from = window.startNs / unitNs;
	const to = window.endNs / unitNs;
	const step = tickStep(from, to, count);
	const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
	const values = d3ticks(from, to, count);
	return values.map((value, index) => ({
		ns: value * unitNs,
		label:
			formatNumber(value, value === 0 ? 0 : digits) +
			(index === values.length - 1 ? THIN + unit : '')
	}));
}

/** A moment as a cursor shows it: always one decimal more than a figure needs, so that a step is seen. */
export function formatMoment(ns: number): string {
	if (ns >= 10 * NS_PER_S) return `${formatNumber(ns / NS_PER_S, 2)}${THIN}s`;
	if (ns >= NS_PER_S) return `${formatNumber(ns / NS_PER_S, 3)}${THIN}s`;
	if (ns >= NS_PER_MS) return `${formatNumber(ns / NS_PER_MS, 1)}${THIN}ms`;
	if (ns >= NS_PER_US) return `${formatNumber(ns / NS_PER_US, 1)}${THIN}µs`;
	return `${formatNumber(ns)}${THIN}ns`;
}

/** The same moment as precisely as the zoom can tell it apart. */
export function formatMomentIn(ns: number, window: TimeWindow): string {
	const span = window.endNs - window.startNs;
	if (span >= 50 * NS_PER_MS || ns < NS_PER_MS) return formatMoment(ns);
	const digits = span >= 5 * NS_PER_MS ? 2 : span >= NS_PER_MS / 2 ? 3 : 4;
	return `${formatNumber(ns / NS_PER_MS, digits)}${THIN}ms`;
}
