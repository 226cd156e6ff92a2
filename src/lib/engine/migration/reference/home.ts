import { BLOCKS_PER_MEMORY_BLOCK } from '../../../base/units.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { OwnerState } from '../../contract/words.ts';
import { costNs } from '../../costs/cost-model.ts';
import { startFlow, stopFlow } from '../../fabric/links.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { emit } from '../../sim/trace.ts';
import type { ExtentRecord, OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { clearDescriptors } from '../../superpage/descriptors.ts';
import { foldVm } from '../instances.ts';
import { enterPhase, finish, hostName, resumeGuest, vmOf } from '../operation.ts';
import { changeOwner } from '../owner.ts';
import { extentRecord, offlineBlock } from '../residence.ts';
import { releaseUnused } from './capacity.ts';
import { dropDaxCopy } from './dax.ts';
import { forgetMoved } from './moved.ts';
import { beginSweep, MAX_SWEEPS, moveRate, stuckAt, sweepOn, wait } from './sweep.ts';

/** Pages home, extents back to the pool; and the same as the way back when a move is given up. */

/** An end that is not the wished one: what was pushed goes back to the source. */
export function giveUp(world: World, operation: OperationRecord, reason: ReasonId, detail: string): void {
	operation.ending = 'failed';
	operation.reason = reason;
	emit(world, {
		kind: 'ended',
		rule: 'cancel',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		values: { state: 'turning back', reason },
		text: `${detail}: ${operation.livedOnPool ? 'the VM stays on the pool' : nothingThere(world, operation) ? 'nothing has moved' : 'the pages go back'}`
	});
	turnBack(world, operation);
}

/** Given up before a page went to the pool, or with nothing there but a copy: nothing comes home. */
function nothingThere(world: World, operation: OperationRecord): boolean {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	return (vmOf(world, operation).pagesByMemory[pool] ?? 0) === 0;
}

/** Cancelled or failed before the commit: pages to where they lay before, unused extents back to the pool. */
export function turnBack(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	forgetMoved(world, operation);
	clearDescriptors(world, operation.vm);
	dropDaxCopy(world, operation);
	if (vm.vcpuState === 'stopped') resumeGuest(world, operation, vm.running, 'cancel');
	if (operation.livedOnPool) return stayAsBefore(world, operation);
	if (nothingThere(world, operation)) return beginRelease(world, operation);
	goHome(world, operation, `back to ${hostName(world, operation.source)}`);
}

/** Where the guest's pages stay when they do not go home: legal, slower, and said. */
export function stayOnPool(world: World, operation: OperationRecord, why: string): void {
	const failed = operation.ending !== 'none' ? operation.ending : 'failed';
	const vm = vmOf(world, operation);
	releaseUnused(world, operation);
	clearDescriptors(world, operation.vm);
	changeOwner(world, operation, vm.instances[vm.running] as number, OwnerState.active);
	const reason = failed === 'cancelled' && operation.errand !== undefined ? 'cancelled' : 'no-room-target';
	finish(world, operation, failed, reason, `${why}: the rest of the VM goes on living on the pool`);
}

/** A VM that lived on the pool before stays there: its place was the pool, nothing of it belongs to the source's DRAM. */
function stayAsBefore(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	releaseUnused(world, operation);
	const host = vm.instances[vm.running] as number;
	changeOwner(world, operation, host, OwnerState.active);
	foldVm(world, operation.vm);
	const state = operation.ending === 'failed' ? 'failed' : 'cancelled';
	const reason = state === 'cancelled' ? 'cancelled' : ((operation.reason ?? 'page-stayed') as ReasonId);
	finish(world, operation, state, reason, `${vm.id} runs on ${hostName(world, host)} and lives on the pool as before`);
}

/** Pages home: to the target after the commit, to the source when the move is given up. */
export function goHome(world: World, operation: OperationRecord, label: string): void {
	const vm = vmOf(world, operation);
	const host = vm.instances[vm.running] as number;
	enterPhase(world, operation, 'unstaging', `unstaging: pages ${label}`, 'migrate-batch');
	changeOwner(world, operation, host, operation.ending === 'none' ? OwnerState.unstaging : OwnerState.staging);
	startFlow(world, operation.id, host, moveRate(world, operation), [`${hostName(world, host)}.read`, 'pool.port']);
	beginSweep(operation);
	operation.pagesMoved = 0;
	homeOn(world, operation);
}

/** The sweep home goes on; what cannot come stays. */
export function homeOn(world: World, operation: OperationRecord): void {
	if (operation.errand !== undefined && operation.errand !== 'push-out' && operation.ending !== 'none')
		return stayOnPool(world, operation, 'the pull was stopped half-way');
	switch (sweepOn(world, operation)) {
		case 'going':
			return;
		case 'no-room':
			return stayOnPool(world, operation, 'the host has no more free memory');
		case 'stuck':
			return stayOnPool(world, operation, `a folio near gfn ${stuckAt(world, operation).gfn} stays on the pool`);
		case 'done':
			return allHome(world, operation);
	}
}

/** Every folio came; what its kernel demoted meanwhile is fetched again, for as many sweeps as any folio has. */
function allHome(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	if ((vm.pagesByMemory[pool] ?? 0) === 0) return beginRelease(world, operation);
	operation.races = (operation.races ?? 0) + 1;
	if (operation.races > MAX_SWEEPS) return stayOnPool(world, operation, 'the kernel demotes pages as fast as they come');
	beginSweep(operation);
	homeOn(world, operation);
}

function beginRelease(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	stopFlow(world, operation.id);
	catchUp(world, operation.vm);
	delete vm.dax;
	refreshSpeed(world, vm);
	enterPhase(world, operation, 'release', 'release: the extents go back', 'extent-release');
	changeOwner(world, operation, vm.instances[vm.running] as number, OwnerState.local);
	clearDescriptors(world, operation.vm);
	operation.onlineExtent = 0;
	operation.onlineBlock = 0;
	for (const index of operation.extents) (world.r.extents[index] as ExtentRecord).state = 'releasing';
	wait(world, operation, costNs(world.costs, 'blockOfflineFreeMs'), 'release');
}

/** One memory block per event: offline, remove. Then the extents are released to the pool. */
export function releaseNext(world: World, operation: OperationRecord): void {
	const extent = world.r.extents[operation.extents[operation.onlineExtent] ?? -1];
	if (!extent) return released(world, operation);
	if (extent.onlineBlocks > 0) {
		// From its end, so that what is counted is what is still there, whoever looks in between.
		extent.onlineBlocks -= BLOCKS_PER_MEMORY_BLOCK;
		offlineBlock(world, extent, extent.onlineBlocks);
	}
	operation.onlineBlock += BLOCKS_PER_MEMORY_BLOCK;
	if (operation.onlineBlock >= extent.blockCount) {
		operation.onlineExtent += 1;
		operation.onlineBlock = 0;
	}
	const last = world.r.extents[operation.extents[operation.onlineExtent] ?? -1] === undefined;
	wait(world, operation, last ? costNs(world.costs, 'cxlMailboxCommandMs') : costNs(world.costs, 'blockOfflineFreeMs'), 'release');
}

function released(world: World, operation: OperationRecord): void {
	for (const index of operation.extents) {
		const record = world.r.extents[index] as ExtentRecord;
		record.state = 'released';
		record.onlineOn = -1;
		extentRecord(world, operation, index, 'released', operation.phaseCauseSeq);
	}
	foldVm(world, operation.vm);
	const vm = vmOf(world, operation);
	// What came home came for its pins.
	if (operation.errand === 'pin-home') vm.passThrough = true;
	if (operation.ending === 'none')
		return finish(world, operation, 'completed', null, `${vm.id} runs on ${hostName(world, operation.target)} and the pool is free again`);
	return finish(
		world,
		operation,
		operation.ending,
		operation.ending === 'cancelled' ? 'cancelled' : ((operation.reason ?? 'page-stayed') as ReasonId),
		`${vm.id} runs on ${hostName(world, operation.source)} as before, nothing is left on the pool`
	);
}
