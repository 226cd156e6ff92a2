/** Where the focus goes in a grid of `count` cells in rows of `columns`; null when the key means nothing here. */
export function roveGrid(key: string, at: number, columns: number, count: number): number | null {
	const last = count - 1;
	const go = (to: number): number => Math.min(last, Math.max(0, to));
	switch (key) {
		case 'ArrowRight':
			return go(at + 1);
		case 'ArrowLeft':
			return go(at - 1);
		case 'ArrowDown':
			return at + columns <= last ? at + columns : at;
		case 'ArrowUp':
			return at - columns >= 0 ? at - columns : at;
		case 'Home':
			return 0;
		case 'End':
			return last;
		case 'PageDown':
			return go(at + columns * 4);
		case 'PageUp':
			return go(at - columns * 4);
		default:
			return null;
	}
}
