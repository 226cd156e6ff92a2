import {
	ALIKE,
	FAILURE_IDS,
	GRAINS,
	MOST_DEPTH,
	MOST_FUTURES,
	MOST_STATES,
	VARIES,
	type Alike,
	type FailureId,
	type Grain,
	type Vary
} from '$lib/engine/contract/explore/words.ts';
import { storage } from '$lib/client/storage.ts';
import type { ExplorePage, Mode } from './explore-page.svelte.ts';

const KEPT = 'explore-question';
const MOST_DRAWS = 16;

/** The question in the address, beside the run: a link asks again what was asked. */
export function questionText(page: ExplorePage): string {
	const words = new URLSearchParams({
		lost: page.failure,
		futures: page.mode,
		steps: String(page.depth),
		at: page.grain,
		vary: page.vary.join('.'),
		alike: page.alike,
		most: String(page.mostStates),
		limit: String(page.limitMs),
		each: String(page.futures),
		draws: String(page.draws),
		later: page.later
	});
	return `?${words.toString()}`;
}

/** What of it can be read; the rest stays as it is. False where the address asks nothing. */
export function readQuestion(page: ExplorePage, search: string): boolean {
	const words = new URLSearchParams(search);
	const failure = words.get('lost');
	if (failure === null || !FAILURE_IDS.includes(failure as FailureId)) return false;
	page.failure = failure as FailureId;
	const mode = words.get('futures');
	if (mode === 'every' || mode === 'chance') page.mode = mode satisfies Mode;
	const whole = (name: string, least: number, most: number, was: number): number => {
		const text = words.get(name);
		const value = text === null || text === '' ? NaN : Number(text);
		return Number.isInteger(value) && value >= least && value <= most ? value : was;
	};
	page.depth = whole('steps', 1, MOST_DEPTH, page.depth);
	page.mostStates = whole('most', 1, MOST_STATES, page.mostStates);
	page.limitMs = whole('limit', 0, 600_000, page.limitMs);
	page.futures = whole('each', 1, MOST_FUTURES, page.futures);
	page.draws = whole('draws', 0, MOST_DRAWS, page.draws);
	const grain = words.get('at');
	if (grain !== null && Object.hasOwn(GRAINS, grain)) page.grain = grain as Grain;
	const alike = words.get('alike');
	if (alike !== null && Object.hasOwn(ALIKE, alike)) page.alike = alike as Alike;
	const later = words.get('later');
	if (later === 'kept' || later === 'drawn') page.later = later;
	const vary = words
		.get('vary')
		?.split('.')
		.filter((one) => one !== '');
	if (vary?.every((one) => Object.hasOwn(VARIES, one))) page.vary = vary as Vary[];
	return true;
}

/** The last question that was asked here: whoever goes to a run and comes back asks it again. */
export const keepQuestion = (page: ExplorePage): boolean => storage.write(KEPT, questionText(page));

export function lastQuestion(): string {
	const text = storage.read(KEPT);
	return typeof text === 'string' ? text : '';
}
