/** How large a figure is drawn: its place divided by the zoom of the page, never below what it needs. */
export class FigureSize {
	/** Of the element around it, as measured. */
	placeWidth: number = $state(1010);
	placeHeight: number = $state(528);
	readonly #scale: () => number;
	readonly #leastWidth: number;
	readonly #leastHeight: () => number;

	constructor(scale: () => number, leastWidth: number, leastHeight: () => number) {
		this.#scale = scale;
		this.#leastWidth = leastWidth;
		this.#leastHeight = leastHeight;
	}

	readonly factor: number = $derived.by(() => Math.max(0.5, this.#scale()));
	readonly width: number = $derived.by(() =>
		Math.max(this.#leastWidth, Math.floor(this.placeWidth / this.factor))
	);
	readonly height: number = $derived.by(() =>
		Math.max(this.#leastHeight(), Math.floor(this.placeHeight / this.factor))
	);
}
