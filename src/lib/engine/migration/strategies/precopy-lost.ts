import { closeNics } from '../nics.ts';
import { dropInstance } from '../instances.ts';
import { finish, hostName, resumeGuest, vmOf } from '../operation.ts';
import { stopLog } from '../../hypervisor/dirty-log.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { endEarly } from './precopy.ts';

/**
 * A host dies during pre-copy. Without its source the target's half-filled copy is worth nothing; without its target the guest
 * goes on at the source, which runs it again when it was stopped already (QEMU 10.2.2 migration/migration.c,
 * migration_iteration_finish: a failed completion starts the VM that was live before).
 */
export function precopyHostLost(world: World, operation: OperationRecord, side: 'source' | 'target'): void {
	const vm = vmOf(world, operation);
	operation.generation += 1;
	operation.batch = null;
	operation.ending = 'failed';
	if (side === 'source') {
		// Whoever starts the VM anew gives it its card from the start.
		if (vm.failover) vm.failover.state = 'plugged';
		stopLog(world, vm);
		closeNics(world, operation.vm, 1 - vm.running);
		dropInstance(world, operation.vm, 1 - vm.running);
		const where = hostName(world, operation.source);
		finish(world, operation, 'failed', 'host-lost', `${where} died before the switch-over was through: the copy is not whole`);
		return;
	}
	if (vm.vcpuState !== 'running') resumeGuest(world, operation, vm.running, 'cancel');
	endEarly(world, operation);
}
