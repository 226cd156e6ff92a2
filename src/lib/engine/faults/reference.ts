import { addPin } from '../hypervisor/pins.ts';
import { noteMoved } from '../migration/reference/moved.ts';
import { placeNow } from '../migration/reference/place.ts';
import type { Fault } from './fault.ts';

/** Rules of moves by reference that are broken on purpose. */
export const REFERENCE_FAULTS = {
	'secure-on-pool': {
		sentence: 'secure memory is taken for ordinary and goes to the pool',
		caughtBy: ['unmovable-at-home'],
		strike: (world) => {
			const vm = world.r.vms[0];
			if (vm) vm.secure = true;
		}
	},
	'guard-forgets': {
		sentence: 'a mover does not see the extra reference of the guard',
		caughtBy: ['guards'],
		strike: (world) => {
			const operation = world.r.operations.at(-1);
			if (!operation) return;
			operation.parameters = { ...operation.parameters, guard: 'reference' };
			const placed = placeNow(world, operation.vm, 0, 'dram', true);
			if (placed.ok) noteMoved(world, operation, { ...placed.value });
		}
	},
	'pin-stays': {
		sentence: 'a long-term pin holds its page on the movable node of the pool',
		caughtBy: ['long-pins'],
		strike: (world) => void addPin(world, 0, 0, 'long', -1)
	},
	'tag-given-twice': {
		sentence: 'the fabric manager gives one tag to the capacity of two VMs',
		caughtBy: ['tags'],
		strike: (world) => {
			const first = world.r.extents.find((extent) => extent.state !== 'released');
			if (first) world.r.extents.push({ ...first, id: 'extent-again', vm: first.vm + 1, blockCount: 0, onlineBlocks: 0 });
		}
	},
	'vcpu-off-the-map': {
		sentence: 'a vCPU runs on a host that the map of vCPUs does not name',
		caughtBy: ['vcpu-map'],
		strike: (world) => {
			const vm = world.r.vms[0];
			if (vm) vm.split = Array.from({ length: vm.vcpus }, (_, vcpu) => vcpu % 2);
		}
	},
	'primary-stays': {
		sentence: 'nobody asks whether the guest has let go of its passed-through card',
		caughtBy: ['primary-gone'],
		strike: null
	}
} as const satisfies Record<string, Fault>;
