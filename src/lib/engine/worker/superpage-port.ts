import type { RaceProtocol, RaceReport } from '../contract/race.ts';
import { RACE_PAUSE_MS } from '../contract/race.ts';
import type { SearchAnswer, SearchProgress, SuperpageModelId } from '../contract/superpage-models.ts';
import { searchAnswer } from '../superpage/answer.ts';
import { MODELS } from '../superpage/models/index.ts';
import { raceHost, raceReport, recoverRacer, rejoinRace, setUpRace } from '../superpage/race.ts';
import type { Model } from '../superpage/search/model.ts';
import { explore, Search } from '../superpage/search/search.ts';

/** What a worker does for the page of the super-page: searches in slices, hosts that race, and the judge of a race. */
export function makeSuperpagePort() {
	let model: Model | null = null;
	let search: Search | null = null;
	const of = (): { model: Model; search: Search } => {
		if (!model || !search) throw new Error('no search was begun');
		return { model, search };
	};
	const wordsOf = (buffer: SharedArrayBuffer): BigInt64Array => new BigInt64Array(buffer);
	return {
		begin(id: SuperpageModelId, without: readonly string[]): SearchProgress {
			model = MODELS[id].build(without);
			// A search for a violation ends at the first; its statement is what is asked for.
			search = new Search(model, without.length > 0 || model.coherent === false ? { first: true } : {});
			return search.progress();
		},
		advance(states: number): SearchProgress {
			of().search.advance(states);
			return of().search.progress();
		},
		found(): SearchAnswer {
			const { model: asked, search: done } = of();
			const found = done.found();
			// A path among states that are alike is told from a search that tells them apart.
			return searchAnswer(asked, asked.symmetry && found.violations.length > 0 ? explore(asked, { first: true }) : found);
		},
		setUp: (buffer: SharedArrayBuffer): void => setUpRace(wordsOf(buffer)),
		/** Does not return before the race is over, or this thread is killed. */
		race(buffer: SharedArrayBuffer, host: number, hosts: number, incarnation: number, protocol: RaceProtocol): string {
			const sleeper = new Int32Array(new SharedArrayBuffer(4));
			const pause = (): void => void (protocol === 'naive-pause' && Atomics.wait(sleeper, 0, 0, RACE_PAUSE_MS));
			return raceHost(wordsOf(buffer), host, { hosts, incarnation, naive: protocol !== 'ours', pause });
		},
		/** A killed host is recovered and joins again; its next incarnation. */
		recover(buffer: SharedArrayBuffer, victim: number): number {
			recoverRacer(wordsOf(buffer), victim);
			return rejoinRace(wordsOf(buffer), victim);
		},
		report: (buffer: SharedArrayBuffer): RaceReport => raceReport(wordsOf(buffer))
	};
}
export type SuperpagePort = ReturnType<typeof makeSuperpagePort>;
