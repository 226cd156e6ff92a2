import { line, scaleLinear, scaleLog } from 'd3';
import {
	headlineComparison,
	type HeadlineCase,
	type HeadlineMethod
} from '$lib/engine/contract/closed-forms/index.ts';
import type { CostTable } from '$lib/engine/contract/costs.ts';

/** Total time or downtime of every method over the dirty rate: geometry only, drawn by DirtyRateChart.svelte. */

export type Measure = 'totalS' | 'downtimeS';

export const TOP_DIRTY_GBPS = 4;
const SAMPLES = 160;
const BOUNDS: Record<Measure, readonly [number, number]> = {
	totalS: [0.001, 1000],
	downtimeS: [0.001, 1]
};

export interface PlotLine {
	readonly id: HeadlineMethod;
	readonly name: string;
	readonly path: string;
	/** Where it stops: at the right edge, or where it never converges. */
	readonly end: { readonly x: number; readonly y: number };
	/** Dirty rate from which on it never ends, if that is in the picture. */
	readonly neverFromGBps: number | null;
	/** Where the name stands, moved apart from its neighbours. */
	readonly labelY: number;
}

export interface DirtyRatePlot {
	readonly lines: readonly PlotLine[];
	readonly xTicks: readonly { readonly x: number; readonly label: string }[];
	readonly yTicks: readonly { readonly y: number; readonly label: string }[];
	readonly x: (dirtyGBps: number) => number;
	readonly y: (seconds: number) => number;
	readonly bottom: number;
	readonly right: number;
}

const NAMES: Partial<Record<HeadlineMethod, string>> = {
	'precopy-tcp100': 'Pre-copy, 100 GbE',
	'precopy-zc100': 'Pre-copy, zero-copy',
	'transit-thp-1': 'Transit, huge pages',
	'transit-4k-1': 'Transit, 4 KiB',
	'transit-thp-4': 'Transit, 4 threads',
	'resident-qemu': 'Resident, QEMU-like',
	'resident-ideal': 'Resident, ideal'
};

const MARGIN = { left: 46, right: 144, top: 20, bottom: 28 };
const LABEL_PX = 14;

function tickText(seconds: number): string {
	if (seconds >= 1) return `${seconds}\u2009s`;
	return `${seconds * 1000}\u2009ms`;
}

/** Moves labels apart, top to bottom, and back up where the last would leave the picture. */
export function spread(wanted: readonly number[], least: number, lowest: number): number[] {
	const order = wanted.map((_, index) => index).sort((a, b) => wanted[a]! - wanted[b]!);
	const places = [...wanted];
	let above = -Infinity;
	for (const index of order) {
		places[index] = Math.max(wanted[index]!, above + least);
		above = places[index]!;
	}
	let below = lowest + least;
	for (const index of order.reverse()) {
		places[index] = Math.min(places[index]!, below - least);
		below = places[index]!;
	}
	return places;
}

export function dirtyRatePlot(
	measure: Measure,
	costs: CostTable,
	guest: HeadlineCase,
	size: { readonly width: number; readonly height: number }
): DirtyRatePlot {
	const [lowS, highS] = BOUNDS[measure];
	const right = Math.max(MARGIN.left + 40, size.width - MARGIN.right);
	const bottom = size.height - MARGIN.bottom;
	const x = scaleLinear([0, TOP_DIRTY_GBPS], [MARGIN.left, right]);
	const y = scaleLog([lowS, highS], [bottom, MARGIN.top]).clamp(true);

	const points = new Map<HeadlineMethod, { x: number; y: number }[]>();
	const never = new Map<HeadlineMethod, number>();
	const names = new Map<HeadlineMethod, string>();
	for (let index = 0; index <= SAMPLES; index += 1) {
		// Not from 0: on a guest that writes nothing the last pass of pre-copy is empty, on any other it is not.
		const dirtyGBps = Math.max(0.01, (TOP_DIRTY_GBPS * index) / SAMPLES);
		for (const row of headlineComparison(costs, { ...guest, dirtyGBps })) {
			names.set(row.id, NAMES[row.id] ?? row.method);
			if (!row.converges) {
				if (!never.has(row.id)) never.set(row.id, row.rateGBps ?? dirtyGBps);
				continue;
			}
			// What lies above the picture leaves it; the last point inside is the end of the line.
			if (row[measure] > highS) continue;
			const list = points.get(row.id) ?? [];
			list.push({ x: x(dirtyGBps), y: y(row[measure]) });
			points.set(row.id, list);
		}
	}

	const draw = line<{ x: number; y: number }>()
		.x((point) => point.x)
		.y((point) => point.y);
	const found = [...points].map(([id, list]) => ({
		id,
		name: names.get(id) ?? id,
		path: draw(list) ?? '',
		end: list.at(-1) ?? { x: right, y: bottom },
		neverFromGBps: never.get(id) ?? null
	}));
	const places = spread(
		found.map((entry) => entry.end.y),
		LABEL_PX,
		bottom
	);
	const decades: number[] = [];
	for (let seconds = lowS; seconds <= highS * 1.001; seconds *= 10)
		decades.push(Number(seconds.toPrecision(1)));
	return {
		lines: found.map((entry, index) => ({ ...entry, labelY: places[index]! })),
		xTicks: [0, 1, 2, 3, 4].map((rate) => ({
			x: x(rate),
			label: rate === TOP_DIRTY_GBPS ? `${rate}\u2009GB/s` : String(rate)
		})),
		yTicks: decades.map((seconds) => ({ y: y(seconds), label: tickText(seconds) })),
		x,
		y,
		bottom,
		right
	};
}
