import { stopLog } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { missingPages } from '../../hypervisor/missing.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { dropInstance, foldVm } from '../instances.ts';
import { finish, hostName, vmOf } from '../operation.ts';
import { vacate } from '../residence.ts';

/** The end of post-copy: the last page is placed, or a host takes its half with it. */

/** Nobody waits for pages any more; what it cost stays with the operation. */
function forgetFetch(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const { fetch } = vm;
	if (!fetch) return;
	const { requested, blockedNs, vcpuBlockedNs, latencyCounts, latencySumNs, breaks, lostOnWire } = fetch;
	operation.fetched = { requested, blockedNs, vcpuBlockedNs, latencyCounts, latencySumNs, breaks, lostOnWire };
	delete vm.fetch;
	stopLog(world, vm);
}

/** Nothing is missing any more: the source's process goes (QEMU 10.2.2 migration/migration.c, postcopy completion). */
export function endFetch(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const fetch = vm.fetch;
	const requests = fetch?.requested ?? 0;
	const waitedNs = fetch?.vcpuBlockedNs ?? 0;
	forgetFetch(world, operation);
	refreshSpeed(world, vm);
	dropInstance(world, operation.vm, 1 - vm.running);
	vacate(world, operation, operation.source);
	foldVm(world, operation.vm);
	emit(world, {
		kind: 'final',
		rule: 'postcopy-push',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { requests, waitedNs, pages: vm.pageCount },
		text: `the last page is here; ${requests} ${requests === 1 ? 'was' : 'were'} asked for`
	});
	finish(
		world,
		operation,
		'completed',
		null,
		`${vm.id} has all of its memory on ${hostName(world, operation.target)}; ${hostName(world, operation.source)} has given its pages back`
	);
}

/** One half is gone: the guest cannot go on, here or there. What is lost is marked and told. */
export function loseGuest(world: World, operation: OperationRecord, side: 'source' | 'target'): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const { fetch } = vm;
	if (!fetch) return;
	const dead = hostName(world, side === 'source' ? operation.source : operation.target);
	const pages = side === 'source' ? missingPages(world, vm) : vm.pageCount - missingPages(world, vm);
	const words = `lost: ${pages} pages of ${vm.id} were on ${dead} alone when it died in the middle of post-copy`;
	world.r.marks.push(words);
	emit(world, {
		kind: 'loss',
		rule: 'postcopy-pause',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: dead,
		values: { pages, side },
		text: words
	});
	operation.generation += 1;
	operation.batch = null;
	operation.ending = 'failed';
	if (side === 'target') forgetFetch(world, operation);
	else {
		// It stands where it was, on the pages that had come; those that it misses are named by the bitmap.
		fetch.broken = true;
		fetch.gone = true;
		fetch.requests = [];
		vm.vcpuState = 'stopped';
	}
	dropInstance(world, operation.vm, 1 - vm.running);
	finish(world, operation, 'failed', 'host-lost', `${dead} died with pages of ${vm.id} that nobody else has: the guest is lost`);
}

/** A guest that lost pages and is made anew, from its disk or from a checkpoint, misses none. */
export function forgetLostPages(world: World, vmIndex: number): void {
	const vm = world.r.vms[vmIndex];
	if (!vm?.fetch?.gone) return;
	delete vm.fetch;
	stopLog(world, vm);
}
