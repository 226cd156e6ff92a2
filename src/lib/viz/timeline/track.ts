import { formatNs, formatPpm } from '../../base/format.ts';
import type { RunSummary } from '../../engine/contract/queries.ts';
import {
	areaPath,
	brownouts,
	futureOf,
	linePath,
	pastOf,
	withStops,
	type Brownout,
	type Series
} from './course.ts';
import { phaseBars, stopSpans, type PhaseBar, type StopSpan } from './phases.ts';
import type { TrackRow } from './rows.ts';
import { toX, type TimeWindow } from './window.ts';
import { timelineWords } from './words.ts';

/** One run on the common clock. */
export interface Track {
	readonly name: string;
	readonly course: RunSummary;
	readonly forecast: RunSummary | null;
	readonly vm: string;
	/** Ends that were no success: where a migration was refused, failed or cancelled. */
	readonly marks?: readonly { readonly atNs: number; readonly words: string }[];
}

/** What is drawn of a track: everything but the clock, which only moves the border between solid and dashed. */
export interface TrackDrawing {
	readonly track: Track;
	readonly row: TrackRow;
	/** Guest speed, measured and then expected. */
	readonly speed: Series;
	readonly bars: readonly PhaseBar[];
	readonly stops: readonly StopSpan[];
	readonly slow: readonly Brownout[];
	readonly line: string;
	readonly area: string;
}

export function drawTrack(
	track: Track,
	row: TrackRow,
	window: TimeWindow,
	widthPx: number,
	untilNs: number
): TrackDrawing {
	const at = track.course.nowNs;
	const measured = track.course.vms.find((vm) => vm.id === track.vm);
	const expected = track.forecast?.vms.find((vm) => vm.id === track.vm);
	const stops = stopSpans(track.course, track.forecast, at);
	const past = pastOf(measured, 'speedPpm', at);
	const future = futureOf(expected, 'speedPpm', at, untilNs);
	const speed = withStops(
		{ atNs: [...past.atNs, ...future.atNs], values: [...past.values, ...future.values] },
		stops
	);
	const box = { window, widthPx, heightPx: row.speedHeight, top: 1_000_000 };
	return {
		track,
		row,
		speed,
		bars: phaseBars(track.course, track.forecast, at, untilNs),
		stops,
		slow: brownouts(speed),
		line: linePath(speed, box),
		area: areaPath(speed, box)
	};
}

/** The track as text, with what ended badly. */
export function trackWords({ track, bars, stops }: TrackDrawing): string {
	const nowNs = track.course.nowNs;
	const measured = track.course.vms.find((vm) => vm.id === track.vm);
	const marks = (track.marks ?? []).map((mark) => ` ${mark.words}`).join('');
	return timelineWords(bars, stops, pastOf(measured, 'speedPpm', nowNs), nowNs) + marks;
}

export interface SlowLabel {
	readonly text: string;
	readonly x: number;
	readonly past: boolean;
}

const LETTER_PX = 6.1;

/** Words on the speed area where they fit: what was, what is so far, and what is expected. */
export function slowLabels(
	drawing: TrackDrawing,
	window: TimeWindow,
	widthPx: number
): SlowLabel[] {
	const at = drawing.track.course.nowNs;
	return drawing.slow.flatMap((one) =>
		slowPieces(one, at).flatMap(({ fromNs, toNs, text, past }) => {
			const from = Math.max(0, toX(window, widthPx, fromNs));
			const to = Math.min(widthPx, toX(window, widthPx, toNs));
			return to - from < text.length * LETTER_PX + 8 ? [] : [{ text, x: (from + to) / 2, past }];
		})
	);
}

interface SlowPiece {
	readonly fromNs: number;
	readonly toNs: number;
	readonly text: string;
	readonly past: boolean;
}

function slowPieces({ startNs, endNs, worstPpm }: Brownout, nowNs: number): SlowPiece[] {
	const length = formatNs(endNs - startNs);
	if (endNs <= nowNs) {
		const text = `brownout ${length}, down to ${formatPpm(worstPpm)}`;
		return [{ fromNs: startNs, toNs: endNs, text, past: true }];
	}
	if (startNs >= nowNs)
		return [{ fromNs: startNs, toNs: endNs, text: `brownout ${length}`, past: false }];
	const soFar = `brownout ${formatNs(nowNs - startNs)} so far`;
	return [
		{ fromNs: startNs, toNs: nowNs, text: soFar, past: true },
		{ fromNs: nowNs, toNs: endNs, text: `${formatPpm(worstPpm)} at worst`, past: false }
	];
}
