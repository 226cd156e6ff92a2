import { formatNumber, THIN } from '../../base/format.ts';
import { GB, GIB, MIB } from '../../base/units.ts';
import { tickStep } from 'd3-array';
import type { RunSummary } from '../../engine/contract/queries.ts';
import { futureOf, linePath, pastOf, valueAt, type CourseColumn, type Series } from './course.ts';
import { toX, type TimeWindow } from './window.ts';

export interface ChartSpec {
	readonly id: CourseColumn;
	readonly title: string;
	/** Units to choose from, largest first: how much one is, and its name. */
	readonly units: readonly (readonly [number, string])[];
	/** Fixed upper edge, in base units. */
	readonly top?: number;
}

export const CHARTS: readonly ChartSpec[] = [
	{
		id: 'leftBytes',
		title: 'Left to send',
		units: [
			[GIB, 'GiB'],
			[MIB, 'MiB']
		]
	},
	{
		id: 'bandwidthBytesPerSecond',
		title: 'Bandwidth',
		units: [
			[GB, 'GB/s'],
			[1_000_000, 'MB/s']
		]
	},
	{ id: 'speedPpm', title: 'Guest progress', units: [[10_000, '%']], top: 1_000_000 }
];

export interface YTick {
	readonly y: number;
	readonly label: string;
}

/** Three to five lines from 0 up, the unit at the topmost. */
export function yTicks(
	spec: ChartSpec,
	greatest: number,
	heightPx: number
): { top: number; ticks: YTick[] } {
	const highest = Math.max(greatest, 1);
	const [size, unit] = spec.units.find(([one]) => highest >= one) ?? spec.units.at(-1)!;
	const wanted = (spec.top ?? highest) / size;
	const step = spec.top ? wanted / 2 : tickStep(0, wanted, 3);
	const count = Math.max(1, Math.ceil(wanted / step - 1e-9));
	const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
	const top = count * step * size;
	const ticks = Array.from({ length: count + 1 }, (_, index) => ({
		y: heightPx * (1 - index / count),
		label: formatNumber(index * step, digits) + (index === count ? THIN + unit : '')
	}));
	return { top, ticks };
}

export interface ChartLine {
	readonly name: string;
	readonly past: string;
	readonly future: string;
	/** Ends of rounds: where the bitmap was looked at again. */
	readonly dots: readonly { readonly x: number; readonly y: number }[];
	/** Where its name stands; null when it has no past yet. */
	readonly label: { readonly x: number; readonly y: number } | null;
	/** On the line, for its number among many: names would lie over each other. */
	readonly mark: { readonly x: number; readonly y: number } | null;
}

export interface ChartSource {
	readonly name: string;
	readonly course: RunSummary;
	readonly forecast: RunSummary | null;
	readonly vm: string;
}

export interface ChartDrawing {
	readonly top: number;
	readonly ticks: readonly YTick[];
	readonly lines: readonly ChartLine[];
}

/** One small chart: the same axes for every run in it, past solid, future dashed. */
export function chartDrawing(
	spec: ChartSpec,
	sources: readonly ChartSource[],
	window: TimeWindow,
	widthPx: number,
	heightPx: number
): ChartDrawing {
	const parts = sources.map((source) => {
		const nowNs = source.course.nowNs;
		const measured = source.course.vms.find((vm) => vm.id === source.vm);
		const expected = source.forecast?.vms.find((vm) => vm.id === source.vm);
		return {
			source,
			past: pastOf(measured, spec.id, nowNs),
			future: futureOf(expected, spec.id, nowNs, window.endNs)
		};
	});
	const greatest = Math.max(
		0,
		...parts.flatMap((part) => [...greatestOf(part.past), ...greatestOf(part.future)])
	);
	const { top, ticks } = yTicks(spec, greatest, heightPx);
	const box = { window, widthPx, heightPx, top };
	const y = (value: number): number => heightPx * (1 - value / top);
	const lines = parts.map(({ source, past, future }, index): ChartLine => {
		const dots =
			spec.id === 'leftBytes'
				? source.course.operations
						.filter((operation) => operation.vm === source.vm)
						.flatMap((operation) => operation.rounds)
						.map((round) => ({ x: toX(window, widthPx, round.atNs), y: y(round.leftBytes) }))
				: [];
		const others = parts.filter((_, at) => at !== index).map((part) => part.past);
		return {
			name: source.name,
			past: linePath(past, box),
			future: linePath(future, box),
			dots: dots.length <= 40 ? dots : [],
			mark: markPlace(past, future, window, (index + 1) / (parts.length + 1), widthPx, y),
			label: labelPlace(past, others, window, widthPx, y)
		};
	});
	return { top, ticks, lines };
}

/** A place on the line at this share of the window, each run's a little farther on. */
function markPlace(
	past: Series,
	future: Series,
	window: TimeWindow,
	share: number,
	widthPx: number,
	y: (value: number) => number
): { x: number; y: number } | null {
	const ns = window.startNs + (window.endNs - window.startNs) * share * 0.8;
	const from = future.atNs[0];
	const value = valueAt(from !== undefined && ns >= from ? future : past, ns);
	return value === null ? null : { x: toX(window, widthPx, ns), y: y(value) };
}

/** Where a name is farthest from the other lines: above its own line if that is the upper one, below it if not. */
function labelPlace(
	own: Series,
	others: readonly Series[],
	window: TimeWindow,
	widthPx: number,
	y: (value: number) => number
): { x: number; y: number } | null {
	const last = own.atNs.at(-1);
	if (last === undefined) return null;
	const to = Math.min(last, window.endNs);
	let best: { x: number; y: number; apart: number } | null = null;
	for (const share of [0.5, 0.3, 0.7, 0.85, 0.15]) {
		const ns = window.startNs + (to - window.startNs) * share;
		const mine = valueAt(own, ns);
		if (mine === null) continue;
		const rest = others.flatMap((other) => valueAt(other, ns) ?? []);
		const apart = Math.min(Infinity, ...rest.map((value) => Math.abs(y(value) - y(mine))));
		const upper = rest.every((value) => value <= mine);
		if (best === null || apart > best.apart)
			best = { x: toX(window, widthPx, ns), y: y(mine) + (upper ? -6 : 14), apart };
	}
	return best && { x: best.x, y: best.y };
}

function greatestOf(series: Series): number[] {
	let greatest = 0;
	for (const value of series.values) greatest = Math.max(greatest, value);
	return [greatest];
}
