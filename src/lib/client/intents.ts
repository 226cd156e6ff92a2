/**
 * What somebody wants of the session, one at a time and in order (decision D9: one outstanding call). A seek that has not
 * been reached yet gives way to a newer one directly behind it: dragging a cursor asks far more often than it is answered.
 */
interface Intent {
	readonly kind: string;
	readonly work: () => Promise<void>;
	readonly skip: () => void;
	readonly fail: (error: unknown) => void;
}

/** Kinds of intents after which the worlds stand elsewhere. */
const MOVES: readonly string[] = ['slice', 'step', 'seek', 'send', 'undo', 'redo'];

export class Intents {
	private readonly queue: Intent[] = [];
	private running = false;
	private readonly around: (work: () => Promise<void>) => Promise<void>;
	private readonly background: () => (() => Promise<void>) | null;
	private readonly onchange: () => void;

	/**
	 * @param around runs one piece of work and deals with a lost engine
	 * @param background what to do while nobody wants anything, one bounded piece at a time
	 */
	constructor(
		around: (work: () => Promise<void>) => Promise<void>,
		background: () => (() => Promise<void>) | null,
		onchange: () => void
	) {
		this.around = around;
		this.background = background;
		this.onchange = onchange;
	}

	get isIdle(): boolean {
		return !this.running && this.queue.length === 0;
	}

	has(kind: string): boolean {
		return this.queue.some((intent) => intent.kind === kind);
	}

	/** Something waits that will move the worlds: what holds now will soon be of no use. */
	get isMovingOn(): boolean {
		return this.queue.some((intent) => MOVES.includes(intent.kind));
	}

	/** True for a seek that runs while the next thing wanted is another seek. */
	get isOvertaken(): boolean {
		return this.queue[0]?.kind === 'seek';
	}

	/** Resolves with the work's result; with null when a newer seek took its place, or the session ended. */
	want<T>(kind: string, work: () => Promise<T>): Promise<T | null> {
		return new Promise<T | null>((resolve, reject) => {
			const last = this.queue.at(-1);
			if (kind === 'seek' && last?.kind === 'seek') {
				this.queue.pop();
				last.skip();
			}
			this.queue.push({
				kind,
				work: async () => resolve(await work()),
				skip: () => resolve(null),
				fail: reject
			});
			void this.pump();
		});
	}

	/** Goes on with background work, if there is any. */
	wake(): void {
		void this.pump();
	}

	/** Nothing of what was wanted will happen. */
	clear(): void {
		for (const intent of this.queue.splice(0)) intent.skip();
	}

	private async pump(): Promise<void> {
		if (this.running) return;
		this.running = true;
		this.onchange();
		// Only after the present frame callback: until then the page may be reading.
		await Promise.resolve();
		for (;;) {
			const intent = this.queue.shift();
			const work = intent?.work ?? this.background();
			if (!work) break;
			try {
				await this.around(work);
				// Given up on the way: whoever waits must not wait for ever. Without effect where the work was done.
				intent?.skip();
			} catch (error) {
				if (intent) intent.fail(error);
				else throw error;
			}
		}
		this.running = false;
		this.onchange();
	}
}
