import { setBits } from '../../mm/drivers/device-blocks.ts';
import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { request, type Answer } from '../requests.ts';

/**
 * The driver's side of a request (Linux 7.2.13 drivers/virtio/virtio_mem.c, virtio_mem_send_*_request): nothing is sent once
 * the configuration changed, and each answer becomes an errno of the run.
 */

export type Errno = 'EAGAIN' | 'EBUSY' | 'EINVAL' | 'ENOMEM' | 'ENOSPC' | 'ETXTBSY';

const ERRNO: Readonly<Record<Answer, Errno | null>> = { ACK: null, NACK: 'EAGAIN', BUSY: 'ETXTBSY', ERROR: 'EINVAL' };
/** NACK is no answer to UNPLUG: the driver's default for what it does not expect. */
const UNEXPECTED: Errno = 'ENOMEM';

export function sendPlug(world: World, device: VirtioMemRecord, addr: number, bytes: number): Errno | null {
	if (device.driver.configChanged) return 'EAGAIN';
	const errno = ERRNO[request(world, device, 'PLUG', addr, bytes, causeOf(device))];
	if (errno === null) setBits(world.c.driverPlugged, device, (addr - device.addr) / device.blockBytes, bytes / device.blockBytes, true);
	return errno;
}

export function sendUnplug(world: World, device: VirtioMemRecord, addr: number, bytes: number): Errno | null {
	if (device.driver.configChanged) return 'EAGAIN';
	const answer = request(world, device, 'UNPLUG', addr, bytes, causeOf(device));
	if (answer === 'NACK') return UNEXPECTED;
	const errno = ERRNO[answer];
	if (errno === null) setBits(world.c.driverPlugged, device, (addr - device.addr) / device.blockBytes, bytes / device.blockBytes, false);
	return errno;
}

/** Starts from nothing: after a reload, or after a reset that found the device busy. */
export function sendUnplugAll(world: World, device: VirtioMemRecord): Errno | null {
	const answer = request(world, device, 'UNPLUG_ALL', device.addr, 0, causeOf(device));
	if (answer === 'BUSY') return 'ETXTBSY';
	if (answer !== 'ACK') return UNEXPECTED;
	setBits(world.c.driverPlugged, device, 0, device.regionBytes / device.blockBytes, false);
	device.driver.unplugAllRequired = false;
	// The usable region might have shrunk.
	device.driver.configChanged = true;
	return null;
}

/** Record of what made the driver run. */
export function causeOf(device: VirtioMemRecord): number | null {
	const cause = device.driver.work['cause'];
	return typeof cause === 'number' ? cause : null;
}
