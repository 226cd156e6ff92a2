import type { ReasonId } from '../contract/reasons.ts';
import { finish, resumeGuest } from '../migration/operation.ts';
import { unmapAll } from '../migration/relabel.ts';
import { dropMove } from '../migration/strategies/transit-lost.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { LossStatus } from '../contract/rack/status.ts';
import type { World } from '../state/world.ts';
import { stopOn } from './hosts.ts';
import { loseVm } from './loss.ts';

/** A move by reference under which the capacity goes: all of it with the pool, or the VM's by force. */

/** The move ends where it stands; nothing of it is left. What the VM has on the pool is not looked at here. */
export function endWithoutPool(world: World, operation: OperationRecord, reason: ReasonId, detail: string): void {
	dropMove(world, operation);
	operation.actors = null;
	const vm = world.r.vms[operation.vm] as VmRecord;
	if (vm.instances[1 - vm.running] !== -1) {
		unmapAll(world, vm, 1 - vm.running);
		vm.instances[1 - vm.running] = -1;
	}
	finish(world, operation, 'failed', reason, detail);
}

/** Stopped for a hand-off, with nothing of it on the pool but a copy: its source has all of it, and nobody else has any. */
export function goOnInDram(world: World, operation: OperationRecord, why: LossStatus['why'], cause: number): void {
	const vm = world.r.vms[operation.vm] as VmRecord;
	const host = vm.instances[vm.running] as number;
	if (vm.vcpuState === 'running' || vm.vcpuState === 'lost' || operation.stoppedNs <= operation.resumedNs) return;
	const power = world.r.hosts[host]?.power;
	if (power === 'down') return loseVm(world, operation.vm, host, why, cause);
	resumeGuest(world, operation, vm.running, why === 'pool' ? 'pool-loss' : 'forced-release');
	// It stands still with its host, and goes on with it.
	if (power === 'paused') stopOn(world, host, (index) => index === operation.vm);
}
