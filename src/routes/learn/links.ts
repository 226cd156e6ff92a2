import { encodeLink, PLAIN_VIEW } from '$lib/client/permalink.ts';
import type { JournalEntry } from '$lib/engine/contract/commands.ts';
import { MODEL_VERSION } from '$lib/engine/contract/port.ts';

/** One world of a lesson as a link carries it: its orders are in the scenario's own journal. */
export interface LessonWorld {
	readonly scenario: { readonly journal: readonly unknown[] };
	readonly belief?: string | null;
}

/** Address in the sandbox of a lesson's worlds at a moment; `root` is where the site lives. */
export async function playHref(
	root: string,
	worlds: readonly LessonWorld[],
	positionNs = 0
): Promise<string> {
	const fragment = await encodeLink({
		worlds: worlds.map((world) => ({
			scenario: world.scenario,
			journal: world.scenario.journal as readonly JournalEntry[],
			belief: world.belief ?? null
		})),
		positionNs,
		view: { ...PLAIN_VIEW, compare: worlds.length > 1 },
		fingerprints: worlds.map(() => null),
		modelVersion: MODEL_VERSION
	});
	return `${root}play/#${fragment}`;
}
