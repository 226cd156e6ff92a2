import { emit } from '../../sim/trace.ts';
import { freePages } from '../buddy.ts';
import { osRecord } from '../os/os.ts';
import { nodeOf, type Walk } from './sweep.ts';
import type { Watermarks } from './watermarks.ts';

/** What a walk does when every zone of its list is at its mark: kswapd, then direct reclaim (Linux 7.2.13 mm/vmscan.c). */

/** SWAP_CLUSTER_MAX: what one round of direct reclaim is after. */
const RECLAIM_PAGES = 32;

/** Pages that kswapd goes after in one round (our simplification; Linux: the sum of its zones' HIGH marks, by priority). */
const KSWAPD_ROUND = 512;

/** MAX_RECLAIM_RETRIES: after so many runs without a page kswapd of a node is not woken any more, until reclaim frees one. */
const MOST_FAILURES = 16;
const hopeless = (node: number): string => `kswapd-failures:${node}`;

function tellSuccess(of: Walk, node: number, success: boolean): void {
	const { counters } = osRecord(of.world, of.request.os);
	if (success) delete counters[hopeless(node)];
	else counters[hopeless(node)] = (counters[hopeless(node)] ?? 0) + 1;
}

/** wake_all_kswapds, and what kswapd then does: reclaim until one eligible zone of the node is above HIGH. */
export function wakeKswapd(of: Walk): void {
	const { world, request } = of;
	const record = osRecord(world, request.os);
	for (const node of new Set(of.zones.map((zone) => nodeOf(of, zone)))) {
		if ((record.counters[hopeless(node)] ?? 0) >= MOST_FAILURES) continue;
		let freed = 0;
		let short = false;
		while (kswapdShort(of, node) > 0) {
			short = true;
			const round = world.relief.reclaim(world, request.os, node, of.highestRank, KSWAPD_ROUND, 'kswapd');
			freed += round;
			if (round === 0) break;
		}
		if (short) tellSuccess(of, node, freed > 0);
		if (freed > 0)
			emit(world, {
				kind: 'reclaim',
				rule: 'kswapd',
				cause: null,
				host: record.id,
				vm: null,
				values: { node, pages: freed },
				text: `${record.id}: every allowed zone is below LOW; kswapd of node ${node} frees ${freed} pages`
			});
	}
}

/** Pages missing until the node counts as balanced: the least that one of its eligible zones lacks. PROMO under NUMA tiering. */
function kswapdShort(of: Walk, node: number): number {
	const promotes = (osRecord(of.world, of.request.os).settings.numaBalancing & 2) !== 0;
	let least = Infinity;
	for (const [at, zone] of of.zones.entries()) {
		if (nodeOf(of, zone) !== node) continue;
		const marks = of.marks[at] as Watermarks;
		const mark = (promotes ? marks.promo : marks.high) + (marks.reserve[of.reserveAt] ?? 0);
		least = Math.min(least, mark + 1 - freePages(of.world, zone));
	}
	return Number.isFinite(least) ? least : 0;
}

/** One round over the nodes of the list; pages freed. */
export function directReclaim(of: Walk): number {
	const { world, request } = of;
	let freed = 0;
	for (const node of new Set(of.zones.map((zone) => nodeOf(of, zone)))) {
		const here = world.relief.reclaim(world, request.os, node, of.highestRank, Math.max(RECLAIM_PAGES, 1 << of.order), 'direct');
		if (here > 0) tellSuccess(of, node, true);
		freed += here;
		if (freed >= RECLAIM_PAGES) break;
	}
	return freed;
}
