import { removeMemory } from '../../mm/blocks/add.ts';
import { offlineNow } from '../../mm/blocks/offline.ts';
import { blockState } from '../../mm/blocks/sections.ts';
import { memoryBlockBytes } from '../../mm/drivers/find.ts';
import { kickDriver } from '../../mm/drivers/kick.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';

/**
 * offline_and_remove_memory for a range of whole memory blocks that hold nothing any more (Linux 7.2.13 mm/memory_hotplug.c):
 * all go offline, or those that did are onlined again by nobody and the caller tries later. True when they are gone; then the
 * driver looks at its work once more at once.
 */
export function offlineAndRemove(world: World, device: VirtioMemRecord, addr: number, bytes: number): boolean {
	const { os } = device;
	const size = memoryBlockBytes(world, os);
	for (let at = addr; at < addr + bytes; at += size) {
		const id = at / size;
		if (blockState(world, os, id) === 'online' && offlineNow(world, os, id) !== null) return false;
	}
	if (removeMemory(world, os, addr, bytes) !== null) return false;
	device.driver.offlineBytes -= bytes;
	kickDriver(world, device);
	return true;
}
