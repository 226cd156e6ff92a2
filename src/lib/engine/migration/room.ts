import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { passesByCopy } from '../contract/migration/strategies.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { frameOf, wholeBlockOf } from '../mm/space/mapping.ts';
import { freeDramPages } from '../mm/zones.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/**
 * Room on a host's DRAM that no running move counts on. Two moves that each saw the same free pages would both be let in,
 * and the later one would stand without memory in the middle of its stream (our own rule: a promise is kept).
 */
export function roomOnDram(world: World, host: number): number {
	let promised = 0;
	for (const operation of world.r.operations) if (operation.state === 'running') promised += promisedPages(world, operation, host);
	return freeDramPages(world, host) - promised;
}

/** Whether a move that was to stay on the pool may still come home at its target. */
export function roomAtTarget(world: World, operation: OperationRecord): Outcome<null, 'no-room-target'> {
	const { populatedPages } = world.r.vms[operation.vm] as VmRecord;
	const free = roomOnDram(world, operation.target);
	return free >= populatedPages ? ok(null) : refused('no-room-target', `${populatedPages} pages need room, ${free} are free`);
}

/** Pages that a running move may still place on the host. */
function promisedPages(world: World, operation: OperationRecord, host: number): number {
	const vm = world.r.vms[operation.vm] as VmRecord;
	if (passesByCopy(operation.strategy)) {
		const instance = vm.instances.indexOf(host);
		return operation.target === host ? vm.populatedPages - (instance < 0 ? 0 : backedPages(world, vm, instance)) : 0;
	}
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const onPool = vm.pagesByMemory[pool] ?? 0;
	// What is on the pool may go back to where the guest runs; before the commit the target expects all of it.
	if (vm.instances[vm.running] === host) return onPool;
	return operation.target === host && operation.ending === 'none' && !operation.parameters.stayOnPool ? vm.populatedPages : 0;
}

function backedPages(world: World, vm: VmRecord, instance: number): number {
	let pages = 0;
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		if (wholeBlockOf(world, vm, instance, guestBlock) >= 0) {
			pages += PAGES_PER_BLOCK;
			continue;
		}
		const first = guestBlock * PAGES_PER_BLOCK;
		for (let gfn = first; gfn < first + PAGES_PER_BLOCK; gfn += 1) if (frameOf(world, vm, instance, gfn) >= 0) pages += 1;
	}
	return pages;
}
