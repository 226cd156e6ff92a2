import { SectionState } from '../contract/words.ts';
import { allBits, blockCountOf, countBits } from '../mm/drivers/device-blocks.ts';
import { blockAtAddress, driverHas, memoryBlockBytes, subBlockAddress, subBlocksPerBlock } from '../mm/drivers/find.ts';
import { sectionOfBlock } from '../mm/os/os.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/** Statements about virtio-mem devices and their drivers. */

const plugged = (world: World): VirtioMemRecord[] => world.r.virtioMems.filter((device) => device.state === 'plugged');

/** Size = plugged blocks; sizes are whole blocks in their order; nothing is plugged beyond the usable region. */
export function virtioSizes(world: World): string | null {
	for (const device of plugged(world)) {
		const { blockBytes, usableBytes, regionBytes, pluggedBytes } = device;
		if (countBits(world.c.devicePlugged, device) * blockBytes !== pluggedBytes) return `${device.id}: the bitmap does not hold its size`;
		if (pluggedBytes > usableBytes || usableBytes > regionBytes)
			return `${device.id}: ${pluggedBytes} plugged of ${usableBytes} usable of ${regionBytes}`;
		if (device.requestedBytes > 0 && usableBytes < Math.min(device.requestedBytes, regionBytes))
			return `${device.id}: usable is below the request`;
		const first = usableBytes / blockBytes;
		if (!allBits(world.c.devicePlugged, device, first, blockCountOf(device) - first, false))
			return `${device.id}: plugged beyond the usable region`;
	}
	return null;
}

/** A bound driver believes what the device says, and its states say what is plugged, in Linux and online. */
export function virtioStates(world: World): string | null {
	for (const device of plugged(world)) {
		const { driver } = device;
		if (driver.state !== 'bound' || driver.unplugAllRequired) continue;
		if (countBits(world.c.driverPlugged, device) * device.blockBytes !== device.pluggedBytes)
			return `${device.id}: driver and device disagree`;
		const wrong = driver.mode === 'sbm' ? wrongBlock(world, device) : wrongBigBlock(world, device);
		if (wrong !== null) return `${device.id}: ${wrong}`;
	}
	return null;
}

function wrongBlock(world: World, device: VirtioMemRecord): string | null {
	const { driver, os } = device;
	const bytes = memoryBlockBytes(world, os);
	let offlineBytes = 0;
	for (const [at, state] of driver.blockStates.entries()) {
		const block = driver.firstMemoryBlock + at;
		const addr = subBlockAddress(world, device, block, 0);
		const section = world.c.memoryBlockState.get(sectionOfBlock(blockAtAddress(world, os, addr)));
		const all = driverHas(world, device, addr, subBlocksPerBlock(world, device) * driver.subBlockBytes, true);
		const none = driverHas(world, device, addr, bytes, false);
		const online = section === SectionState.online || section === SectionState.goingOffline;
		if (state === 'UNUSED' || state === 'PLUGGED') {
			if (section !== SectionState.absent) return `memory${block} is ${state} and in Linux`;
			if (state === 'UNUSED' && !none) return `memory${block} is UNUSED and plugged`;
			continue;
		}
		if (section === SectionState.offline) offlineBytes += bytes;
		if (state.startsWith('OFFLINE') === online) return `memory${block} is ${state}, Linux says otherwise`;
		if (state.endsWith('_PARTIAL') === all) return `memory${block} is ${state}, its sub-blocks say otherwise`;
	}
	return offlineBytes === driver.offlineBytes ? null : `${offlineBytes} B offline, the driver counts ${driver.offlineBytes}`;
}

function wrongBigBlock(world: World, device: VirtioMemRecord): string | null {
	const { driver, os } = device;
	for (const [at, state] of driver.blockStates.entries()) {
		const addr = (driver.firstMemoryBlock + at) * driver.bigBlockBytes;
		const section = world.c.memoryBlockState.get(sectionOfBlock(blockAtAddress(world, os, addr)));
		if ((state === 'ADDED' || state === 'FAKE_OFFLINE') !== (section !== SectionState.absent))
			return `big block ${driver.firstMemoryBlock + at} is ${state}`;
		if (!driverHas(world, device, addr, driver.bigBlockBytes, state !== 'UNUSED'))
			return `big block ${driver.firstMemoryBlock + at} is ${state}`;
	}
	return null;
}
