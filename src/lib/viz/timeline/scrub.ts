/** Drag along a track to go through time. Pointer only; keys belong to the slider that the track also is. */
export interface ScrubOptions {
	/** Position from the left edge of the element, in its own pixels. */
	readonly onscrub: (x: number, phase: 'start' | 'move' | 'end') => void;
}

export interface Behaviour<O> {
	update(options: O): void;
	destroy(): void;
}

export function scrub(
	element: HTMLElement | SVGElement,
	options: ScrubOptions
): Behaviour<ScrubOptions> {
	let current = options;
	let pointer: number | null = null;
	/** In the element's own pixels, also where the page around it is enlarged. */
	const x = (event: PointerEvent): number => {
		const outline = element.getBoundingClientRect();
		const own = element instanceof SVGGraphicsElement ? element.getBBox().width : outline.width;
		return (event.clientX - outline.left) * (outline.width > 0 ? own / outline.width : 1);
	};

	const down = (event: PointerEvent): void => {
		if (event.button !== 0 || pointer !== null) return;
		pointer = event.pointerId;
		element.setPointerCapture(event.pointerId);
		current.onscrub(x(event), 'start');
	};
	const move = (event: PointerEvent): void => {
		if (event.pointerId === pointer) current.onscrub(x(event), 'move');
	};
	const up = (event: PointerEvent): void => {
		if (event.pointerId !== pointer) return;
		pointer = null;
		current.onscrub(x(event), 'end');
	};
	const on = element as HTMLElement;
	on.addEventListener('pointerdown', down);
	on.addEventListener('pointermove', move);
	on.addEventListener('pointerup', up);
	on.addEventListener('pointercancel', up);
	return {
		update(next) {
			current = next;
		},
		destroy() {
			on.removeEventListener('pointerdown', down);
			on.removeEventListener('pointermove', move);
			on.removeEventListener('pointerup', up);
			on.removeEventListener('pointercancel', up);
		}
	};
}
