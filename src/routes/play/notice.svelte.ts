/** Long enough to read: a while for looking up, and some for each character. */
const LOOK_MS = 4000;
const CHARACTER_MS = 60;

/**
 * One short message that leaves by itself: after its time on the frame clock, with the next action, or with Esc. It takes no
 * focus, and stays as long as the pointer or the focus is on it.
 */
export class Notice {
	text: string | null = $state(null);
	/** The pointer or the focus is on it. */
	held = false;
	#untilMs = 0;

	say(text: string, nowMs: number): void {
		this.text = text;
		this.#untilMs = nowMs + LOOK_MS + text.length * CHARACTER_MS;
	}

	/** Once per frame. */
	pass(nowMs: number): void {
		if (this.text !== null && !this.held && nowMs >= this.#untilMs) this.end();
	}

	end(): void {
		this.text = null;
		this.held = false;
	}
}
