import { wordIndex } from '../contract/superpage.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { isOnPool } from '../migration/reference/place.ts';
import { packVcpuMap } from '../migration/reference/split.ts';
import { frameOf } from '../mm/space/mapping.ts';
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

/** A long-term pin holds no page of the pool's movable node: it moved the page out first, or waits while the page is in flight. */
export function noLongPinOnPool(world: World): string | null {
	for (const { vm: index, gfn, term } of world.r.pins) {
		const vm = world.r.vms[index];
		if (term !== 'long' || !vm || vm.dax || !isOnPool(world, frameOf(world, vm, vm.running, gfn))) continue;
		const batch = world.r.operations.find((operation) => operation.vm === index && operation.state === 'running')?.batch;
		if (batch?.guestBlock !== gfn >>> 9) return `${vm.id} gfn ${gfn}: a long-term pin holds it on the pool, in ZONE_MOVABLE`;
	}
	return null;
}

/** A vCPU on another host reaches what lies on the pool and nothing else of its VM. */
export function splitOnPool(world: World): string | null {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	for (const vm of world.r.vms)
		if (vm.split && (vm.pagesByMemory[pool] ?? 0) < vm.populatedPages)
			return `${vm.id} runs on two hosts, and only one of them reaches all of its pages`;
	return null;
}

/** A tag is one VM's, and its extents lie one after the other in its linear space. */
export function tagsAreOneVms(world: World): string | null {
	const living = world.r.extents.filter((extent) => extent.state !== 'released');
	const name = (vm: number): string => world.r.vms[vm]?.id ?? `VM ${vm}`;
	for (const [at, extent] of living.entries())
		for (const other of living.slice(at + 1)) {
			if (other.tag !== extent.tag) {
				if (other.vm === extent.vm) return `${name(extent.vm)}: ${extent.id} and ${other.id} have two tags`;
				continue;
			}
			if (other.vm !== extent.vm) return `${name(extent.vm)}: ${extent.id} has the tag ${extent.tag} of ${other.id}, which is another VM’s`;
			const [low, high] = extent.tagOffset < other.tagOffset ? [extent, other] : [other, extent];
			if (low.tagOffset + low.blockCount * PAGES_PER_BLOCK > high.tagOffset)
				return `${name(low.vm)}: ${low.id} and ${high.id} overlap in the linear space of their tag`;
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
