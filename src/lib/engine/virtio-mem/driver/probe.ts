import { MIB, PAGE_BYTES } from '../../../base/units.ts';
import { costNs } from '../../costs/cost-model.ts';
import { removeMemory } from '../../mm/blocks/add.ts';
import { nodeTold } from '../../mm/boot/nodes-told.ts';
import { blockCountOf, setBits } from '../../mm/drivers/device-blocks.ts';
import { memoryBlockBytes } from '../../mm/drivers/find.ts';
import { kickDriver } from '../../mm/drivers/kick.ts';
import { logName, setState } from '../../mm/drivers/notifier.ts';
import { logLine, osRecord } from '../../mm/os/os.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { isPowerOfTwo } from '../properties.ts';
import { finishRun } from './run.ts';

/** The driver finds the device, or leaves it (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_probe and _remove). */

/** pageblock_order 9. RFC v4 worked in the largest chunk of the buddy allocator, 4 MiB (seed S4). */
const SUB_BLOCK_BYTES = { 'linux-7.2': 2 * MIB, 'rfc-v4-2020': 4 * MIB } as const;
/** VIRTIO_MEM_DEFAULT_OFFLINE_THRESHOLD. */
const OFFLINE_THRESHOLD_BYTES = 1024 * MIB;

/** Binds the driver. What an earlier driver left in Linux makes it fail: reloading is not supported then. */
export function probeDriver(world: World, device: VirtioMemRecord): void {
	const { driver, os } = device;
	const record = osRecord(world, os);
	const name = logName(world, device);
	const say = (text: string): void => logLine(world, os, `${name}: ${text}`);
	const hex = (bytes: number): string => `0x${bytes.toString(16)}`;
	const blockBytes = memoryBlockBytes(world, os);
	say(`start address: ${hex(device.addr)}`);
	say(`region size: ${hex(device.regionBytes)}`);
	say(`device block size: ${hex(device.blockBytes)}`);
	say(`nid: ${nodeTold(world, os, device.node)}`);
	if (device.addr % blockBytes !== 0) say('The alignment of the physical start address can make some memory unusable.');
	if ((device.addr + device.regionBytes) % blockBytes !== 0)
		say('The alignment of the physical end address can make some memory unusable.');
	const subBlockBytes = Math.max(device.blockBytes, SUB_BLOCK_BYTES[record.profile]);
	const old = record.profile === 'rfc-v4-2020';
	const sbm = subBlockBytes < blockBytes && (old || !record.settings.forceBbm);
	const bigBlockBytes = bigBlock(device, blockBytes, record.settings.bbmBlockSize, say);
	say(`memory block size: ${hex(blockBytes)}`);
	say(sbm ? `subblock size: ${hex(subBlockBytes)}` : `big block size: ${hex(bigBlockBytes)}`);
	if (driver.state === 'removed') {
		say('could not reserve device region');
		say('reloading the driver is not supported');
		say('probe with driver virtio_mem failed with error -16');
		return;
	}
	if (old && !sbm) {
		// The series knew sub-blocks only: nothing to gain below one memory block.
		say('probe with driver virtio_mem failed with error -22');
		return;
	}
	const unit = sbm ? blockBytes : bigBlockBytes;
	device.driver = {
		...driver,
		state: 'bound',
		mode: sbm ? 'sbm' : 'bbm',
		subBlockBytes,
		bigBlockBytes: sbm ? 0 : bigBlockBytes,
		firstMemoryBlock: Math.ceil(device.addr / unit),
		endMemoryBlock: 0,
		blockStates: [],
		offlineBytes: 0,
		offlineThreshold: Math.max(OFFLINE_THRESHOLD_BYTES, 2 * unit),
		retryNs: costNs(world.costs, 'virtioMemRetryMinS'),
		timerNs: -1,
		running: false,
		configChanged: true,
		unplugAllRequired: device.pluggedBytes > 0,
		lastResult: '',
		work: {}
	};
	// A fresh driver knows of nothing that is plugged.
	setBits(world.c.driverPlugged, device, 0, blockCountOf(device), false);
	if (device.pluggedBytes > 0) say('unplugging all memory is required');
	record.groups.push({
		kind: 'dynamic',
		node: nodeTold(world, os, device.node),
		device: device.id,
		unitPages: unit / PAGE_BYTES,
		kernelPages: 0,
		movablePages: 0
	});
	device.group = record.groups.length - 1;
	kickDriver(world, device);
}

function bigBlock(device: VirtioMemRecord, blockBytes: number, wanted: number, say: (text: string) => void): number {
	const least = Math.max(device.blockBytes, blockBytes);
	if (wanted === 0) return least;
	if (!isPowerOfTwo(wanted)) say('bbm_block_size is not a power of 2');
	else if (wanted < least) say('bbm_block_size is too small');
	else return wanted;
	return least;
}

/**
 * The driver is unloaded: partly plugged blocks that are offline leave Linux, everything else stays where it is, and stays
 * plugged. Only a device without any memory in Linux can have a driver again.
 */
export function removeDriver(world: World, device: VirtioMemRecord): void {
	const { driver, os } = device;
	if (driver.state !== 'bound' && driver.state !== 'broken') {
		if (driver.state === 'removed') return;
		driver.state = 'absent';
		return;
	}
	finishRun(world, device);
	const bytes = memoryBlockBytes(world, os);
	if (driver.mode === 'sbm')
		for (const [at, state] of driver.blockStates.entries()) {
			if (state !== 'OFFLINE_PARTIAL') continue;
			const block = driver.firstMemoryBlock + at;
			if (removeMemory(world, os, block * bytes, bytes) === null) setState(device, block, 'UNUSED');
		}
	const left = driver.blockStates.some((state) => state !== 'UNUSED' && state !== 'PLUGGED');
	if (left) logLine(world, os, `${logName(world, device)}: device still has system memory added`);
	driver.state = left ? 'removed' : 'absent';
	driver.running = false;
	driver.timerNs = -1;
	driver.generation += 1;
	driver.work = {};
}
