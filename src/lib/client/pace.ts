import type { RunSummary } from '../engine/contract/queries.ts';

/** The speed ladder: simulated nanoseconds per wall second, 1 µs … 100 s, one rung per decade (screens: lesson player). */
export const SPEEDS: readonly number[] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11];

/**
 * Slowing by itself. A stretch of the run is given a least wall time, and no chosen speed goes through it faster:
 * the time in which the guest stands still lasts at least 1.5 s on the wall, so that a hand-off of 5 ms can be watched;
 * every other phase lasts at least 0.35 s, so that its name can be read, except rounds after the third, which repeat what
 * was seen. Where stretches overlap the slowest counts.
 */
export interface SlowSpan {
	readonly startNs: number;
	readonly endNs: number;
	readonly wallS: number;
}

const STANDSTILL_WALL_S = 1.5;
const PHASE_WALL_S = 0.35;
const ROUNDS_SHOWN = 3;

export function slowSpans(forecast: RunSummary): SlowSpan[] {
	const spans: SlowSpan[] = [];
	for (const operation of forecast.operations) {
		let rounds = 0;
		for (const { id, startNs, endNs } of operation.phases) {
			if (id === 'round') rounds += 1;
			if (endNs === null || endNs <= startNs || (id === 'round' && rounds > ROUNDS_SHOWN)) continue;
			spans.push({ startNs, endNs, wallS: PHASE_WALL_S });
		}
		const first = operation.downtime[0];
		const last = operation.downtime.at(-1);
		if (first && last && last.endNs !== null && last.endNs > first.startNs)
			spans.push({ startNs: first.startNs, endNs: last.endNs, wallS: STANDSTILL_WALL_S });
	}
	return spans;
}

/** The moment reached from `fromNs` after `wallMs`, at `speed` or slower where a span asks for it. */
export function advancePace(
	fromNs: number,
	wallMs: number,
	speed: number,
	spans: readonly SlowSpan[]
): number {
	let atNs = fromNs;
	let leftS = wallMs / 1000;
	// Each turn uses up the time or passes one end of a span.
	for (let turn = 0; turn <= 2 * spans.length && leftS > 0; turn += 1) {
		let rate = speed;
		let borderNs = Infinity;
		for (const span of spans) {
			if (span.startNs > atNs) borderNs = Math.min(borderNs, span.startNs);
			else if (span.endNs > atNs) {
				borderNs = Math.min(borderNs, span.endNs);
				rate = Math.min(rate, (span.endNs - span.startNs) / span.wallS);
			}
		}
		const reachedNs = atNs + rate * leftS;
		if (reachedNs <= borderNs) return reachedNs;
		leftS -= (borderNs - atNs) / rate;
		atNs = borderNs;
	}
	return atNs;
}

/**
 * Moments at which play stops for a picture lie on a decimal grid of at most a five-hundredth of a wall second: a run
 * paused by hand has a short time in its link and is found again by reading it out.
 */
export function onGrid(ns: number, speed: number): number {
	let grid = 1;
	while (grid * 10 <= speed / 500) grid *= 10;
	return Math.floor(ns / grid) * grid;
}

const WISHED_SLICE_MS = 8;
/** One event may be a batch of 512 pages or a timer: costs differ a thousandfold. */
const MOST_EVENTS = 20_000;
/** Fewer would cost more in messages than in work, and a busy machine would teach slices to shrink to nothing. */
const LEAST_EVENTS = 16;
/** Shorter than that nothing can be told. */
const SHORTEST_MS = 0.5;

/**
 * Events that fit into a slice of about 8 ms, learnt from the slices before: down at once, up by at most a factor of two a
 * slice, because cheap events say nothing about the dear ones behind them. Results do not depend on it (decision D9).
 */
export class SliceBudget {
	private eventsPerMs = 2;

	get events(): number {
		const wished = Math.round(this.eventsPerMs * WISHED_SLICE_MS);
		return Math.min(MOST_EVENTS, Math.max(LEAST_EVENTS, wished));
	}

	learn(events: number, wallMs: number): void {
		if (events < 1) return;
		const measured = events / Math.max(SHORTEST_MS, wallMs);
		// A short slice that looks slow had little to do; one that looks fast is at least that fast.
		if (wallMs < SHORTEST_MS && measured < this.eventsPerMs) return;
		this.eventsPerMs = Math.min(measured, this.eventsPerMs * 2);
	}
}
