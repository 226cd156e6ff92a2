import {
	FAILURE_IDS,
	GRAINS,
	MOST_DEPTH,
	VARIES,
	type FailureId,
	type Grain,
	type Vary
} from '$lib/engine/contract/explore/words.ts';
import type { ExplorePage, Mode } from './explore-page.svelte.ts';

/** The question in the address, beside the run: a link asks again what was asked. */
export function questionText(page: ExplorePage): string {
	const words = new URLSearchParams({
		lost: page.failure,
		futures: page.mode,
		steps: String(page.depth),
		at: page.grain,
		vary: page.vary.join('.')
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
	const depth = Number(words.get('steps'));
	if (Number.isInteger(depth) && depth >= 1 && depth <= MOST_DEPTH) page.depth = depth;
	const grain = words.get('at');
	if (grain !== null && Object.hasOwn(GRAINS, grain)) page.grain = grain as Grain;
	const vary = words.get('vary')?.split('.') ?? [];
	if (vary.length > 0 && vary.every((one) => Object.hasOwn(VARIES, one)))
		page.vary = vary as Vary[];
	return true;
}
