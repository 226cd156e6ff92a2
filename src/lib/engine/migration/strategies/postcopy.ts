import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { MigrateCommand } from '../../contract/commands.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { startFlow } from '../../fabric/links.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { waitsForUnplug } from '../failover.ts';
import { setStatus } from '../operation.ts';
import { resumeFetch } from '../postcopy/broken.ts';
import { endPush } from '../postcopy/push.ts';
import { loadPackage, runAtTarget, switchToTarget } from '../postcopy/switch.ts';
import { cancelPrecopyNow, checkPrecopy, runPrecopy, waitsForContinue } from './precopy.ts';

/**
 * Post-copy as QEMU 10.2.2 does it (migration/postcopy-ram.c): the guest changes host after `precopyPasses` rounds of pre-copy,
 * or after none, and what it does not have yet is fetched when it is touched, or pushed behind it.
 */

export function checkPostcopy(
	world: World,
	operation: Pick<OperationRecord, 'vm' | 'target'>,
	command: MigrateCommand
): Outcome<null, ReasonId> {
	const nic = world.r.vdpa.nics.find((record) => record.vm === operation.vm);
	if (nic) return refused('pins-missing', whyNotPinned(nic.id, nic.choice.listener === 'set-owner'));
	return checkPrecopy(world, operation, command);
}

/**
 * QEMU asks nothing: no blocker of vhost-vdpa knows post-copy, as the one of VFIO does (hw/vfio/migration.c, vfio_save_prepare). The
 * kernel does, when the target's device maps memory: pin_user_pages() of vhost-vdpa may not drop the lock and retry, so a page that
 * userfaultfd has to wait for is an error (Linux 7.2.13 drivers/vhost/vdpa.c vhost_vdpa_pa_map, mm/gup.c, fs/userfaultfd.c
 * handle_userfault). Memory that was mapped before the stream is thrown away by the discard under the device, which goes on with
 * frames that the guest has no more (migration/postcopy-ram.c init_range asks nobody either). Refused here before either happens.
 */
const whyNotPinned = (nic: string, early: boolean): string =>
	early
		? `${nic}: its target pins all memory before the stream, post-copy then throws those pages away, and the device would go on with frames that the guest no longer has; QEMU does not ask`
		: `${nic}: when it starts at the target it pins all memory, and to pin a page that has not come is an error (EFAULT), not a wait; QEMU does not ask, the device would stand without maps`;

/** The pre-copy before the switch, the switch, and the background stream after it. */
export function runPostcopy(world: World, operation: OperationRecord): void {
	switch (operation.step) {
		case 'package':
			return loadPackage(world, operation);
		case 'load':
			return runAtTarget(world, operation);
		case 'push':
			return endPush(world, operation);
		case 'recover':
			return resumeFetch(world, operation);
		case 'unplug':
		case 'setup':
			if (operation.parameters.precopyPasses > 0 || operation.ending !== 'none') break;
			if (waitsForUnplug(world, operation)) return;
			setStatus(world, operation, 'active');
			startFlow(world, operation.id, operation.source, operation.sendRate, ['network']);
			return switchToTarget(world, operation);
		default:
	}
	runPrecopy(world, operation, switchWhenDue);
}

/** Asked between two slices: the rounds that were wanted are over. */
function switchWhenDue(world: World, operation: OperationRecord, passIsOver: boolean): boolean {
	if (!operation.switchOrdered && (!passIsOver || operation.round < operation.parameters.precopyPasses)) return false;
	switchToTarget(world, operation);
	return true;
}

/** Behind the switch the source's memory is old: there is no way back (QEMU 10.2.2 migration/migration.c, qmp_migrate_cancel). */
export function cancelPostcopy(world: World, operation: OperationRecord): Outcome<null, ReasonId> {
	if ((operation.phase === 'switchover' && !waitsForContinue(operation)) || operation.phase === 'fetch' || operation.phase === 'paused')
		return refused('too-late', 'Postcopy migration in progress, cannot cancel.');
	cancelPrecopyNow(world, operation);
	return ok(null);
}
