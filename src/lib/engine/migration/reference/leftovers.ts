import { PAGE_BYTES, PAGES_PER_BLOCK, transferNs } from '../../../base/units.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { endPins } from '../../hypervisor/pins.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { publishRanges, rangesOf } from '../../superpage/descriptors.ts';
import { vmOf } from '../operation.ts';
import { forgetMoved } from './moved.ts';
import { placeNow, strayGfns } from './place.ts';
import { moveRate } from './sweep.ts';

/**
 * Mixed mode (live-migration reference 10, step 2): folios that would not move are copied in the hand-off, with the guest
 * stopped. Whoever held them held the process of the source, and that ends.
 */

/** Time that the copies take, a part of saving. */
export function leftoversNs(world: World, operation: OperationRecord): number {
	if (operation.parameters.leftovers !== 'copy') return 0;
	return transferNs(strayGfns(world, operation.vm).length * PAGE_BYTES, moveRate(world, operation));
}

/** There is still a way back: the source takes it at its next step. */
function giveWay(operation: OperationRecord, reason: ReasonId): void {
	operation.ending = 'failed';
	operation.reason = reason;
}

/** Copies what stayed to the pool and writes the ranges anew. */
export function copyLeftovers(world: World, operation: OperationRecord): void {
	if (operation.parameters.leftovers !== 'copy') return;
	// Whatever moved after it was published is copied with the rest, and named anew.
	forgetMoved(world, operation);
	const stray = strayGfns(world, operation.vm);
	if (stray.length === 0) return;
	const vm = vmOf(world, operation);
	endPins(world, operation.vm);
	const moved = new Set<number>();
	for (const gfn of stray) {
		if (moved.has(gfn)) continue;
		const placed = placeNow(world, operation.vm, gfn, 'pool');
		if (!placed.ok) return giveWay(operation, placed.reason);
		for (let page = 0; page < placed.value.pages; page += 1) moved.add(placed.value.gfn + page);
		operation.cxlBytes += placed.value.pages * PAGE_BYTES;
	}
	const ranges = rangesOf(world, vm, operation.extents, operation.parameters);
	const published = ranges.ok ? publishRanges(world, operation.vm, ranges.value) : ranges;
	if (!published.ok) return giveWay(operation, published.reason);
	operation.rangeCount = published.value;
	emit(world, {
		kind: 'move',
		rule: 'leftovers',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { pages: stray.length, firstGfn: stray[0] as number, blocks: Math.ceil(stray.length / PAGES_PER_BLOCK) },
		text: `${stray.length} pages that would not move are copied while nobody runs the guest`
	});
}
