import { PAGE_BYTES } from '../../../base/units.ts';
import type { MigrationStatus } from '../../contract/migration/status.ts';
import { inPostcopy } from '../../contract/migration/status.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { failLoad, PIPE_BROKEN, SAVE_FAILED, unknownState } from './incoming.ts';
import { report, tell } from './processes.ts';

/**
 * What a migration that was asked for at a monitor leaves in the records of its two processes. Operations that nobody asked
 * for there have no such records, and nothing here does anything for them.
 */

/** A change of status: told as an event where the capability is on (QEMU 11.0.50 migration/migration.c, migrate_generate_event). */
export function noteStatus(world: World, operation: OperationRecord, status: MigrationStatus): void {
	const { monitored } = operation;
	if (!monitored) return;
	const source = world.r.qemu?.[monitored.source];
	const target = world.r.qemu?.[monitored.target];
	if (status === 'active' && monitored.setupEndNs < 0) monitored.setupEndNs = world.r.nowNs;
	if (source) {
		source.outgoing = status;
		if (source.capabilities.includes('events')) tell(world, source, 'MIGRATION', { status });
		if (status === 'completed') source.runState = 'postmigrate';
		// Nobody told the monitor why: what its socket says.
		if (status === 'failed' && source.error === null) {
			source.error = PIPE_BROKEN;
			report(source, SAVE_FAILED, PIPE_BROKEN);
		}
		// migration_detect_error: what the socket says stands as the reason of the pause, unless the user's word does.
		if (status === 'postcopy-paused') source.error ??= PIPE_BROKEN;
	}
	if (target?.lacks?.lacksState !== undefined && status === 'completed')
		return failLoad(world, target, [unknownState(target.lacks.lacksState)]);
	if (target && status === 'failed' && !target.ended) {
		target.incoming = 'failed';
		target.ended = target.exitOnError;
	}
	if (target) noteIncoming(world, target, status);
}

/** none → setup → active → completed, or the post-copy ones; what the source fails at ends the target's load. */
function noteIncoming(world: World, target: NonNullable<World['r']['qemu']>[number], status: MigrationStatus): void {
	const before = target.incoming;
	if (target.ended) return;
	if (status === 'active' || status === 'completed' || inPostcopy(status)) target.incoming = status;
	if (status === 'postcopy-device') target.incoming = 'active';
	if (before !== target.incoming && target.capabilities.includes('events')) tell(world, target, 'MIGRATION', { status: target.incoming });
}

/** vm_stop for the switch-over; a guest that stood already is not stopped again. */
export function noteStopped(world: World, operation: OperationRecord): void {
	const source = world.r.qemu?.[operation.monitored?.source ?? -1];
	if (source && !operation.wasStopped) tell(world, source, 'STOP');
}

/** vm_start, at the target or, after a cancel, at the source again; a guest that stood is only there. */
export function noteResumed(world: World, operation: OperationRecord, host: number): void {
	const { monitored } = operation;
	if (!monitored) return;
	const source = world.r.qemu?.[monitored.source];
	const process = source?.host === host ? source : world.r.qemu?.[monitored.target];
	if (!process) return;
	if (!operation.wasStopped) {
		process.runState = 'running';
		tell(world, process, 'RESUME');
	} else if (process !== source) process.runState = source?.runState ?? 'paused';
}

/** Pages that went out; `bytes` include their headers. */
export function noteSent(operation: OperationRecord, normalPages: number, zeroPages: number, bytes: number): void {
	const { monitored } = operation;
	if (!monitored) return;
	monitored.normalPages += normalPages;
	monitored.zeroPages += zeroPages;
	if (operation.resumedNs >= 0) monitored.postcopyBytes += bytes;
	else if (operation.stoppedNs >= 0) monitored.downtimeBytes += bytes;
	else monitored.precopyBytes += bytes;
}

/** What a sync of the bitmap found. */
export function noteSync(operation: OperationRecord): void {
	if (operation.monitored) operation.monitored.dirtyBytes = operation.dirtyPages * PAGE_BYTES;
}

/**
 * A pass over the memory is over and the next one begins; the last look, with the guest stopped, is none (QEMU 11.0.50
 * migration/migration.c, migration_iteration_go_next; the first one is told to nobody).
 */
export function notePass(world: World, operation: OperationRecord): void {
	const { monitored } = operation;
	if (!monitored) return;
	monitored.syncs += 1;
	const source = world.r.qemu?.[monitored.source];
	if (monitored.syncs > 1 && source?.capabilities.includes('events')) tell(world, source, 'MIGRATION_PASS', { pass: monitored.syncs });
}

/** migration_update_counters: at most every 100 ms. `elapsedNs` since the last time. */
export function noteMeasured(operation: OperationRecord, elapsedNs: number): void {
	const { monitored } = operation;
	if (!monitored) return;
	const pages = monitored.normalPages + monitored.zeroPages;
	monitored.bandwidth = operation.bandwidth;
	monitored.pagesPerSecond = ((pages - monitored.measuredPages) / elapsedNs) * 1e9;
	monitored.measuredPages = pages;
}

/** End of a period of at least 1 s: pages that its syncs found dirty anew, per second. */
export function noteDirtied(operation: OperationRecord, newPages: number, elapsedNs: number): void {
	if (operation.monitored) operation.monitored.dirtyPagesRate = Math.floor((newPages * 1000) / (elapsedNs / 1e6));
}
