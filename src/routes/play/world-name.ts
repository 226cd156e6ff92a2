import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { strategyName, strategyOf } from '$lib/viz/compare/other-mover.ts';

/** What a world is called on its tab. */
export function worldName(journal: readonly JournalEntry[], count: number, index: number): string {
	if (count < 2) return 'main';
	const strategy = strategyOf(journal);
	return strategy === null ? (index === 0 ? 'main' : `world ${index + 1}`) : strategyName(strategy);
}
