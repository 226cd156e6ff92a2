import { catchUp } from '../hypervisor/guest.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { peerOf, rackVmOf } from './rack-records.ts';

/** What several parts of the rack ask of hosts and of the VMs on them. */

/** Hosts on which it has vCPUs: all of them have to serve, or it cannot go on (cxl-fabric reference 10.5, I1). */
export const hostsOf = (vm: VmRecord): readonly number[] => (vm.split ? [...new Set(vm.split)] : [vm.instances[vm.running] as number]);

export const runsOn = (vm: VmRecord, host: number): boolean => hostsOf(vm).includes(host);

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
		if (!runsOn(vm, host) || (vm.vcpuState !== 'running' && !mine.checkpointing) || !which(index)) return [];
		vm.vcpuState = 'stopped';
		// Registers that are half saved are none.
		mine.checkpointing = false;
		mine.held = true;
		mine.stoppedNs = world.r.nowNs;
		return [index];
	});
}

/** VMs that only stood still with their host, or with one of their hosts, run again. */
export function runHeld(world: World, host: number): void {
	world.r.vms.forEach((vm, index) => {
		const mine = rackVmOf(world, index);
		if (!mine.held || !runsOn(vm, host) || vm.vcpuState !== 'stopped' || mine.stalled) return;
		if (hostsOf(vm).some((each) => world.r.hosts[each]?.power !== 'up' || peerOf(world, each).selfFenced)) return;
		mine.held = false;
		vm.vcpuState = 'running';
		refreshSpeed(world, vm);
	});
}
