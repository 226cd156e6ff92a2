import { BLOCK_BYTES } from '../../../base/units.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { BLOCKS_PER_SECTION, osRecord } from '../os/os.ts';
import { allBits } from './device-blocks.ts';

/** Which virtio-mem device, memory block and sub-block an address of a machine belongs to. */

const SECTION_BYTES = BLOCKS_PER_SECTION * BLOCK_BYTES;

export function memoryBlockBytes(world: World, os: number): number {
	return osRecord(world, os).sectionsPerBlock * SECTION_BYTES;
}

/** Index of the device whose region overlaps the range, −1 for none. */
export function deviceAt(world: World, os: number, addr: number, bytes: number): number {
	return world.r.virtioMems.findIndex(
		(device) => device.os === os && device.state === 'plugged' && addr < device.addr + device.regionBytes && addr + bytes > device.addr
	);
}

/** Physical address of a global 2 MiB block of this machine. */
export function addressOfBlock(world: World, os: number, block: number): number {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number };
	return (block - memory.firstBlock) * BLOCK_BYTES;
}

/** Global 2 MiB block at a physical address of this machine. */
export function blockAtAddress(world: World, os: number, addr: number): number {
	const memory = world.r.memories[osRecord(world, os).memory] as { firstBlock: number };
	return memory.firstBlock + Math.floor(addr / BLOCK_BYTES);
}

/** Size of what the driver's list of states counts: a memory block, or a big block. */
export function unitBytes(world: World, device: VirtioMemRecord): number {
	return device.driver.mode === 'sbm' ? memoryBlockBytes(world, device.os) : device.driver.bigBlockBytes;
}

/** Whether the driver believes that the whole range is plugged (or, with `value` false, unplugged). */
export function driverHas(world: World, device: VirtioMemRecord, addr: number, bytes: number, value: boolean): boolean {
	const from = (addr - device.addr) / device.blockBytes;
	return allBits(world.c.driverPlugged, device, Math.floor(from), Math.max(1, bytes / device.blockBytes), value);
}

export const subBlocksPerBlock = (world: World, device: VirtioMemRecord): number =>
	memoryBlockBytes(world, device.os) / device.driver.subBlockBytes;

/** Address of a sub-block by memory block id and number inside it. */
export function subBlockAddress(world: World, device: VirtioMemRecord, memoryBlock: number, subBlock: number): number {
	return memoryBlock * memoryBlockBytes(world, device.os) + subBlock * device.driver.subBlockBytes;
}
