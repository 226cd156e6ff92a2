import { frameClock } from '../../frame/frame-clock.ts';
import type { Box } from '../../geometry/box.ts';
import { WHOLE, type Zoom } from '../../interact/zoom.ts';

const OPENING_MS = 240;

/** How far one has looked in, and how far the wedge has opened: 240 ms of wall time, a cut when motion is off. */
export class Zooming {
	zoom: Zoom = $state.raw(WHOLE);
	/** 0 … 1; 1 = open. */
	opening = $state(1);
	from: Box | null = $state.raw(null);
	#leave: (() => void) | null = null;

	go(next: Zoom, from: Box, reducedMotion: boolean): void {
		const deeper =
			next.level !== 'memory' && (this.zoom.level === 'memory' || next.level === 'pages');
		this.stop();
		this.zoom = next;
		this.from = from;
		this.opening = deeper && !reducedMotion ? 0 : 1;
		if (this.opening === 1) return;
		let began: number | null = null;
		this.#leave = frameClock.subscribe((wallMs) => {
			began ??= wallMs;
			this.opening = Math.min(1, (wallMs - began) / OPENING_MS);
			if (this.opening >= 1) this.stop();
		});
	}

	stop(): void {
		this.#leave?.();
		this.#leave = null;
	}
}
