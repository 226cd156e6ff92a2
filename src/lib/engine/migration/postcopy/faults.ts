import { transferNs } from '../../../base/units.ts';
import { clearDirty } from '../../hypervisor/dirty-log.ts';
import { nextLookNs } from '../../hypervisor/ahead.ts';
import { catchUp, writePage } from '../../hypervisor/guest.ts';
import { isMissing } from '../../hypervisor/missing.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { FetchRecord, OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName, vmOf } from '../operation.ts';
import { pageWireBytes, placePage } from '../stream.ts';
import { endFetch } from './over.ts';
import { placeAgain } from './planted.ts';
import { faultNs, wireRate } from './rate.ts';

/**
 * A vCPU of the target reaches a page that is not there (QEMU 10.2.2 migration/postcopy-ram.c: userfaultfd, request, placement,
 * wake). It waits, the others run on; the fewer of them are left, the fewer pages the guest can ask for.
 */

/** An event of the guest that runs without all of its memory: `what` 0 looks at it, 1 is an arrival. */
export function runFetch(world: World, operation: OperationRecord, what: number): void {
	const vm = vmOf(world, operation);
	const { fetch } = vm;
	if (!fetch || fetch.operation !== operation.id || fetch.gone) return;
	if (what === 1) arrive(world, operation, vm, fetch);
	else if (fetch.lookNs === world.r.nowNs) look(world, operation, vm, fetch);
}

/** Who has just begun to wait is asked for; then the time of the next write that has nowhere to go. */
function look(world: World, operation: OperationRecord, vm: VmRecord, fetch: FetchRecord): void {
	catchUp(world, operation.vm);
	ask(world, operation, vm, fetch);
	// The speed follows who waits. Not to be looked at again for that: this is the look.
	refreshSpeed(world, vm);
	if (fetch.waiting.length >= vm.vcpus && fetch.allSinceNs < 0) fetch.allSinceNs = world.r.nowNs;
	fetch.lookNs = nextLookNs(world, vm);
	if (fetch.lookNs >= 0) schedule(world, fetch.lookNs, EventKind.fetch, operation.id, 0);
}

/** Requests for the pages that somebody waits for. A broken stream takes none: they go out when it is recovered. */
export function ask(world: World, operation: OperationRecord, vm: VmRecord, fetch: FetchRecord): void {
	if (fetch.broken) return;
	for (const { gfn } of fetch.waiting) {
		const first = gfn - (gfn % fetch.unitPages);
		if (fetch.requests.some((request) => request.gfn === first)) continue;
		const bytes = fetch.unitPages * pageWireBytes(world);
		// Requested pages overtake the background, not each other.
		const freeNs = Math.max(fetch.urgentFreeNs, world.r.nowNs) + transferNs(bytes, wireRate(world, operation));
		fetch.urgentFreeNs = freeNs;
		const lastsNs = Math.max(faultNs(world, operation, fetch.unitPages), freeNs - world.r.nowNs);
		// The source takes it out of its bitmap, and its scan goes on behind it (QEMU 10.2.2 migration/ram.c, get_queued_page).
		for (let page = first; page < first + fetch.unitPages; page += 1) clearDirty(world, vm, page);
		operation.dirtyPages -= fetch.unitPages;
		operation.cursor = first + fetch.unitPages < vm.pageCount ? first + fetch.unitPages : 0;
		operation.networkBytes += bytes;
		fetch.urgentBytes += bytes;
		fetch.requested += 1;
		fetch.requests.push({ gfn: first, arriveNs: world.r.nowNs + lastsNs });
		schedule(world, world.r.nowNs + lastsNs, EventKind.fetch, operation.id, 1);
		// The first, the second, the fourth, the eighth …: a record of each would tell no more.
		if ((fetch.requested & (fetch.requested - 1)) !== 0) continue;
		emit(world, {
			kind: 'stall',
			rule: 'postcopy-fault',
			cause: operation.phaseCauseSeq,
			vm: vm.id,
			operation: operation.id,
			host: hostName(world, operation.target),
			values: { gfn, requests: fetch.requested, waiting: fetch.waiting.length, lastsNs },
			text: `fault ${fetch.requested}: a vCPU needs page ${gfn}, which is still on ${hostName(world, operation.source)}`
		});
	}
}

/** Pages that were asked for are placed. */
function arrive(world: World, operation: OperationRecord, vm: VmRecord, fetch: FetchRecord): void {
	const { nowNs } = world.r;
	const here = fetch.requests.filter((request) => request.arriveNs <= nowNs);
	if (here.length === 0) return;
	catchUp(world, operation.vm);
	fetch.requests = fetch.requests.filter((request) => request.arriveNs > nowNs);
	for (const { gfn } of here)
		for (let page = gfn; page < gfn + fetch.unitPages; page += 1) if (isMissing(world, vm, page)) placePage(world, operation, vm, page);
	operation.pagesMoved = vm.pageCount - operation.dirtyPages;
	wake(world, operation, vm, fetch);
	if (operation.dirtyPages === 0 && fetch.requests.length === 0 && operation.batch === null) endFetch(world, operation);
}

/** Who waited for a page that is here now goes on: its write lands. */
export function wake(world: World, operation: OperationRecord, vm: VmRecord, fetch: FetchRecord): void {
	const { nowNs } = world.r;
	const going = fetch.waiting.filter(({ gfn }) => !isMissing(world, vm, gfn));
	if (going.length === 0) return;
	fetch.waiting = fetch.waiting.filter(({ gfn }) => isMissing(world, vm, gfn));
	for (const { gfn, sinceNs } of going) {
		writePage(world, operation.vm, vm, gfn, operation, nowNs);
		note(fetch, nowNs - sinceNs);
	}
	if (fetch.allSinceNs >= 0 && fetch.waiting.length < vm.vcpus) {
		fetch.blockedNs += nowNs - fetch.allSinceNs;
		fetch.allSinceNs = -1;
	}
	placeAgain(world, operation, vm, going[0]?.gfn ?? 0);
	refreshSpeed(world, vm);
}

/** One fault is over: sums and the distribution by powers of two of microseconds. */
function note(fetch: FetchRecord, lastedNs: number): void {
	fetch.vcpuBlockedNs += lastedNs;
	fetch.latencySumNs += lastedNs;
	let bucket = 0;
	for (let us = Math.floor(lastedNs / 1000); us > 1; us = Math.floor(us / 2)) bucket += 1;
	while (fetch.latencyCounts.length <= bucket) fetch.latencyCounts.push(0);
	fetch.latencyCounts[bucket] = (fetch.latencyCounts[bucket] as number) + 1;
}
