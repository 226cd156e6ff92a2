import { OwnerState } from '../../contract/words.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { ownerOf } from '../../superpage/words.ts';
import { finish, hostName, vmOf } from '../operation.ts';
import { dropDaxCopy, keepCopy } from '../reference/dax.ts';
import { forgetMoved } from '../reference/moved.ts';
import { dropBatch } from '../page-move.ts';
import { nudgeSource } from '../timed-hand-off.ts';

/**
 * A host dies during a move by reference (cxl-fabric reference 10.6, live-migration reference 10). Until the source has frozen
 * the VM it dies with the source; from the freeze on nothing is lost with it; from the commit on it dies with the target.
 */
export function transitHostLost(world: World, operation: OperationRecord, side: 'source' | 'target'): void {
	const vm = vmOf(world, operation);
	const runsAt = vm.instances[vm.running] as number;
	const lost = side === 'source' ? operation.source : operation.target;
	if (side === 'target' && runsAt !== lost) return targetGone(world, operation);
	// The target commits by itself, and a source whose VM has gone is not missed.
	// A wrong belief: who ran it last owns it, whatever the owner word says.
	const given = ownerOf(world, operation.vm).state === OwnerState.handoff && world.r.belief !== 'last-runner-owns';
	if (runsAt !== lost || given) return;
	dropMove(world, operation);
	operation.ending = 'failed';
	finish(world, operation, 'failed', 'host-lost', `${hostName(world, lost)} died while it ran ${vm.id}: the move ends with it`);
}

/** What was there for this move alone: what is in flight, frames that published pages left, a copy in a DAX mapping. */
export function dropMove(world: World, operation: OperationRecord): void {
	dropBatch(world, operation);
	forgetMoved(world, operation);
	dropDaxCopy(world, operation);
}

/**
 * Given up by a source that is gone and taken by nobody yet: in a DAX mapping the copy is whole, and all there is of the VM
 * (live-migration reference 10: who dies after step 7 and before step 8 loses nothing). Otherwise the move leaves nothing.
 */
export function endGiven(world: World, operation: OperationRecord): void {
	if (!keepCopy(world, operation)) dropMove(world, operation);
}

/** The source takes its pages back: before the hand-off by turning back, inside it by its way out. */
function targetGone(world: World, operation: OperationRecord): void {
	if (operation.ending === 'none') {
		operation.ending = 'failed';
		operation.reason = 'target-lost';
	}
	nudgeSource(world, operation);
}
