import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { writtenOf } from '../mm/space/written.ts';
import { stampOf, writeStamp } from '../mm/frames.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { vmOf } from './operation.ts';

/** Leaves in memory what the page held one write ago: a line that never left a cache. */
export function staleLine(world: World, operation: OperationRecord, gfn: number): void {
	const vm = vmOf(world, operation);
	const frame = frameOf(world, vm, vm.running, gfn);
	const count = writtenOf(world, vm, gfn);
	writeStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK, stampOf(operation.vm, gfn, count - 1));
}
