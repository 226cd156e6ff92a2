import { formatBytesBinary, formatNumber } from '$lib/base/format.ts';
import type { SearchAnswer } from '$lib/engine/contract/explore/request.ts';

/** One thing or several. */
export const counted = (count: number, word: string): string =>
	`${formatNumber(count)} ${word}${count === 1 ? '' : 's'}`;

/** What a search that ended may claim: never more than it looked at. */
export function stoppedWords(answer: SearchAnswer): string {
	const depth = counted(answer.depthComplete, 'step');
	const kept = `kept ${formatNumber(answer.states)} states, depth ${answer.depthComplete} complete`;
	if (answer.stopped === 'states')
		return `No room for more: ${kept} (${formatBytesBinary(answer.bytes)}).`;
	if (!answer.done) return `Stopped: ${kept}.`;
	if (answer.loss === null) return `No loss found: none up to ${depth} ahead.`;
	return `Complete up to ${depth} ahead.`;
}
