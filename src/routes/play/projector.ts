/** What the whole page needs at its densest, before anything is enlarged. */
const LEAST_WIDTH_PX = 1080;
const LEAST_HEIGHT_PX = 640;
const MOST = 1.75;

/** How much larger everything is drawn for a room: as much as the window has room for, in steps of 5 %. */
export function projectorZoom(widthPx: number, heightPx: number): number {
	const fits = Math.min(widthPx / LEAST_WIDTH_PX, heightPx / LEAST_HEIGHT_PX, MOST);
	return Math.max(1, Math.floor(fits * 20 + 1e-9) / 20);
}
