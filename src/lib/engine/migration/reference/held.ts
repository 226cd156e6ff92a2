import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { devicePinsOn } from '../../hypervisor/device-pins.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hasNics, nicBlocker } from '../nics.ts';

/**
 * The census of a move by reference (live-migration reference 10, step 1): what no kernel will move. Secure memory is
 * unmovable and not on CXL at all, a passed-through device holds every page by a long-term pin (Linux 7.2.13 mm/gup.c,
 * drivers/vfio/vfio_iommu_type1.c). A copy reads such pages like any other.
 */
export function heldForGood(world: World, vmIndex: number): Outcome<null, 'unmovable-page' | 'secure-memory'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vm.secure) return refused('secure-memory', `${vm.populatedPages} pages of ${vm.id} are secure memory; pre-copy would copy them`);
	if (vm.passThrough)
		return refused(
			'unmovable-page',
			`a passed-through device holds ${vm.populatedPages} pages of ${vm.id} by long-term pins; unplug it first`
		);
	const held = world.r.pins.filter((pin) => pin.vm === vmIndex && pin.term === 'long');
	const first = held[0];
	if (first)
		return refused(
			'unmovable-page',
			`${held.length} long-term ${held.length === 1 ? 'pin' : 'pins'}, the first on gfn ${first.gfn}; pre-copy would copy the page`
		);
	const device = devicePinsOn(world, vmIndex, 0, vm.pageCount);
	if (device)
		return refused('unmovable-page', `${device.nic} holds ${device.pages} pages of ${vm.id} by long-term pins; pre-copy would copy them`);
	return ok(null);
}

/**
 * What does not come along by reference, wherever its pages lie: a passed-through device belongs to its host, and no step of the
 * hand-off opens a vDPA device at the target (live-migration reference 11, surprise 19; lwn.net/Articles/931528). `isUnplugged`: the
 * strategy asks the guest to let go of a device that another stands in for.
 */
export function tiedToHost(world: World, vmIndex: number, isUnplugged = false): Outcome<null, 'migration-blocked'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vm.passThrough && !(isUnplugged && vm.failover))
		return refused('migration-blocked', nicBlocker(world, vmIndex) ?? `a passed-through device keeps ${vm.id} on its host`);
	if (!hasNics(world, vmIndex)) return ok(null);
	const nic = world.r.vdpa.nics.find((each) => each.vm === vmIndex)?.id ?? '';
	return refused('migration-blocked', `${nic} stays on its host: pre-copy would change it to shadow queues and start it at the target`);
}
