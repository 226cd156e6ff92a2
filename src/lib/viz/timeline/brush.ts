import { brushX, type D3BrushEvent } from 'd3-brush';
import { select } from 'd3-selection';
import type { Behaviour } from './scrub.ts';

export interface BrushOptions {
	readonly widthPx: number;
	readonly heightPx: number;
	/** The stretch that was marked, in pixels from the left. */
	readonly onbrush: (fromPx: number, toPx: number) => void;
	readonly onreset: () => void;
}

/** Less than this is a click, not a stretch. */
const LEAST_PX = 4;

/** Marks a stretch on an axis (d3-brush) and lets go of it at once: the zoom that follows is the mark. */
export function brush(element: SVGGElement, options: BrushOptions): Behaviour<BrushOptions> {
	let current = options;
	const selection = select<SVGGElement, unknown>(element);
	const behaviour = brushX<unknown>().on('end', (event: D3BrushEvent<unknown>) => {
		if (!event.sourceEvent || !event.selection) return;
		const [from, to] = event.selection as [number, number];
		selection.call(behaviour.move, null);
		if (to - from >= LEAST_PX) current.onbrush(from, to);
	});
	function apply(): void {
		behaviour.extent([
			[0, 0],
			[current.widthPx, current.heightPx]
		]);
		selection.call(behaviour);
	}
	apply();
	selection.on('dblclick.reset', () => current.onreset());
	return {
		update(next) {
			current = next;
			apply();
		},
		destroy() {
			selection.on('.brush', null).on('dblclick.reset', null);
			selection.selectAll('*').remove();
		}
	};
}
