import { NS_PER_MS, NS_PER_S, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import { nextDirty } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { vmOf } from '../operation.ts';
import { measure } from '../strategies/precopy.ts';
import { pageWireBytes, sendPages } from '../stream.ts';
import { wake } from './faults.ts';
import { endFetch } from './over.ts';
import { pushRate, wireRate } from './rate.ts';

/**
 * The background stream of post-copy: what was not asked for is sent anyway, in cyclic order from the last page that was
 * (QEMU 10.2.2 migration/ram.c, get_queued_page moves the scan).
 */

/** Pages that arrive at one moment: about a millisecond of the wire, whole blocks of 2 MiB (our simplification). */
const SLICE_NS = NS_PER_MS;

export function planPush(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const fetch = vm.fetch;
	if (!fetch || fetch.broken) return;
	if (operation.dirtyPages === 0) {
		operation.batch = null;
		if (fetch.requests.length === 0) endFetch(world, operation);
		return;
	}
	const { nowNs } = world.r;
	const rate = pushRate(world, operation);
	const wire = pageWireBytes(world);
	const blocks = Math.max(1, Math.floor(((rate / NS_PER_S) * SLICE_NS) / (wire * PAGES_PER_BLOCK)));
	let first = nextDirty(world, vm, operation.cursor);
	if (first < 0) first = Math.max(0, nextDirty(world, vm, 0));
	// Up to the end of a block, so that most of them go whole.
	const pages = Math.min(operation.dirtyPages, blocks * PAGES_PER_BLOCK - (first % PAGES_PER_BLOCK));
	operation.cursor = first;
	const urgentNs = fetch.urgentBytes > 0 ? transferNs(fetch.urgentBytes, wireRate(world, operation)) : 0;
	fetch.urgentBytes = 0;
	const endNs = nowNs + urgentNs + transferNs(pages * wire, rate);
	operation.step = 'push';
	operation.batch = {
		direction: 'stream',
		beginNs: nowNs,
		endNs,
		guestBlock: first >>> 9,
		firstGfn: first,
		pages,
		sourceMemory: (world.r.hosts[operation.source] as { memory: number }).memory,
		targetMemory: (world.r.hosts[operation.target] as { memory: number }).memory,
		sourceBlock: 0,
		targetBlock: 0,
		targets: [],
		whole: false,
		bytes: pages * wire,
		held: [],
		deferred: [],
		causeSeq: operation.phaseCauseSeq,
		passes: 0
	};
	schedule(world, endNs, EventKind.precopy, operation.id, operation.generation);
}

/** The slice has arrived: its pages are placed, who waits for one of them goes on. */
export function endPush(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const planned = operation.batch?.pages ?? 0;
	operation.batch = null;
	sendPages(world, operation, planned);
	measure(world, operation);
	if (vm.fetch) wake(world, operation, vm, vm.fetch);
	planPush(world, operation);
}
