/**
 * The one requestAnimationFrame of the page. It runs only while somebody listens, and calls the listeners in the order in
 * which they came, all with the same wall time in milliseconds. Nothing else in the project asks for frames.
 */
export type FrameListener = (wallMs: number) => void;

export class FrameClock {
	/** Wall time of the present or last frame, milliseconds. */
	now = 0;
	readonly #listeners = new Set<FrameListener>();
	readonly #request: (callback: (wallMs: number) => void) => number;
	readonly #cancel: (ticket: number) => void;
	#ticket: number | null = null;

	constructor(
		request: (callback: (wallMs: number) => void) => number,
		cancel: (ticket: number) => void
	) {
		this.#request = request;
		this.#cancel = cancel;
	}

	/** Returns the function that ends the subscription. */
	subscribe(listener: FrameListener): () => void {
		this.#listeners.add(listener);
		this.#ask();
		return () => {
			this.#listeners.delete(listener);
			if (this.#listeners.size === 0 && this.#ticket !== null) {
				this.#cancel(this.#ticket);
				this.#ticket = null;
			}
		};
	}

	#ask(): void {
		if (this.#ticket === null && this.#listeners.size > 0)
			this.#ticket = this.#request(this.#frame);
	}

	readonly #frame = (wallMs: number): void => {
		this.#ticket = null;
		this.now = wallMs;
		for (const listener of [...this.#listeners])
			if (this.#listeners.has(listener)) listener(wallMs);
		this.#ask();
	};
}

export const frameClock = new FrameClock(
	(callback) => globalThis.requestAnimationFrame(callback),
	(ticket) => globalThis.cancelAnimationFrame(ticket)
);
