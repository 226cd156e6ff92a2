import { mayBecome, type MigrationStatus } from '../contract/migration/status.ts';
import type { DowntimePart, PhaseId } from '../contract/status.ts';
import type { ReasonId } from '../contract/reasons.ts';
import type { RuleId } from '../contract/rules.ts';
import type { DowntimePart as Part } from '../contract/status.ts';
import { stopFlow } from '../fabric/links.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { emit } from '../sim/trace.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { loseCxlMemory } from './qemu/cxl-memory.ts';
import { noteResumed, noteStatus, noteStopped } from './qemu/note.ts';

/** What every strategy shares: phases, the parts of the downtime, the end. An operation is a record (decision D5). */

export function vmOf(world: World, operation: OperationRecord): VmRecord {
	return world.r.vms[operation.vm] as VmRecord;
}

export const hostName = (world: World, host: number): string => world.r.hosts[host]?.id ?? 'nobody';

/** Ends the present phase and begins the next; the record of it is the cause of what follows. */
export function enterPhase(world: World, operation: OperationRecord, id: PhaseId, label: string, rule: RuleId): void {
	closePhase(world, operation);
	operation.phase = id;
	operation.phases.push({ id, label, startNs: world.r.nowNs, endNs: null });
	operation.phaseCauseSeq = emit(world, {
		kind: 'phase',
		rule,
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		host: hostName(world, operation.source),
		values: { phase: id, label },
		text: label
	});
}

function closePhase(world: World, operation: OperationRecord): void {
	const last = operation.phases.at(-1);
	if (last && last.endNs === null) operation.phases[operation.phases.length - 1] = { ...last, endNs: world.r.nowNs };
}

/** Begins a part of the gap; ends the part before it. */
export function enterPart(world: World, operation: OperationRecord, id: Part['id'], label: string): void {
	leavePart(world, operation);
	operation.downtime.push({ id, label, startNs: world.r.nowNs, endNs: null });
}

export function leavePart(world: World, operation: OperationRecord): void {
	const last = operation.downtime.at(-1);
	if (last && last.endNs === null) operation.downtime[operation.downtime.length - 1] = { ...last, endNs: world.r.nowNs };
}

/** Sum of the parts so far, an open one up to now. */
export function downtimeSoFar(world: World, parts: readonly DowntimePart[]): number {
	return parts.reduce((sum, part) => sum + (part.endNs ?? world.r.nowNs) - part.startNs, 0);
}

/** The guest stops: from here on every nanosecond is downtime. */
export function stopGuest(world: World, operation: OperationRecord, rule: RuleId): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	vm.vcpuState = 'stopped';
	operation.stoppedNs = world.r.nowNs;
	noteStopped(world, operation);
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule,
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, vm.instances[vm.running]),
		values: { state: 'stopped', vcpus: vm.vcpus },
		text: `${vm.vcpus} vCPUs stop on ${hostName(world, vm.instances[vm.running])}`
	});
}

/** The guest runs again, on the host of `instance`. */
export function resumeGuest(world: World, operation: OperationRecord, instance: number, rule: RuleId): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	leavePart(world, operation);
	vm.running = instance;
	vm.vcpuState = operation.wasStopped ? 'stopped' : 'running';
	operation.resumedNs = world.r.nowNs;
	noteResumed(world, operation, vm.instances[instance] as number);
	refreshSpeed(world, vm);
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule,
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, vm.instances[instance] as number),
		values: { state: vm.vcpuState, stoppedNs: world.r.nowNs - operation.stoppedNs },
		text: `the guest ${operation.wasStopped ? 'stands' : 'runs'} on ${hostName(world, vm.instances[instance] as number)} again`
	});
}

/** Ends an operation. `reason` is null only for a completed one. */
export function finish(
	world: World,
	operation: OperationRecord,
	state: 'completed' | 'cancelled' | 'failed',
	reason: ReasonId | null,
	detail: string
): void {
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	stopFlow(world, operation.id);
	closePhase(world, operation);
	leavePart(world, operation);
	operation.state = state;
	operation.reason = reason;
	operation.endNs = world.r.nowNs;
	operation.batch = null;
	operation.generation += 1;
	vm.throttlePercent = 0;
	delete vm.dirtyQuotaMiBps;
	vm.throttleStrikes = 0;
	refreshSpeed(world, vm);
	if (state === 'completed' && !operation.toFile) loseCxlMemory(world, operation);
	// Nothing that is being cancelled fails any more (migration_completion, migration_detect_error).
	setStatus(world, operation, state === 'failed' && vm.status === 'cancelling' ? 'cancelled' : state);
	emit(world, {
		kind: 'ended',
		rule: state === 'cancelled' ? 'cancel' : 'migration-status',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, vm.instances[vm.running]),
		values: {
			state,
			reason: reason ?? 'none',
			totalNs: operation.endNs - operation.startNs,
			networkBytes: operation.networkBytes,
			cxlBytes: operation.cxlBytes
		},
		text: detail
	});
}

/**
 * QEMU's status of the VM's migration, changed by compare-and-swap on the one that stands (contract/migration/status.ts): a
 * change that the table does not have has lost against another one and is not made.
 */
export function setStatus(world: World, operation: OperationRecord, status: MigrationStatus): boolean {
	const vm = vmOf(world, operation);
	// A process whose monitor was asked says that it fails before it says that it has (migration_cleanup); between the two lies no time.
	if (status === 'failed' && operation.monitored && vm.status !== 'failing') setStatus(world, operation, 'failing');
	if (!mayBecome(vm.status, status)) return false;
	const before = vm.status;
	vm.status = status;
	noteStatus(world, operation, status);
	emit(world, {
		kind: 'status',
		rule: 'migration-status',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { from: before, to: status },
		text: `migration status ${before} → ${status}`
	});
	return true;
}
