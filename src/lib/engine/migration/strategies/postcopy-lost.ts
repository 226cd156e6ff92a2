import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { vmOf } from '../operation.ts';
import { loseGuest } from '../postcopy/over.ts';
import { precopyHostLost } from './precopy-lost.ts';

/**
 * A host dies during post-copy. Until the guest runs at the target it is pre-copy; from then on each side holds pages that
 * nobody else has, and either death is the guest's (QEMU docs/devel/migration/postcopy.rst).
 */
export function postcopyHostLost(world: World, operation: OperationRecord, side: 'source' | 'target'): void {
	if (vmOf(world, operation).fetch) loseGuest(world, operation, side);
	else precopyHostLost(world, operation, side);
}
