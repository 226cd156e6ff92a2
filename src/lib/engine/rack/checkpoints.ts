import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { costBytes, costBytesPerSecond, costNs } from '../costs/cost-model.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { hostsOf, poolPagesOf } from './hosts.ts';
import { note } from './note.ts';
import { rackVmOf, reachesPool } from './rack-records.ts';
import { haOf } from './settings.ts';
import { plan, RackTimer } from './timers.ts';

/**
 * Registers into the super-page: the vCPUs stop for as long as saving and flushing last. Without that a VM whose pages all
 * survive on the pool cannot go on when its host dies (cxl-fabric reference 10.6, approach 2).
 */
export function checkpointNs(world: World, vm: VmRecord): number {
	const save = vm.vcpus * costNs(world.costs, 'vcpuSaveRestoreUs');
	if (world.scenario.pool?.hardwareCoherent) return save;
	const rate = costBytesPerSecond(world.costs, 'cacheFlushGBpsPerThread') * vm.vcpus;
	return save + Math.ceil((costBytes(world.costs, 'dirtyLlcMiB') / rate) * 1e9);
}

export function takeCheckpoint(world: World, vmIndex: number): Outcome<string, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const mine = rackVmOf(world, vmIndex);
	if (vm.vcpuState !== 'running') return refused('vm-not-running', `${vm.id} is ${vm.vcpuState}`);
	if (poolPagesOf(world, vmIndex) < vm.populatedPages)
		return refused(
			'not-on-pool',
			`${vm.populatedPages - poolPagesOf(world, vmIndex)} pages of ${vm.id} are in DRAM and would die with its host`
		);
	if (world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running'))
		return refused('migrating', `${vm.id} is on its way`);
	if (!hostsOf(vm).every((host) => reachesPool(world, host))) return refused('no-shared-memory', 'its host does not reach the super-page');
	catchUp(world, vmIndex);
	vm.vcpuState = 'stopped';
	mine.checkpointing = true;
	const lastsNs = checkpointNs(world, vm);
	plan(world, lastsNs, RackTimer.saved, vmIndex);
	return ok(`the registers of ${vm.id} are saved, for which it stands still for ${Math.round(lastsNs / 1e4) / 100} ms`);
}

/** They are saved: lines written before are on the device too. */
export function saved(world: World, vmIndex: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const mine = rackVmOf(world, vmIndex);
	if (!mine.checkpointing) return;
	mine.checkpointing = false;
	if (vm.vcpuState !== 'stopped') return;
	catchUp(world, vmIndex);
	if (!hostsOf(vm).every((host) => reachesPool(world, host))) {
		mine.stalled = true;
		mine.stoppedNs = world.r.nowNs;
		return;
	}
	mine.checkpointNs = world.r.nowNs;
	mine.checkpoints += 1;
	mine.checkpointCostNs += checkpointNs(world, vm);
	vm.vcpuState = 'running';
	refreshSpeed(world, vm);
	if (mine.checkpoints === 1)
		note(world, {
			kind: 'checkpoint',
			rule: 'vm-checkpoint',
			host: vm.instances[vm.running] as number,
			vm: vmIndex,
			values: { costNs: checkpointNs(world, vm) },
			text: `the registers of ${vm.id} are in the super-page for the first time`
		});
}

/** As often as the scenario says, for every VM that lives on the pool by then. */
export function checkpointTimer(world: World, vmIndex: number): void {
	const every = haOf(world)?.checkpointEveryNs ?? 0;
	if (every <= 0) return;
	takeCheckpoint(world, vmIndex);
	if (world.r.nowNs + every <= world.scenario.untilNs) plan(world, every, RackTimer.checkpoint, vmIndex);
}
