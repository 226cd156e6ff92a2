import { select } from 'd3-selection';
import { zoom as d3zoom, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';
import type { Behaviour } from './scrub.ts';
import { SMALLEST_WINDOW_NS, type TimeWindow } from './window.ts';

export interface ZoomOptions {
	readonly limits: TimeWindow;
	readonly window: TimeWindow;
	readonly widthPx: number;
	readonly onzoom: (window: TimeWindow) => void;
}

/**
 * Wheel and pinch zoom a track around the pointer (d3-zoom). Dragging stays with the scrubber, double click resets. What is
 * shown lies with the caller: `update` tells the behaviour where a brush or a key has taken it.
 */
export function zoom(element: Element, options: ZoomOptions): Behaviour<ZoomOptions> {
	let current = options;
	const whole = (): number => current.limits.endNs - current.limits.startNs;
	const selection = select(element);
	const behaviour = d3zoom<Element, unknown>()
		.filter((event: Event) => event.type === 'wheel' || event.type.startsWith('touch'))
		.on('zoom', (event: D3ZoomEvent<Element, unknown>) => {
			if (!event.sourceEvent) return;
			const { k, x } = event.transform;
			const span = whole() / k;
			const startNs = current.limits.startNs + (-x / k / current.widthPx) * whole();
			current.onzoom({ startNs, endNs: startNs + span });
		});

	function apply(): void {
		const span = current.window.endNs - current.window.startNs;
		const k = whole() / span;
		const x = (-(current.window.startNs - current.limits.startNs) / span) * current.widthPx;
		behaviour
			.extent([
				[0, 0],
				[current.widthPx, 1]
			])
			.translateExtent([
				[0, 0],
				[current.widthPx, 1]
			])
			.scaleExtent([1, Math.max(1, whole() / SMALLEST_WINDOW_NS)]);
		selection.property('__zoom', zoomIdentity.translate(x, 0).scale(k));
	}

	selection.call(behaviour).on('dblclick.zoom', () => current.onzoom(current.limits));
	apply();
	return {
		update(next) {
			current = next;
			apply();
		},
		destroy() {
			selection.on('.zoom', null);
		}
	};
}
