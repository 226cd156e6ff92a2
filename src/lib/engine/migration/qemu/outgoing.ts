import { mayBecome, type MigrationStatus } from '../../contract/migration/status.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { emit } from '../../sim/trace.ts';
import { tell } from './processes.ts';

/** A change of status of a process that has no operation: nobody to connect to, or memory that goes by descriptor. */
export function changeOutgoing(world: World, process: QemuRecord, status: MigrationStatus, cause: number | null): boolean {
	// migration_connect_error_propagate: it is failing before it has failed; between the two lies no time.
	if (status === 'failed' && process.outgoing !== 'failing') changeOutgoing(world, process, 'failing', cause);
	const before = process.outgoing;
	if (!mayBecome(before, status)) return false;
	process.outgoing = status;
	const vm = world.r.vms[process.vm] as VmRecord;
	if (vm.instances[vm.running] === process.host) vm.status = status;
	if (process.capabilities.includes('events')) tell(world, process, 'MIGRATION', { status });
	emit(world, {
		kind: 'status',
		rule: 'migration-status',
		cause,
		vm: vm.id,
		host: world.r.hosts[process.host]?.id ?? null,
		values: { from: before, to: status },
		text: `migration status ${before} → ${status}`
	});
	return true;
}
