import { untrack } from 'svelte';
import { figureExpressions } from '$lib/lessons/lab/bet.ts';
import { scaled } from '$lib/lessons/lab/run-lab.ts';
import type { LabWhole } from './lab-whole.ts';

interface Sample {
	readonly ns: number;
	/** By world. */
	readonly values: readonly (number | null)[];
}
/** A run is read about this often: a line of steps needs no more. */
const MOST_SAMPLES = 120;

/** One amount along the run, asked of the engine at each picture: in the true world and in the false one. */
export class LabStrip {
	readonly page: LabWhole;
	samples: readonly Sample[] = $state.raw([]);
	#asking = false;
	#session: unknown = null;

	constructor(page: LabWhole) {
		this.page = page;
	}

	/** Called while the page's component is made. */
	start(): void {
		$effect(() => {
			const { session, step } = this.page;
			void session?.turn;
			if (session === null || (step !== 'bet' && step !== 'run' && step !== 'look')) return;
			untrack(() => void this.sample());
		});
	}

	async sample(): Promise<void> {
		const { page } = this;
		const { strip } = page.steps.run;
		const { session } = page;
		if (strip === undefined || session === null || this.#asking) return;
		if (session !== this.#session) this.samples = [];
		this.#session = session;
		const ns = session.nowNs;
		const near = page.untilNs / MOST_SAMPLES;
		if (!page.atEnd && this.samples.some((each) => Math.abs(each.ns - ns) < near)) return;
		if (this.samples.some((each) => each.ns === ns)) return;
		this.#asking = true;
		try {
			const values: (number | null)[] = [];
			for (const index of session.worlds.keys())
				values.push(
					scaled((await page.player.values(index, figureExpressions([strip])))[0], strip)
				);
			// The answer is of the moment at which the engine stands.
			if (this.#session === page.session && session.nowNs === ns)
				this.samples = [...this.samples.filter((each) => each.ns !== ns), { ns, values }].sort(
					(a, b) => a.ns - b.ns
				);
		} catch {
			// Overtaken by something newer: the next picture is asked about again.
		}
		this.#asking = false;
		// What came meanwhile had to wait.
		if (page.session === session && session.nowNs !== ns) await this.sample();
	}

	/** Of one world, up to the moment on the stage. */
	line(world: number): { readonly x: number; readonly value: number }[] {
		const { nowNs } = this.page;
		return this.samples.flatMap(({ ns, values }) => {
			const value = values[world];
			return ns > nowNs || value === null || value === undefined ? [] : [{ x: ns, value }];
		});
	}
}
