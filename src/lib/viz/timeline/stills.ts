import type { RunSummary } from '../../engine/contract/queries.ts';
import { phaseBars } from './phases.ts';

/** A settled moment worth looking at, for phones and print: nothing is dragged, one goes from still to still. */
export interface Still {
	readonly atNs: number;
	readonly label: string;
}

const MOST = 9;

/**
 * The start, the middle of every long phase, the end of every stop, and the end of it all. Long runs with many rounds keep
 * the first and the last.
 */
export function stills(course: RunSummary, forecast: RunSummary | null, untilNs: number): Still[] {
	const whole = forecast && forecast.nowNs > course.nowNs ? forecast : course;
	const bars = phaseBars(whole, null, whole.nowNs, untilNs);
	const found: Still[] = [{ atNs: 0, label: 'at the start' }];
	for (const bar of bars) {
		const long = bar.endNs - bar.startNs;
		const stopped = bar.id === 'handoff' || bar.id === 'switchover';
		found.push({
			atNs: Math.min(
				untilNs,
				Math.round(stopped ? bar.startNs + long * 0.93 : bar.startNs + long / 2)
			),
			label: bar.label
		});
	}
	const end = Math.max(...whole.operations.map((operation) => operation.endNs ?? untilNs), 0);
	found.push({ atNs: end > 0 ? Math.min(end, untilNs) : untilNs, label: 'at the end' });
	const sorted = found.sort((a, b) => a.atNs - b.atNs);
	if (sorted.length <= MOST) return sorted;
	const firsts = Math.ceil(MOST / 2);
	return [...sorted.slice(0, firsts), ...sorted.slice(-(MOST - firsts))];
}

/** The still at or before a moment. */
export function stillAt(list: readonly Still[], ns: number): number {
	let at = 0;
	list.forEach((still, index) => {
		if (still.atNs <= ns) at = index;
	});
	return at;
}
