import { advancePace, onGrid, SPEEDS, type SlowSpan } from './pace.ts';
import { LONGEST_FRAME_MS } from './session-options.ts';

/** Where play has got to, frame by frame. */
export class PlayClock {
	/** With fractions of a nanosecond. */
	targetNs = 0;
	/** The engine has not reached what was wanted of it last. */
	isBehind = false;
	#lastMs: number | null = null;

	/** Wall time since the frame before; a frame that came late does not make the run leap. */
	passedMs(wallMs: number): number {
		const passed = Math.min(LONGEST_FRAME_MS, Math.max(0, wallMs - (this.#lastMs ?? wallMs)));
		this.#lastMs = wallMs;
		return passed;
	}

	start(nowNs: number): void {
		this.targetNs = nowNs;
		this.isBehind = false;
	}

	/** The moment to go to in this frame. An engine that cannot keep up makes the run slower, never coarser. */
	reach(
		passedMs: number,
		nowNs: number,
		untilNs: number,
		speedIndex: number,
		spans: readonly SlowSpan[]
	): number {
		const speed = SPEEDS[speedIndex] ?? 1e9;
		if (!this.isBehind)
			this.targetNs = Math.min(untilNs, advancePace(this.targetNs, passedMs, speed, spans));
		const rate = passedMs > 0 ? ((this.targetNs - nowNs) / passedMs) * 1000 : speed;
		return this.targetNs >= untilNs ? untilNs : onGrid(this.targetNs, Math.min(speed, rate));
	}
}
