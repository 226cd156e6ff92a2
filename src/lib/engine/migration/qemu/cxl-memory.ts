import { PAGE_BYTES } from '../../../base/units.ts';
import { emit } from '../../sim/trace.ts';
import type { OperationRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';

/**
 * A guest with a cxl-type3 device migrates without a word, and what lay in the device's memory stays behind: its RAM block is
 * not among those that a migration sends, and neither are its decoders, so that the target's device decodes nothing and even what
 * the guest writes anew is not kept (QEMU 11.1.3, recorded: migration case 64).
 */
export function loseCxlMemory(world: World, operation: OperationRecord): void {
	const vm = world.r.vms[operation.vm];
	const cxl = world.scenario.vms[operation.vm]?.qemu?.cxl;
	if (!vm || !cxl || vm.cxlLost !== undefined) return;
	vm.cxlLost = Math.ceil(cxl.writtenBytes / PAGE_BYTES);
	const words = `lost: ${vm.cxlLost} pages that ${vm.id} wrote into the memory of its CXL device are not at the target, and the device there decodes nothing`;
	world.r.marks.push(words);
	emit(world, {
		kind: 'loss',
		rule: 'cxl-not-migrated',
		cause: operation.phaseCauseSeq,
		vm: vm.id,
		operation: operation.id,
		values: { pages: vm.cxlLost, bytes: cxl.bytes },
		text: words
	});
}

/** Pages of the device's memory in which the guest does not find what it wrote last, however often it writes. */
export function differingCxlPages(world: World, vmIndex: number): number {
	return world.r.vms[vmIndex]?.cxlLost ?? 0;
}
