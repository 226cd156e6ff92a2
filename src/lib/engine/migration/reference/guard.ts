import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { vmOf } from '../operation.ts';

/**
 * What keeps published pages in their place (seed S0, point 2; live-migration reference 10, step 3). Each idea does what the
 * kernel makes of it: a policy and no tiering hold; one more reference makes movers put the folio back; a lock keeps pages
 * out of swap and nothing else; a long-term pin cannot hold a page of ZONE_MOVABLE at all, it moves the page out first.
 */
export type MoveTo = 'dram' | 'pool' | 'swap';

const SAYS: Readonly<Record<'reference' | 'mlock' | 'bind', string>> = {
	reference: 'one more reference on every folio: movers back off',
	mlock: 'mlock: no page goes to swap; balancing may still move them',
	bind: 'mbind, mlock, tiering off: the pages stay where they are'
};

/** Puts the guard up before the ranges are written; an idea that cannot hold refuses. */
export function putGuard(world: World, operation: OperationRecord): Outcome<null, 'unmovable-page'> {
	const { guard } = operation.parameters;
	if (guard === 'none' || operation.parameters.backing === 'dax') return ok(null);
	if (guard === 'pin')
		return refused('unmovable-page', 'a long-term pin cannot stay in ZONE_MOVABLE: it moved the pages off the pool before it held them');
	emit(world, {
		kind: 'pin',
		rule: 'guard',
		cause: operation.phaseCauseSeq,
		vm: vmOf(world, operation).id,
		operation: operation.id,
		values: { guard },
		text: SAYS[guard]
	});
	return ok(null);
}

/** The operation whose published pages the VM's source holds in place; null when nothing is published, or it is the target's already. */
export function publishedBy(world: World, vm: number): OperationRecord | null {
	const operation = world.r.operations.findLast((each) => each.vm === vm && each.state === 'running');
	if (!operation || (operation.phase !== 'publish' && operation.phase !== 'handoff')) return null;
	return vmOf(world, operation).ownerHost === operation.source ? operation : null;
}

/** The operation whose guard is up: from the publication on, for a VM that lives on the pool from the start of its move. */
export function guardingOf(world: World, vm: number): OperationRecord | null {
	const operation = world.r.operations.findLast((each) => each.vm === vm && each.state === 'running');
	if (operation?.strategy === 'resident' && vmOf(world, operation).ownerHost === operation.source) return operation;
	return publishedBy(world, vm);
}

/** Why the guard of an operation keeps a page from being moved; null when it does not. */
export function guardHolds(operation: OperationRecord, to: MoveTo): Outcome<null, 'page-stayed' | 'held-by-policy'> {
	const { guard } = operation.parameters;
	if (guard === 'reference') return refused('page-stayed', 'the guard’s extra reference: the mover puts the folio back');
	if (guard === 'bind') return refused('held-by-policy', 'mbind and mlock hold it, and tiering is off');
	if (guard === 'mlock' && to === 'swap') return refused('held-by-policy', 'mlock keeps it out of swap');
	return ok(null);
}
