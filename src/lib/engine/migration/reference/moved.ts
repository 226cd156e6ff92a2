import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { release } from '../../mm/buddy.ts';
import { ensureRows, readStamp, stampOf } from '../../mm/frames.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { withRange } from '../../mm/space/runs.ts';
import { writtenOf } from '../../mm/space/written.ts';
import { blockOfFrame } from '../../mm/zones.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { MovedRecord, OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { descriptorSlots } from '../../superpage/descriptors.ts';
import { hostName, vmOf } from '../operation.ts';

/**
 * A page that its kernel moved after its range was published: the descriptors name the frame that it left. Nobody tells the
 * other host. Until the hand-off ends the left frame is handed to nobody else (our simplification), so that what the target
 * would read there is the page as it was.
 */

/** Notes the move. A source that watches its page tables (MMU notifier) makes the generation odd, which the target sees. */
export function noteMoved(world: World, operation: OperationRecord, moved: MovedRecord): void {
	(operation.moved ??= []).push(moved);
	if (!operation.parameters.recheck) return;
	for (const slot of descriptorSlots(world, operation.vm)) {
		const first = world.c.descriptorFirstGfn.get(slot);
		if (moved.gfn < first + world.c.descriptorPages.get(slot) && moved.gfn + moved.pages > first)
			world.c.descriptorGeneration.set(slot, world.c.descriptorGeneration.get(slot) | 1);
	}
}

const give = (world: World, frame: number, pages: number): void => {
	if (pages === 1) ensureRows(world, blockOfFrame(frame));
	release(world, frame, pages === PAGES_PER_BLOCK ? BLOCK_ORDER : 0);
};

/** The move is given up: what the pages left is free at last. */
export function forgetMoved(world: World, operation: OperationRecord): void {
	for (const moved of operation.moved ?? []) give(world, moved.frame, moved.pages);
	delete operation.moved;
}

/**
 * The target has committed: it maps what the ranges name, and the page that the source's kernel moved goes with the source's
 * process. What the guest wrote after the move is lost, page by page, and said.
 */
export function loseMoved(world: World, operation: OperationRecord): void {
	const vm = vmOf(world, operation);
	const stale: number[] = [];
	for (const { gfn, pages, frame } of operation.moved ?? []) {
		const left = frameOf(world, vm, vm.running, gfn);
		for (let page = 0; page < pages; page += 1) {
			const held = readStamp(world, blockOfFrame(frame + page), (frame + page) % PAGES_PER_BLOCK);
			if (held !== stampOf(operation.vm, gfn + page, writtenOf(world, vm, gfn + page))) stale.push(gfn + page);
		}
		give(world, left, pages);
	}
	delete operation.moved;
	if (stale.length === 0) return;
	for (const gfn of stale) vm.lostPages = withRange(vm.lostPages ?? [], gfn, 1);
	const first = stale[0] as number;
	world.r.marks.push(
		`lost: ${stale.length} ${stale.length === 1 ? 'page' : 'pages'} of ${vm.id} moved after ${stale.length === 1 ? 'it was' : 'they were'} published; ${hostName(world, operation.target)} reads what lay there before`
	);
	emit(world, {
		kind: 'loss',
		rule: 'published-page',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, operation.target),
		values: { firstGfn: first, pages: stale.length },
		text: `gfn ${first}${stale.length > 1 ? ` and ${stale.length - 1} more` : ''}: the range names the frame that the page left, the target reads an older write`
	});
}
