import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { clearMissing } from '../../hypervisor/missing.ts';
import { firstWord } from '../../hypervisor/dirty-log.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { writtenOf } from '../../mm/space/written.ts';
import { readStamp, stampOf, writeStamp } from '../../mm/frames.ts';
import type { OperationRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { vmOf } from '../operation.ts';

/** Faults of post-copy, planted on purpose; each happens once (faults/index.ts). */

function take(world: World, fault: string): boolean {
	const at = world.r.faults.indexOf(fault);
	if (at >= 0) world.r.faults.splice(at, 1);
	return at >= 0;
}

const heldBy = (world: World, frame: number): number => readStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK);

/** One page that was sent and written again is not thrown away: the target goes on with what it has of it. */
export function keepStale(world: World, operation: OperationRecord): void {
	if (!world.r.faults.includes('stale-discard')) return;
	const vm = vmOf(world, operation);
	const { kvmLog, sentBitmap } = world.c;
	const first = firstWord(vm);
	for (let word = 0; word < vm.pageCount / 32; word += 1) {
		const both = (kvmLog.get(first + word) & sentBitmap.get(first + word)) >>> 0;
		if (both === 0) continue;
		for (let bit = 0; bit < 32; bit += 1) {
			const gfn = word * 32 + bit;
			if ((both & ((1 << bit) >>> 0)) === 0) continue;
			const [here, there] = [operation.target, operation.source].map((host) => frameOf(world, vm, vm.instances.indexOf(host), gfn));
			if (here === undefined || there === undefined || here < 0 || heldBy(world, here) === heldBy(world, there)) continue;
			take(world, 'stale-discard');
			clearMissing(world, vm, gfn);
			return;
		}
	}
}

/** A page that the guest has written since it came is placed a second time, as the source has it. */
export function placeAgain(world: World, operation: OperationRecord, vm: VmRecord, gfn: number): void {
	if (!take(world, 'placed-twice')) return;
	const frame = frameOf(world, vm, vm.running, gfn);
	const count = writtenOf(world, vm, gfn);
	writeStamp(world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK, stampOf(operation.vm, gfn, count - 1));
}
