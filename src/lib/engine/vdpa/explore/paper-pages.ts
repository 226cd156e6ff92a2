import { PAGE_BYTES } from '../../../base/units.ts';
import type { Pages, Queues } from '../ports.ts';

/** Pages and queues of no world: one run for each section, nothing to let go. `cold`: nobody has touched them yet. */
export const paperPages = (cold: boolean): Pages => ({
	pin: (_, bytes) => ({ ok: true, runs: [bytes], coldPages: cold ? Math.ceil(bytes / PAGE_BYTES) : 0, evictedPages: 0 }),
	unpin: () => undefined,
	runsOf: (_, bytes) => [bytes]
});
export const PAPER_QUEUES: Queues = { start: () => undefined, stop: () => undefined };
