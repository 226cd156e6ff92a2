import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { costNs, costNsForBytes } from '../../costs/cost-model.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { freeDramPages } from '../../mm/zones.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { nicBlocker } from '../nics.ts';
import { enterPhase, hostName, setStatus, vmOf } from '../operation.ts';
import { roomOnDram } from '../room.ts';
import { backWhole } from '../stream.ts';
import { checkPrecopy, endEarly, runPrecopy, startPrecopy } from './precopy.ts';

/**
 * Migration by RDMA as the source thread lists it (seed S0, a to e; QEMU 10.2.2 migration/rdma.c with rdma-pin-all): a request,
 * sizes, memory allocated and registered, its virtual addresses handed over, writes from address to address without a CPU of the
 * target, then the vCPUs. Rounds and the end are those of pre-copy. Registering pins: it gives a frame to every page, touched
 * or not, on both hosts, and none of them moves meanwhile (Linux 7.2.13 drivers/infiniband/core/umem.c). Chunk by chunk it
 * is slower and backs nothing that was never touched; only QEMU's monitor leaves the capability off.
 */
export function checkRdma(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'source' | 'target'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const vm = world.r.vms[operation.vm];
	if (!vm) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	const able = mayLock(world, operation.vm, vm.pageCount);
	if (!able.ok) return able;
	const untouched = vm.pageCount - vm.populatedPages;
	if (freeDramPages(world, operation.source) < untouched)
		return refused(
			'no-room-source',
			`registering gives ${untouched} untouched pages of ${command.vm} a frame, and there is no room for them`
		);
	const free = roomOnDram(world, operation.target);
	if (free < vm.pageCount)
		return refused(
			'no-room-target',
			`all ${vm.pageCount} pages of ${command.vm} are registered, touched or not; ${free} are free on ${command.target}`
		);
	return ok(null);
}

/** What blocks the VM, or its process: so many pages have to be locked. */
function mayLock(world: World, vmIndex: number, pages: number): Outcome<null, 'migration-blocked' | 'memlock'> {
	const blocker = nicBlocker(world, vmIndex);
	if (blocker !== null) return refused('migration-blocked', blocker);
	const limit = world.scenario.vms[vmIndex]?.ways?.memlockBytes;
	if (limit === undefined || pages * PAGE_BYTES <= limit) return ok(null);
	const { id } = world.r.vms[vmIndex] as { id: string };
	return refused('memlock', `${pages * PAGE_BYTES} bytes of ${id} have to be locked to be registered, RLIMIT_MEMLOCK allows ${limit}`);
}

/**
 * Without rdma-pin-all a chunk of 1 MiB is registered when it is first sent, and one of zeroes never is (QEMU 10.2.2
 * migration/rdma.c, qemu_rdma_write_one): what counts is what the guest has touched.
 */
export function checkChunks(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'source' | 'target'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const able = mayLock(world, operation.vm, world.r.vms[operation.vm]?.populatedPages ?? 0);
	return able.ok ? checkPrecopy(world, operation, command) : able;
}

export function startRdma(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	setStatus(world, operation, 'setup');
	enterPhase(world, operation, 'prepare', 'a, b: the target learns what room is needed', 'rdma-setup');
	catchUp(world, operation.vm);
	vm.instances[1 - vm.running] = operation.target;
	wait(world, operation, costNs(world.costs, 'rdmaRpcRttUs'), 'rdma-sizes');
}

function wait(world: World, operation: OperationRecord, lastsNs: number, step: string): void {
	operation.step = step;
	schedule(world, world.r.nowNs + lastsNs, EventKind.precopy, operation.id, operation.generation);
}

export function runRdma(world: World, operation: OperationRecord): void {
	switch (operation.step) {
		case 'rdma-sizes':
			return operation.byChunk ? exchange(world, operation) : register(world, operation);
		case 'rdma-registered':
			return exchange(world, operation);
		case 'rdma-addresses':
			if (operation.ending !== 'none') return endEarly(world, operation);
			return startPrecopy(world, operation);
		default:
			runPrecopy(world, operation);
	}
}

/** c: both hosts back and pin all of it; the slower of two equal works, side by side. */
function register(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	enterPhase(world, operation, 'prepare', 'c: all memory is backed and registered', 'rdma-register');
	for (const instance of [vm.running, 1 - vm.running]) backWhole(world, operation, instance);
	vm.populatedPages = vm.pageCount;
	operation.registered = true;
	const huge = world.scenario.vms[operation.vm]?.pages === 'thp';
	const lastsNs = costNsForBytes(world.costs, huge ? 'pinMapThpMsPerGiB' : 'pinMap4kMsPerGiB', vm.pageCount * PAGE_BYTES);
	emit(world, {
		kind: 'pin',
		rule: 'rdma-register',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { pages: vm.pageCount, lastsNs },
		text: `${vm.pageCount} pages are pinned on ${hostName(world, operation.source)} and on ${hostName(world, operation.target)}, none of them moves any more`
	});
	wait(world, operation, lastsNs, 'rdma-registered');
}

/** The target's virtual addresses and keys cross; from now on the source writes there by itself. */
function exchange(world: World, operation: OperationRecord): void {
	enterPhase(world, operation, 'prepare', 'c: addresses and keys are handed over', 'rdma-setup');
	wait(world, operation, costNs(world.costs, 'rdmaRpcRttUs'), 'rdma-addresses');
}
