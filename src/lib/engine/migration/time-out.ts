import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { noticeNs } from './notice.ts';
import { hostName, vmOf } from './operation.ts';

/**
 * A source that waits for a target in vain takes its proposal, or the VM, back (live-migration reference 10, steps 5, 6 and 7').
 * Dead, standing still and cut off look alike to it: what is done by compare-and-swap may be done for any of them.
 */

/** In the place of an actor: the time is over. */
export const WAITED = 2;

/** The target's next step is held back: it stands still, or does not reach the words. */
export const isSilent = (world: World, operation: OperationRecord): boolean =>
	operation.unreadable === true ||
	(world.r.rack?.held.some((each) => each.kind === EventKind.handOff && each.a === operation.id && each.b === 1) ?? false);

/** The target has gone silent: the source counts from now on. One that says that it will not come is heard at once. */
export function missTarget(world: World, operation: OperationRecord, afterNs = noticeNs(world)): void {
	schedule(world, world.r.nowNs + afterNs, EventKind.handOff, operation.id, WAITED);
}

/** The time is over. True when the source still waits and the target is still silent: the move is to be given up. */
export function waitedInVain(world: World, operation: OperationRecord): boolean {
	const waits = operation.actors?.source.step;
	if ((waits !== 'await-prepared' && waits !== 'await-commit') || operation.ending !== 'none' || !isSilent(world, operation)) return false;
	operation.ending = 'failed';
	operation.reason = operation.unreadable ? 'checksum-mismatch' : 'target-lost';
	const target = hostName(world, operation.target);
	const why = operation.unreadable
		? `${target} cannot read the vCPU state`
		: `${target} has been silent for ${Math.round(noticeNs(world) / 1e6)} ms`;
	emit(world, {
		kind: 'step',
		rule: 'hand-off-time-out',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		host: hostName(world, operation.source),
		values: { step: 'time-out', actor: 'source', reason: operation.reason },
		text: `${why}: ${hostName(world, operation.source)} takes ${waits === 'await-commit' ? 'the VM' : 'its proposal'} back`
	});
	return true;
}
