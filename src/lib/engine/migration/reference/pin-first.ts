import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { emit } from '../../sim/trace.ts';
import { addPin, dropPin, folioOrder, pinsOnFolio } from '../../hypervisor/pins.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';
import { guardHolds, publishedBy } from './guard.ts';
import { noteMoved } from './moved.ts';
import { isOnPool, placeNow } from './place.ts';
import { heldBySplit } from './split.ts';

/**
 * Long-term pins that waited for pages in flight: these have arrived on a movable node and leave it again before they are held,
 * all of a folio together. A pin for which nothing can leave fails. True when something left: the move has to visit it again.
 */
export function heldOnArrival(world: World, vmIndex: number, guestBlock: number): boolean {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const waited = world.r.pins.filter(
		(pin) =>
			pin.vm === vmIndex && pin.term === 'long' && pin.gfn >>> 9 === guestBlock && isOnPool(world, frameOf(world, vm, vm.running, pin.gfn))
	);
	if (vm.dax || waited.length === 0) return false;
	for (const pin of waited) dropPin(world, pin.id);
	for (const pin of waited) {
		const room = leaveForPin(world, vmIndex, pin.gfn);
		if (room.ok) addPin(world, vmIndex, pin.gfn, 'long', pin.untilNs);
		else
			emit(world, {
				kind: 'pin',
				rule: 'pin-moves-first',
				cause: null,
				vm: vm.id,
				values: { gfn: pin.gfn, reason: room.reason },
				text: `the long-term pin on gfn ${pin.gfn} fails: ${room.detail}`
			});
	}
	return true;
}

/**
 * A long-term pin on a page of the pool’s movable node (Linux 7.2.13 mm/gup.c, FOLL_LONGTERM): the page is moved to DRAM
 * first, whatever its policy says; where a reference keeps it from moving, the pin fails. A DAX mapping may be pinned where it
 * is, and a page in flight is held where it arrives.
 */
export function leaveForPin(
	world: World,
	vmIndex: number,
	gfn: number
): Outcome<null, 'no-room-target' | 'no-room-pool' | 'page-stayed' | 'held-by-policy'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vm.dax || !isOnPool(world, frameOf(world, vm, vm.running, gfn))) return ok(null);
	const split = heldBySplit(world, vmIndex);
	if (!split.ok) return split;
	const operation = world.r.operations.findLast((each) => each.vm === vmIndex && each.state === 'running');
	const batch = operation?.batch;
	// On its way: the pin waits for the folio and is looked at where it arrives.
	if (batch && batch.direction !== 'stream' && batch.guestBlock === gfn >>> 9) return ok(null);
	if (pinsOnFolio(world, vmIndex, gfn, folioOrder(world, vm, vm.running, gfn)).length > 0)
		return refused('page-stayed', `the folio of gfn ${gfn} has an extra reference and cannot leave the pool: the pin fails`);
	const published = publishedBy(world, vmIndex);
	if (published?.parameters.guard === 'reference') {
		const held = guardHolds(published, 'dram');
		if (!held.ok) return held;
	}
	const placed = placeNow(world, vmIndex, gfn, 'dram', published !== null);
	if (!placed.ok) return placed;
	if (published) noteMoved(world, published, { ...placed.value });
	emit(world, {
		kind: 'move',
		rule: 'pin-moves-first',
		cause: null,
		vm: vm.id,
		host: hostName(world, vm.instances[vm.running] as number),
		values: { gfn: placed.value.gfn, pages: placed.value.pages },
		text: `gfn ${gfn} leaves the pool before it is pinned: ${placed.value.pages} ${placed.value.pages === 1 ? 'page moves' : 'pages move'} to DRAM`
	});
	return ok(null);
}
