import { assert } from '../../base/assert.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { cxlOf } from '../cxl/find.ts';
import { kmemRange } from '../cxl/dax.ts';
import { removeMemory } from '../mm/blocks/add.ts';
import { offlineNow } from '../mm/blocks/offline.ts';
import { blocksOf, blockState, pagesPerBlock } from '../mm/blocks/sections.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { rebuildCxl } from './cxl-build.ts';
import { machineOf } from './machine-of.ts';
import { freeKernelPages } from './old-kernel.ts';

/**
 * A reset and CXL: memory that kmem had added is gone with the old kernel, decoders are empty (QEMU 10.2
 * hw/mem/cxl_type3.c, ct3d_reset; recorded in dcd-qmp), regions are to be made anew; what the devices hold stays.
 */
export function resetCxl(world: World, os: number): void {
	const cxl = cxlOf(world, os);
	if (cxl === null) return;
	const ranges = [...cxl.daxes.filter((dax) => dax.driver === 'kmem').map((dax) => kmemRange(world, os, dax)), ...cxl.leaks];
	const unit = pagesPerBlock(world, os) * PAGE_BYTES;
	for (const { start, bytes } of ranges) {
		for (let at = start + bytes - unit; at >= start; at -= unit) {
			if (blockState(world, os, at / unit) !== 'online') continue;
			const { first, count } = blocksOf(world, os, at / unit);
			freeKernelPages(world, os, first, count);
			const refused = offlineNow(world, os, at / unit);
			assert(refused === null, `memory${at / unit} outlives the reset: ${refused ?? ''}`);
		}
		removeMemory(world, os, start, bytes);
	}
	for (const node of osRecord(world, os).nodes) delete node.lowTier;
	rebuildCxl(world, os, machineOf(world, os));
}
