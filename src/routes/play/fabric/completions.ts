import type { ConsoleCompletions } from '$lib/engine/contract/console.ts';

/** One more word of the first known line that begins so: what was typed before, newest first, then the examples. */
export function fabricCompletions(
	line: string,
	history: readonly string[],
	examples: readonly string[]
): ConsoleCompletions {
	const known = [...history.toReversed(), ...examples];
	const found = known.find((one) => one.startsWith(line) && one !== line);
	if (found === undefined) return { candidates: [], explained: null };
	const next = found.indexOf(' ', line.length + 1);
	const to = next < 0 ? found : found.slice(0, next + 1);
	const word = to.slice(line.lastIndexOf(' ') + 1).trimEnd();
	return { candidates: [{ line: to, word, sentence: '' }], explained: null };
}
