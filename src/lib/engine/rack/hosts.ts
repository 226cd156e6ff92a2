import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import type { World } from '../state/world.ts';
import { rackVmOf } from './rack-records.ts';

/** What several parts of the rack ask of hosts and of the VMs on them. */

export const nameOf = (world: World, host: number): string => world.r.hosts[host]?.id ?? 'nobody';

export function everyoneCatchesUp(world: World): void {
	world.r.vms.forEach((_, index) => catchUp(world, index));
}

export function poolPagesOf(world: World, vmIndex: number): number {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	return pool < 0 ? 0 : (world.r.vms[vmIndex]?.pagesByMemory[pool] ?? 0);
}

/** The vCPUs of what runs on this host stop; who stopped them is to start them again. Returns the VMs. */
export function stopOn(world: World, host: number, which: (vmIndex: number) => boolean = () => true): number[] {
	return world.r.vms.flatMap((vm, index) => {
		const mine = rackVmOf(world, index);
		if (vm.instances[vm.running] !== host || (vm.vcpuState !== 'running' && !mine.checkpointing) || !which(index)) return [];
		vm.vcpuState = 'stopped';
		// Registers that are half saved are none.
		mine.checkpointing = false;
		mine.held = true;
		mine.stoppedNs = world.r.nowNs;
		return [index];
	});
}

/** VMs that only stood still with their host run again. */
export function runHeld(world: World, host: number): void {
	world.r.vms.forEach((vm, index) => {
		const mine = rackVmOf(world, index);
		if (!mine.held || vm.instances[vm.running] !== host || vm.vcpuState !== 'stopped' || mine.stalled) return;
		mine.held = false;
		vm.vcpuState = 'running';
		refreshSpeed(world, vm);
	});
}
