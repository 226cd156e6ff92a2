import { pointer, select } from 'd3-selection';
import { zoom as d3zoom, zoomIdentity, type D3ZoomEvent } from 'd3-zoom';
import type { Point } from '../geometry/box.ts';

/** How many times larger a figure is drawn than what its window shows, and where the window's corner stands in it. */
export interface Magnified {
	readonly factor: number;
	readonly shift: Point;
}
export const UNMAGNIFIED: Magnified = { factor: 1, shift: { x: 0, y: 0 } };

export interface MagnifyOptions {
	readonly now: Magnified;
	readonly most: number;
	/** The wheel alone magnifies; else only with Ctrl or ⌘, so that a page that scrolls goes on scrolling. */
	readonly plainWheel: boolean;
	/** Pixels of the page per pixel of the figure. */
	readonly scale: number;
	/** Nothing that takes a drag for itself lies there. */
	readonly isFree: (at: Point) => boolean;
	/** `at`: where the pointer, or the middle of two fingers, is in the window. */
	readonly onmagnify: (factor: number, at: Point) => void;
	readonly onpan: (shift: Point) => void;
}

/**
 * Wheel, pinch and drag on a figure (d3-zoom). The caller lays the figure out anew for each factor and says where the window
 * stands afterwards: what is under the pointer stays there although nothing is merely stretched.
 */
export function magnify(
	element: HTMLElement,
	options: MagnifyOptions
): { update(options: MagnifyOptions): void; destroy(): void } {
	let current = options;
	const selection = select<HTMLElement, unknown>(element);
	const behaviour = d3zoom<HTMLElement, unknown>()
		.filter((event: WheelEvent & TouchEvent & MouseEvent) => {
			if (event.type === 'wheel') return current.plainWheel || event.ctrlKey || event.metaKey;
			if (current.most <= 1) return false;
			if (event.type.startsWith('touch')) return event.touches.length > 1 || current.now.factor > 1;
			if (event.type !== 'mousedown' || current.now.factor <= 1 || event.button !== 0) return false;
			const [x, y] = pointer(event, element);
			return current.isFree({ x: x / current.scale, y: y / current.scale });
		})
		.on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
			if (!event.sourceEvent) return;
			const { k, x, y } = event.transform;
			const { scale, now } = current;
			if (k === now.factor) {
				current.onpan({ x: -x / scale, y: -y / scale });
				return;
			}
			const [px, py] = middleOf(event.sourceEvent as MouseEvent | TouchEvent, element);
			current.onmagnify(k, { x: px / scale, y: py / scale });
		});

	function apply(): void {
		const { factor, shift } = current.now;
		behaviour.scaleExtent([1, Math.max(1, current.most)]);
		selection.property(
			'__zoom',
			zoomIdentity.translate(-shift.x * current.scale, -shift.y * current.scale).scale(factor)
		);
	}

	// What double clicks mean is the figure's own.
	selection.call(behaviour).on('dblclick.zoom', null);
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

function middleOf(event: MouseEvent | TouchEvent, element: HTMLElement): [number, number] {
	const touches = 'touches' in event ? [...event.touches] : [];
	if (touches.length === 0) return pointer(event, element);
	const points = touches.map((touch) => pointer(touch, element));
	const sum = points.reduce((one, other) => [one[0] + other[0], one[1] + other[1]]);
	return [sum[0] / points.length, sum[1] / points.length];
}
