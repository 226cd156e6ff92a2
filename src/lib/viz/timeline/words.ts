import { formatBytesBinary, formatNs, formatPpm, formatRate } from '../../base/format.ts';
import type { RunSummary } from '../../engine/contract/queries.ts';
import { brownouts, indexAt, type Series } from './course.ts';
import type { PhaseBar, StopSpan } from './phases.ts';
import { formatMoment } from './window.ts';

/** The tracks as one text: what screen readers get in place of the drawing. */
export function timelineWords(
	bars: readonly PhaseBar[],
	stops: readonly StopSpan[],
	speed: Series,
	nowNs: number
): string {
	const parts = [`Now ${formatMoment(nowNs)}.`];
	if (bars.length === 0) parts.push('No migration has been ordered.');
	for (const bar of shortened(bars)) parts.push(`${phaseWords(bar)}.`);
	for (const stop of stops) {
		const length = formatNs(stop.endNs - stop.startNs);
		parts.push(
			stop.tense === 'future'
				? `The guest is expected to stop at ${formatMoment(stop.startNs)} for ${length}.`
				: `The guest stopped at ${formatMoment(stop.startNs)}${stop.tense === 'past' ? ` for ${length}` : ''}.`
		);
	}
	const slow = brownouts(speed);
	if (slow.length > 0) {
		const worst = Math.min(...slow.map((one) => one.worstPpm));
		const total = slow.reduce((sum, one) => sum + one.endNs - one.startNs, 0);
		parts.push(`Slower than usual for ${formatNs(total)}, at worst ${formatPpm(worst)}.`);
	}
	return parts.join(' ');
}

/** A pre-copy that never ends has a hundred rounds: the first three and the last tell it. */
function shortened(bars: readonly PhaseBar[]): readonly PhaseBar[] {
	return bars.length <= 9 ? bars : [...bars.slice(0, 4), ...bars.slice(-3)];
}

export function phaseWords(bar: PhaseBar): string {
	const from = formatMoment(bar.startNs);
	if (bar.tense === 'future')
		return `${bar.label}, expected from ${from}${bar.open ? '' : ` to ${formatMoment(bar.endNs)}`}`;
	if (bar.tense === 'now')
		return `${bar.label}, since ${from}${bar.open ? '' : `, expected to last until ${formatMoment(bar.endNs)}`}`;
	return `${bar.label}, ${from} to ${formatMoment(bar.endNs)}`;
}

export interface CourseRow {
	readonly atNs: number;
	readonly cells: readonly string[];
}
export const COURSE_HEADINGS = ['time', 'left to send', 'bandwidth', 'guest speed'] as const;

/** The charts as a table: a row at the start, at each end of a round, at each phase border, and now. */
export function courseRows(course: RunSummary, vmId: string, limit = 40): CourseRow[] {
	const vm = course.vms.find((one) => one.id === vmId);
	if (!vm || vm.atNs.length === 0) return [];
	const moments = new Set<number>([vm.atNs[0] as number, course.nowNs]);
	for (const operation of course.operations)
		if (operation.vm === vmId) {
			for (const round of operation.rounds) moments.add(round.atNs);
			for (const phase of operation.phases) moments.add(phase.startNs);
		}
	const sorted = [...moments].filter((ns) => ns <= course.nowNs).sort((a, b) => a - b);
	const step = Math.ceil(sorted.length / limit);
	return sorted
		.filter((_, index) => index % step === 0 || index === sorted.length - 1)
		.map((atNs) => {
			const index = Math.max(0, indexAt(vm.atNs, atNs));
			return {
				atNs,
				cells: [
					formatBytesBinary(vm.leftBytes[index] as number),
					formatRate(vm.bandwidthBytesPerSecond[index] as number),
					formatPpm(vm.speedPpm[index] as number)
				]
			};
		});
}
