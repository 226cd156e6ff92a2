/**
 * Keys of a time axis: how far each goes, and where presses lead that come faster than the engine can follow. Each press
 * begins where the one before it wanted to be.
 */
const PARTS: Readonly<Record<string, number>> = {
	ArrowLeft: -0.01,
	ArrowRight: 0.01,
	PageDown: 0.1,
	PageUp: -0.1
};

export class TimeKeys {
	#aimNs: number | null = null;
	readonly #goTo: (ns: number) => Promise<void>;

	constructor(goTo: (ns: number) => Promise<void>) {
		this.#goTo = goTo;
	}

	/** True when the key means a moment. `nowNs` is what the page shows, `untilNs` the end of the axis. */
	press(key: string, nowNs: number, untilNs: number): boolean {
		const part = PARTS[key];
		if (part !== undefined)
			void this.#go((this.#aimNs ?? nowNs) + Math.round(part * untilNs), untilNs);
		else if (key === 'Home') void this.#go(0, untilNs);
		else if (key === 'End') void this.#go(untilNs, untilNs);
		else return false;
		return true;
	}

	async #go(ns: number, untilNs: number): Promise<void> {
		const aim = Math.min(untilNs, Math.max(0, ns));
		this.#aimNs = aim;
		await this.#goTo(aim);
		if (this.#aimNs === aim) this.#aimNs = null;
	}
}
