import { area, curveLinear, curveMonotoneX, line, scaleLinear, type ScaleLinear } from 'd3';
import { valueAt, type BetAxes, type BetPoint } from '$lib/lessons/bet.ts';
import { GIB, NS_PER_S } from '$lib/base/units.ts';

/** One pair of axes for the bet and for what happened: the same places for the same numbers. */
export interface Plot {
	readonly width: number;
	readonly height: number;
	readonly x: ScaleLinear<number, number>;
	readonly y: ScaleLinear<number, number>;
	readonly timeTicks: readonly { readonly ns: number; readonly label: string }[];
	readonly byteTicks: readonly { readonly bytes: number; readonly label: string }[];
}

export const MARGIN = { left: 50, right: 22, top: 12, bottom: 26 } as const;

export function plotOf(axes: BetAxes, width: number, height: number): Plot {
	const x = scaleLinear(
		[0, axes.untilNs],
		[MARGIN.left, Math.max(MARGIN.left + 10, width - MARGIN.right)]
	);
	const y = scaleLinear(
		[0, axes.topBytes],
		[Math.max(MARGIN.top + 10, height - MARGIN.bottom), MARGIN.top]
	);
	const seconds = axes.untilNs / NS_PER_S;
	const every = width < 420 && seconds > 6 ? 4 : 2;
	const timeTicks = [];
	for (let at = 0; at <= seconds; at += every)
		timeTicks.push({
			ns: at * NS_PER_S,
			label: at + every > seconds ? `${at}\u2009s` : String(at)
		});
	const byteTicks = [];
	const top = Math.floor(axes.topBytes / GIB);
	for (let at = 0; at <= top; at += 1)
		byteTicks.push({ bytes: at * GIB, label: at === top ? `${at}\u2009GiB` : String(at) });
	return { width, height, x, y, timeTicks, byteTicks };
}

export function linePath(plot: Plot, points: readonly BetPoint[], smooth = true): string {
	return (
		line<BetPoint>()
			.x((point) => plot.x(point.ns))
			.y((point) => plot.y(point.bytes))
			.curve(smooth ? curveMonotoneX : curveLinear)([...points]) ?? ''
	);
}

/**
 * As many of a course's points as can be told apart: the engine samples every 25 ms and sends in slices of 50, so that
 * neighbouring samples stand on different teeth of one saw.
 */
export function thinned(points: readonly BetPoint[], leastNs: number): readonly BetPoint[] {
	let last = -Infinity;
	return points.filter((point, index) => {
		const before = points[index - 1];
		const leap =
			before !== undefined && Math.abs(point.bytes - before.bytes) > 0.05 * (points[0]?.bytes ?? 0);
		if (point.ns - last < leastNs && !leap && index !== points.length - 1) return false;
		last = point.ns;
		return true;
	});
}

/** What lies between two lines, as far as both go. */
export function betweenPath(
	plot: Plot,
	one: readonly BetPoint[],
	other: readonly BetPoint[]
): string {
	const end = Math.min(one.at(-1)?.ns ?? 0, other.at(-1)?.ns ?? 0);
	const moments = [...new Set([...one, ...other].map((point) => point.ns))]
		.filter((ns) => ns <= end)
		.sort((a, b) => a - b);
	if (moments.length < 2) return '';
	return (
		area<number>()
			.x((ns) => plot.x(ns))
			.y0((ns) => plot.y(valueAt(one, ns)))
			.y1((ns) => plot.y(valueAt(other, ns)))(moments) ?? ''
	);
}

export interface Label {
	readonly id: string;
	readonly text: string;
	readonly x: number;
	readonly y: number;
	readonly anchor: 'start' | 'middle' | 'end';
}

export interface LabelWish {
	readonly id: string;
	readonly text: string;
	/** Places in order of preference. */
	readonly places: readonly Omit<Label, 'id' | 'text'>[];
}

const CHARACTER = 6.6;
const LINE = 15;

function boxOf(label: Label): { x0: number; x1: number; y0: number; y1: number } {
	const width = label.text.length * CHARACTER;
	const x0 =
		label.anchor === 'start'
			? label.x
			: label.anchor === 'end'
				? label.x - width
				: label.x - width / 2;
	return { x0, x1: x0 + width, y0: label.y - LINE + 3, y1: label.y + 4 };
}

/** Names at the lines: each takes its first place that hides no other name, keeps off the lines, and lies inside. */
export function placeLabels(
	plot: Plot,
	wishes: readonly LabelWish[],
	lines: readonly (readonly BetPoint[])[]
): readonly Label[] {
	const taken: ReturnType<typeof boxOf>[] = [];
	const placed: Label[] = [];
	for (const wish of wishes) {
		let best: { label: Label; cost: number } | null = null;
		for (const [rank, place] of wish.places.entries()) {
			const label: Label = { id: wish.id, text: wish.text, ...place };
			const box = boxOf(label);
			let cost = rank * 0.2;
			if (box.x0 < MARGIN.left || box.x1 > plot.width) cost += 30;
			if (box.y0 < 0 || box.y1 > plot.height - MARGIN.bottom + 2) cost += 30;
			for (const other of taken)
				if (
					box.x0 < other.x1 + 6 &&
					box.x1 > other.x0 - 6 &&
					box.y0 < other.y1 &&
					box.y1 > other.y0
				)
					cost += 12;
			for (const points of lines) {
				const end = points.at(-1)?.ns ?? 0;
				for (let share = 0; share <= 1; share += 0.1) {
					const ns = plot.x.invert(box.x0 + (box.x1 - box.x0) * share);
					if (ns < 0 || ns > end) continue;
					const y = plot.y(valueAt(points, ns));
					if (y > box.y0 - 2 && y < box.y1 + 2) cost += 1;
				}
			}
			if (best === null || cost < best.cost) best = { label, cost };
		}
		if (best === null) continue;
		placed.push(best.label);
		taken.push(boxOf(best.label));
	}
	return placed;
}
