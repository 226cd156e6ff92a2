import { RACE_PAUSE_MS } from '../contract/race.ts';
import type { SuperpagePort } from '../contract/superpage-port.ts';
import { searchAnswer } from '../superpage/answer.ts';
import { MODELS } from '../superpage/models/index.ts';
import { raceHost, raceReport, recoverRacer, rejoinRace, setUpRace } from '../superpage/race.ts';
import type { Model } from '../superpage/search/model.ts';
import { explore, Search } from '../superpage/search/search.ts';

/** `contract/superpage-port.ts` over searches and races. */
export function makeSuperpagePort(): SuperpagePort {
	let model: Model | null = null;
	let search: Search | null = null;
	const of = (): { model: Model; search: Search } => {
		if (!model || !search) throw new Error('no search was begun');
		return { model, search };
	};
	const wordsOf = (buffer: SharedArrayBuffer): BigInt64Array => new BigInt64Array(buffer);
	return {
		begin(id, without) {
			model = MODELS[id].build(without);
			// A search for a violation ends at the first; its statement is what is asked for.
			search = new Search(model, without.length > 0 ? { first: true } : {});
			return search.progress();
		},
		advance(states) {
			of().search.advance(states);
			return of().search.progress();
		},
		found() {
			const { model: asked, search: done } = of();
			const found = done.found();
			// A path among states that are alike is told from a search that tells them apart.
			return searchAnswer(asked, asked.symmetry && found.violations.length > 0 ? explore(asked, { first: true }) : found);
		},
		setUp: (buffer) => setUpRace(wordsOf(buffer)),
		race(buffer, host, hosts, incarnation, protocol) {
			const sleeper = new Int32Array(new SharedArrayBuffer(4));
			const pause = (): void => void (protocol === 'naive-pause' && Atomics.wait(sleeper, 0, 0, RACE_PAUSE_MS));
			return raceHost(wordsOf(buffer), host, { hosts, incarnation, naive: protocol !== 'ours', pause });
		},
		recover(buffer, victim) {
			recoverRacer(wordsOf(buffer), victim);
			return rejoinRace(wordsOf(buffer), victim);
		},
		report: (buffer) => raceReport(wordsOf(buffer))
	};
}
