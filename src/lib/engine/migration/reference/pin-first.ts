import { ok, type Outcome } from '../../../base/outcome.ts';
import { emit } from '../../sim/trace.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';
import { guardHolds, publishedBy } from './guard.ts';
import { noteMoved } from './moved.ts';
import { isOnPool, placeNow } from './place.ts';

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
	const operation = world.r.operations.findLast((each) => each.vm === vmIndex && each.state === 'running');
	const batch = operation?.batch;
	if (batch && batch.direction !== 'stream' && batch.guestBlock === gfn >>> 9) return ok(null);
	// Somebody’s pin keeps the folio where it is, and this one with it.
	if (world.r.pins.some((pin) => pin.vm === vmIndex && pin.gfn >>> 9 === gfn >>> 9)) return ok(null);
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
