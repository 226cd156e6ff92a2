import { BLOCK_BYTES } from '../../../base/units.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { logLine, osRecord } from '../os/os.ts';
import { addressOfBlock, deviceAt, driverHas, memoryBlockBytes, unitBytes } from './find.ts';
import { kickDriver } from './kick.ts';

/**
 * What a loaded virtio-mem driver has to say when a Linux memory block goes online or offline (Linux 7.2.13
 * drivers/virtio/virtio_mem.c, virtio_mem_memory_notifier_cb and virtio_mem_online_page_cb). `memoryBlock` is the id of the
 * Linux memory block.
 */

/** GOING_ONLINE: null, or the errno that the writer sees. NOTIFY_BAD is EPERM. */
export function goingOnline(world: World, os: number, memoryBlock: number, zone: ZoneName): string | null {
	const device = boundDevice(world, os, memoryBlock);
	if (!device || device.driver.mode === 'bbm') return null;
	const state = stateOf(device, memoryBlock);
	if (state === 'OFFLINE') return null;
	if (state !== 'OFFLINE_PARTIAL') return 'EPERM';
	// virtio-mem RFC v4 (seed S4): a block with holes may not become movable.
	if (osRecord(world, os).profile === 'rfc-v4-2020' && zone === 'MOVABLE') {
		logLine(world, os, `${logName(world, device)}: memory block has holes, MOVABLE not supported`);
		return 'EPERM';
	}
	return null;
}

/** While onlining: true for a 2 MiB block that stays PageOffline instead of going to the buddy allocator. */
export function keptBack(world: World, os: number, block: number): boolean {
	const addr = addressOfBlock(world, os, block);
	const at = deviceAt(world, os, addr, BLOCK_BYTES);
	const device = at < 0 ? null : (world.r.virtioMems[at] as VirtioMemRecord);
	if (!device || device.driver.state !== 'bound') return false;
	if (device.driver.mode === 'bbm') return stateOf(device, Math.floor(addr / device.driver.bigBlockBytes)) === 'FAKE_OFFLINE';
	return driverHas(world, device, addr, BLOCK_BYTES, false);
}

/** ONLINE: the block is in `zone` now. */
export function wentOnline(world: World, os: number, memoryBlock: number, zone: ZoneName): void {
	const device = boundDevice(world, os, memoryBlock);
	if (!device) return;
	const { driver } = device;
	if (driver.mode === 'sbm') {
		const movable = zone === 'MOVABLE' ? 'MOVABLE' : 'KERNEL';
		const partial = stateOf(device, memoryBlock) === 'OFFLINE_PARTIAL';
		setState(device, memoryBlock, partial ? `${movable}_PARTIAL` : movable);
	}
	driver.offlineBytes -= memoryBlockBytes(world, os);
	// Somebody onlined what was waiting: go on adding once half of the threshold is free again.
	if (!driver.running && driver.offlineBytes <= driver.offlineThreshold / 2) kickDriver(world, device);
}

/** While offlining: PageOffline pages of this 2 MiB block are skipped because their driver drops its references. */
export function dropsReferences(world: World, os: number, block: number): boolean {
	const at = deviceAt(world, os, addressOfBlock(world, os, block), BLOCK_BYTES);
	return at >= 0 && (world.r.virtioMems[at] as VirtioMemRecord).driver.state === 'bound';
}

/** OFFLINE. */
export function wentOffline(world: World, os: number, memoryBlock: number): void {
	const device = boundDevice(world, os, memoryBlock);
	if (!device) return;
	const { driver } = device;
	if (driver.mode === 'sbm') {
		const partial = stateOf(device, memoryBlock).endsWith('_PARTIAL');
		setState(device, memoryBlock, partial ? 'OFFLINE_PARTIAL' : 'OFFLINE');
	}
	driver.offlineBytes += memoryBlockBytes(world, os);
	if (!osRecord(world, os).settings.unplugOnline) kickDriver(world, device);
}

/** State of a memory block (or big block) of the device; UNUSED for those it never touched. */
export function stateOf(device: VirtioMemRecord, unit: number): string {
	return device.driver.blockStates[unit - device.driver.firstMemoryBlock] ?? 'UNUSED';
}

export function setState(device: VirtioMemRecord, unit: number, state: string): void {
	device.driver.blockStates[unit - device.driver.firstMemoryBlock] = state;
}

/** "virtio_mem virtio1": virtio0 is the machine's console; devices on the root bus are found before those behind ports. */
export function logName(world: World, device: VirtioMemRecord): string {
	const mine = world.r.virtioMems.filter((other) => other.os === device.os);
	const order = [...mine.filter((other) => other.bus === 'pcie.0'), ...mine.filter((other) => other.bus !== 'pcie.0')];
	return `virtio_mem virtio${order.indexOf(device) + 1}`;
}

/** The device with a loaded driver that this Linux memory block belongs to. */
function boundDevice(world: World, os: number, memoryBlock: number): VirtioMemRecord | null {
	const bytes = memoryBlockBytes(world, os);
	const at = deviceAt(world, os, memoryBlock * bytes, bytes);
	const device = at < 0 ? null : (world.r.virtioMems[at] as VirtioMemRecord);
	return device && device.driver.state === 'bound' && unitBytes(world, device) > 0 ? device : null;
}
