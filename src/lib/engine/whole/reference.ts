import { wordIndex } from '../contract/superpage.ts';
import { packVcpuMap } from '../migration/reference/split.ts';
import type { World } from '../state/world.ts';

/** Statements about VMs that live on the pool or move by reference. */

/** Secure memory lies on no pool, and pages that a device holds lie there in a DAX mapping at most. */
export function unmovableAtHome(world: World): string | null {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	for (const vm of world.r.vms) {
		const onPool = vm.pagesByMemory[pool] ?? 0;
		if (onPool === 0) continue;
		if (vm.secure) return `${vm.id} has secure memory, and ${onPool} pages of it lie on the pool`;
		if (vm.passThrough && !vm.dax) return `${vm.id}: a device holds ${onPool} pages in folios on the pool`;
	}
	return null;
}

/** While a guard holds published pages, none of them moves. */
export function guardsHold(world: World): string | null {
	for (const operation of world.r.operations) {
		const { guard } = operation.parameters;
		const moved = operation.moved?.[0];
		// A lock keeps pages out of swap only, and what pins long moves its page whatever the policy says.
		if (operation.state === 'running' && moved && guard === 'reference')
			return `${world.r.vms[operation.vm]?.id} gfn ${moved.gfn}: moved although the guard refers to it`;
	}
	return null;
}

/** Only the hosts that the map names run vCPUs of a VM that is split. */
export function mapNamesRunners(world: World): string | null {
	for (const [index, vm] of world.r.vms.entries()) {
		const map = world.c.superpageWord.get(wordIndex('vcpuMap', index));
		if (map !== (vm.split ? packVcpuMap(vm.split) : 0n)) return `${vm.id}: its vCPUs do not run where the map of the super-page says`;
	}
	return null;
}
