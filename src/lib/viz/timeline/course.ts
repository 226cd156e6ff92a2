import { area, curveStepAfter, line } from 'd3-shape';
import type { RunSummary } from '../../engine/contract/queries.ts';
import { toX, type TimeWindow } from './window.ts';

/** Values over time; each holds until the next. */
export interface Series {
	readonly atNs: readonly number[];
	readonly values: readonly number[];
}

type CourseVm = RunSummary['vms'][number];
export type CourseColumn = 'speedPpm' | 'leftBytes' | 'bandwidthBytesPerSecond' | 'poolPages';

/** Index of the last entry at or before `ns`, −1 when there is none. */
export function indexAt(atNs: readonly number[], ns: number): number {
	let low = 0;
	let high = atNs.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((atNs[middle] as number) <= ns) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

export function valueAt(series: Series, ns: number): number | null {
	const index = indexAt(series.atNs, ns);
	return index < 0 ? null : (series.values[index] as number);
}

/** What has happened: the entries up to now, carried on to now. */
export function pastOf(vm: CourseVm | undefined, column: CourseColumn, nowNs: number): Series {
	if (!vm) return { atNs: [], values: [] };
	const last = indexAt(vm.atNs, nowNs);
	const atNs = vm.atNs.slice(0, last + 1);
	const values = vm[column].slice(0, last + 1);
	if (last >= 0 && (atNs[last] as number) < nowNs) {
		atNs.push(nowNs);
		values.push(values[last] as number);
	}
	return { atNs, values };
}

/** What is expected: the forecast from now on, beginning with the value that holds now. */
export function futureOf(
	vm: CourseVm | undefined,
	column: CourseColumn,
	nowNs: number,
	untilNs: number
): Series {
	if (!vm) return { atNs: [], values: [] };
	const last = indexAt(vm.atNs, nowNs);
	const atNs: number[] = [];
	const values: number[] = [];
	if (last >= 0) {
		atNs.push(nowNs);
		values.push(vm[column][last] as number);
	}
	for (let index = last + 1; index < vm.atNs.length; index += 1) {
		if ((vm.atNs[index] as number) > untilNs) break;
		atNs.push(vm.atNs[index] as number);
		values.push(vm[column][index] as number);
	}
	const end = atNs.length - 1;
	if (end >= 0 && (atNs[end] as number) < untilNs) {
		atNs.push(untilNs);
		values.push(values[end] as number);
	}
	return { atNs, values };
}

/**
 * The engine samples the course every few milliseconds, but knows to the nanosecond when nobody ran the guest. Samples inside
 * a stop, and those that still say 0 after it, give way to the exact border.
 */
export function withStops(
	series: Series,
	stops: readonly { readonly startNs: number; readonly endNs: number }[]
): Series {
	let { atNs, values } = series;
	for (const { startNs, endNs } of stops) {
		if (atNs.length === 0 || startNs < (atNs[0] as number) || endNs <= startNs) continue;
		let resumed = atNs.findIndex((ns, index) => ns >= endNs && (values[index] as number) > 0);
		if (resumed < 0) resumed = atNs.length;
		const before = indexAt(atNs, startNs);
		const kept = (atNs[before] as number) === startNs ? before : before + 1;
		const isOver = resumed < atNs.length;
		const after = values[resumed] ?? 0;
		const sampledAtEnd = atNs[resumed] === endNs;
		atNs = [
			...atNs.slice(0, kept),
			startNs,
			...(sampledAtEnd ? [] : [endNs]),
			...atNs.slice(resumed)
		];
		values = [
			...values.slice(0, kept),
			0,
			...(sampledAtEnd ? [] : [isOver ? after : 0]),
			...values.slice(resumed)
		];
	}
	return { atNs, values };
}

/**
 * At most about `limit` entries of a series, the lowest and the highest of every stretch among them: what a drawing a few
 * hundred pixels wide can show. A short dip (the gap of a hand-off) is kept.
 */
export function thinned(series: Series, limit: number): Series {
	const count = series.atNs.length;
	if (count <= limit) return series;
	const stretches = Math.max(1, Math.floor(limit / 4));
	const atNs: number[] = [];
	const values: number[] = [];
	const keep = (index: number): void => {
		atNs.push(series.atNs[index] as number);
		values.push(series.values[index] as number);
	};
	for (let stretch = 0; stretch < stretches; stretch += 1) {
		const from = Math.floor((stretch * count) / stretches);
		const to = Math.floor(((stretch + 1) * count) / stretches);
		let lowest = from;
		let highest = from;
		for (let index = from; index < to; index += 1) {
			if ((series.values[index] as number) < (series.values[lowest] as number)) lowest = index;
			if ((series.values[index] as number) > (series.values[highest] as number)) highest = index;
		}
		for (const index of [...new Set([from, lowest, highest, to - 1])].sort((a, b) => a - b))
			keep(index);
	}
	return { atNs, values };
}

/** Entries that a window can show, with one more on either side, so that lines run to the edge. */
export function within(series: Series, window: TimeWindow): Series {
	const first = Math.max(0, indexAt(series.atNs, window.startNs));
	const last = Math.min(series.atNs.length - 1, indexAt(series.atNs, window.endNs) + 1);
	return {
		atNs: series.atNs.slice(first, last + 1),
		values: series.values.slice(first, last + 1)
	};
}

export interface PlotBox {
	readonly window: TimeWindow;
	readonly widthPx: number;
	readonly heightPx: number;
	/** Value at the upper edge; the lower edge is 0. */
	readonly top: number;
}

const indices = (series: Series): number[] => series.atNs.map((_, index) => index);
const round = (value: number): number => Math.round(value * 10) / 10;

export function linePath(series: Series, box: PlotBox): string {
	const seen = thinned(within(series, box.window), box.widthPx * 2);
	return (
		line<number>()
			.curve(curveStepAfter)
			.x((index) => round(toX(box.window, box.widthPx, seen.atNs[index] as number)))
			.y((index) => round(box.heightPx * (1 - (seen.values[index] as number) / box.top)))(
			indices(seen)
		) ?? ''
	);
}

export function areaPath(series: Series, box: PlotBox): string {
	const seen = thinned(within(series, box.window), box.widthPx * 2);
	return (
		area<number>()
			.curve(curveStepAfter)
			.x((index) => round(toX(box.window, box.widthPx, seen.atNs[index] as number)))
			.y0(box.heightPx)
			.y1((index) => round(box.heightPx * (1 - (seen.values[index] as number) / box.top)))(
			indices(seen)
		) ?? ''
	);
}

export interface Brownout {
	readonly startNs: number;
	readonly endNs: number;
	readonly worstPpm: number;
}

/** Stretches in which the guest ran, but slower than it could. A stop is no brownout; it ends one. */
export function brownouts(series: Series, belowPpm = 995_000): Brownout[] {
	const found: Brownout[] = [];
	let startNs = -1;
	let worstPpm = 1_000_000;
	series.atNs.forEach((ns, index) => {
		const value = series.values[index] as number;
		const slow = value > 0 && value < belowPpm;
		if (slow && startNs < 0) {
			startNs = ns;
			worstPpm = value;
		} else if (slow) worstPpm = Math.min(worstPpm, value);
		else if (startNs >= 0) {
			found.push({ startNs, endNs: ns, worstPpm });
			startNs = -1;
		}
	});
	const end = series.atNs.at(-1);
	if (startNs >= 0 && end !== undefined) found.push({ startNs, endNs: end, worstPpm });
	return found;
}
