import { BLOCK_BYTES } from '../../../base/units.ts';
import { addMemory } from '../../mm/blocks/add.ts';
import { fakeOnline } from '../../mm/blocks/contig.ts';
import { blockAtAddress, driverHas, memoryBlockBytes, subBlockAddress, subBlocksPerBlock } from '../../mm/drivers/find.ts';
import { logName, setState, stateOf } from '../../mm/drivers/notifier.ts';
import { logLine, osRecord } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { addBlockNs, plugNs } from './cost.ts';
import { sendPlug, sendUnplug, type Errno } from './send.ts';
import { goOn, note, over, setNote, type Step } from './step.ts';

/**
 * Plugging in sub-block mode (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_sbm_plug_request). The run's notes: `left`
 * sub-blocks to plug, `stage` 0 partly plugged blocks, 1 unused ones, 2 new ones, `cursor` in stage 1.
 */
const PARTIAL_STATES = ['KERNEL_PARTIAL', 'MOVABLE_PARTIAL', 'OFFLINE_PARTIAL'] as const;

/** One request, or the end. */
export function plugSubBlocks(world: World, device: VirtioMemRecord): Step {
	if (note(device, 'left') === 0) return over(null);
	if (note(device, 'stage') === 0) {
		const partial = firstPartial(device);
		if (partial >= 0) return fillBlock(world, device, partial);
		setNote(device, 'stage', 1);
		setNote(device, 'cursor', 0);
	}
	if (note(device, 'stage') === 1) {
		const unused = device.driver.blockStates.indexOf('UNUSED', note(device, 'cursor'));
		if (unused >= 0) {
			if (!mayAdd(world, device)) return over('ENOSPC');
			setNote(device, 'cursor', unused + 1);
			return plugAndAdd(world, device, device.driver.firstMemoryBlock + unused);
		}
		setNote(device, 'stage', 2);
	}
	if (!mayAdd(world, device)) return over('ENOSPC');
	const next = device.driver.firstMemoryBlock + device.driver.blockStates.length;
	if (next >= device.driver.endMemoryBlock) return over('ENOSPC');
	setState(device, next, 'UNUSED');
	return plugAndAdd(world, device, next);
}

function firstPartial(device: VirtioMemRecord): number {
	for (const state of PARTIAL_STATES) {
		const at = device.driver.blockStates.indexOf(state);
		if (at >= 0) return device.driver.firstMemoryBlock + at;
	}
	return -1;
}

/** The lowest run of unplugged sub-blocks of a partly plugged block, in one request; online pages go to the buddy at once. */
function fillBlock(world: World, device: VirtioMemRecord, memoryBlock: number): Step {
	const { subBlockBytes } = device.driver;
	const count = subBlocksPerBlock(world, device);
	const left = note(device, 'left');
	const has = (at: number): boolean => driverHas(world, device, subBlockAddress(world, device, memoryBlock, at), subBlockBytes, true);
	let first = 0;
	while (first < count && has(first)) first += 1;
	let length = first < count ? 1 : 0;
	while (length > 0 && length < left && first + length < count && !has(first + length)) length += 1;
	if (length === 0) {
		becomeFull(device, memoryBlock);
		return goOn(0);
	}
	const addr = subBlockAddress(world, device, memoryBlock, first);
	const bytes = length * subBlockBytes;
	const errno = sendPlug(world, device, addr, bytes);
	if (errno !== null) return over(errno);
	setNote(device, 'left', left - length);
	if (stateOf(device, memoryBlock) !== 'OFFLINE_PARTIAL')
		fakeOnline(world, device.os, blockAtAddress(world, device.os, addr), bytes / BLOCK_BYTES);
	if (driverHas(world, device, subBlockAddress(world, device, memoryBlock, 0), count * subBlockBytes, true))
		becomeFull(device, memoryBlock);
	return goOn(plugNs(world, bytes));
}

function becomeFull(device: VirtioMemRecord, memoryBlock: number): void {
	setState(device, memoryBlock, stateOf(device, memoryBlock).replace('_PARTIAL', ''));
}

/** Plugs the first sub-blocks of a fresh memory block, then adds it to Linux, which may online it at once. */
function plugAndAdd(world: World, device: VirtioMemRecord, memoryBlock: number): Step {
	const { driver } = device;
	const perBlock = subBlocksPerBlock(world, device);
	const count = Math.min(note(device, 'left'), perBlock);
	const addr = subBlockAddress(world, device, memoryBlock, 0);
	const bytes = count * driver.subBlockBytes;
	const errno = sendPlug(world, device, addr, bytes);
	if (errno !== null) return over(errno);
	setState(device, memoryBlock, count === perBlock ? 'OFFLINE' : 'OFFLINE_PARTIAL');
	const failed = addToLinux(world, device, addr, memoryBlockBytes(world, device.os));
	if (failed !== null) {
		setState(device, memoryBlock, sendUnplug(world, device, addr, bytes) === null ? 'UNUSED' : 'PLUGGED');
		return over(failed);
	}
	setNote(device, 'left', note(device, 'left') - count);
	return goOn(addBlockNs(world, memoryBlockBytes(world, device.os)));
}

/** add_memory of the device's dynamic memory group; what is offline counts until somebody onlines it. */
export function addToLinux(world: World, device: VirtioMemRecord, addr: number, bytes: number): Errno | null {
	const { driver, os } = device;
	driver.offlineBytes += bytes;
	const errno = addMemory(world, os, { addr, bytes, node: device.node, group: device.group });
	if (errno === null) return null;
	driver.offlineBytes -= bytes;
	logLine(world, os, `${logName(world, device)}: adding memory failed: -${errno}`);
	return errno === 'ENOMEM' ? 'ENOMEM' : 'EINVAL';
}

/**
 * Whether one more memory block may wait for being onlined. The older series counted blocks instead of bytes: at most ten
 * (first merged version of the driver, Linux 5.8; RFC v4 is close to it).
 */
export function mayAdd(world: World, device: VirtioMemRecord): boolean {
	const { driver } = device;
	if (osRecord(world, device.os).profile === 'rfc-v4-2020')
		return driver.blockStates.filter((state) => state === 'OFFLINE' || state === 'OFFLINE_PARTIAL').length < 10;
	const bytes = driver.mode === 'sbm' ? memoryBlockBytes(world, device.os) : driver.bigBlockBytes;
	return driver.offlineBytes + bytes <= driver.offlineThreshold;
}
