import { BLOCK_BYTES, PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { BackingPages } from '../../contract/vdpa/figures.ts';
import type { Pages, Queues } from '../ports.ts';

/** Pages and queues of no world: one run for each section, nothing to let go. `cold`: nobody has touched them yet. */
export function paperPages(cold: boolean, pages: BackingPages): Pages {
	/** Rings are less than a huge page. */
	const hugeIn = (bytes: number): number => (pages === 'thp' ? Math.floor(bytes / BLOCK_BYTES) * PAGES_PER_BLOCK : 0);
	return {
		pin: (_, bytes) => ({
			ok: true,
			runs: [bytes],
			coldPages: cold ? Math.ceil(bytes / PAGE_BYTES) : 0,
			evictedPages: 0,
			huge: { pages: hugeIn(bytes), coldPages: cold ? hugeIn(bytes) : 0 }
		}),
		unpin: (_, bytes) => hugeIn(bytes),
		runsOf: (_, bytes) => [bytes]
	};
}
export const PAPER_QUEUES: Queues = { start: () => undefined, stop: () => undefined };
