import type { RunSummary } from '../../engine/contract/queries.ts';
import { phaseBars } from './phases.ts';

/** A settled moment worth looking at, for phones and print: nothing is dragged, one goes from still to still. */
export interface Still {
	readonly atNs: number;
	readonly label: string;
}

const MOST = 9;
/** Where hosts fail there is more to see. */
const MOST_WITH_EVENTS = 14;

/**
 * The start, the middle of every long phase, the end of every stop, what befell hosts, and the end of it all. Long runs with
 * many of these keep the first and the last.
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
	// Several things at one moment are one still, named by the first.
	const events = whole.events ?? [];
	let last = 0;
	for (const { atNs, text } of events) {
		if (atNs - last < untilNs / 1000) continue;
		last = atNs;
		found.push({ atNs, label: text });
	}
	const end = Math.max(...whole.operations.map((operation) => operation.endNs ?? untilNs), 0);
	const over = end > 0 && events.length === 0 ? Math.min(end, untilNs) : untilNs;
	found.push({ atNs: over, label: 'at the end' });
	const sorted = found.sort((a, b) => a.atNs - b.atNs);
	const most = events.length > 0 ? MOST_WITH_EVENTS : MOST;
	if (sorted.length <= most) return sorted;
	const firsts = Math.ceil(most / 2);
	return [...sorted.slice(0, firsts), ...sorted.slice(-(most - firsts))];
}

/** The still at or before a moment. */
export function stillAt(list: readonly Still[], ns: number): number {
	let at = 0;
	list.forEach((still, index) => {
		if (still.atNs <= ns) at = index;
	});
	return at;
}
