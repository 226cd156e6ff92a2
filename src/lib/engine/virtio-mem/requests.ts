import { formatAddress } from '../../base/address.ts';
import { allBits, setBits } from '../mm/drivers/device-blocks.ts';
import { osRecord } from '../mm/os/os.ts';
import { emit } from '../sim/trace.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { sizeChanged } from './size-event.ts';
import { resizeUsable } from './usable.ts';

/**
 * The device's side of the one virtqueue (QEMU 10.0.13 hw/virtio/virtio-mem.c): each request is checked in this order and
 * answered at once. UNPLUG is not limited by the requested size: a driver may go below it.
 */

export type RequestType = 'PLUG' | 'UNPLUG' | 'UNPLUG_ALL' | 'STATE';
export type Answer = 'ACK' | 'NACK' | 'BUSY' | 'ERROR';
export type BlockState = 'PLUGGED' | 'UNPLUGGED' | 'MIXED';

/** Most requests that the record remembers; the size over time is in the events. */
const REMEMBERED = 64;
/** nb_blocks is 16 bits wide (virtio specification, device-types/mem). */
export const MOST_BLOCKS = 0xffff;

export function request(
	world: World,
	device: VirtioMemRecord,
	type: 'PLUG' | 'UNPLUG' | 'UNPLUG_ALL',
	addr: number,
	bytes: number,
	cause: number | null
): Answer {
	const blocks = type === 'UNPLUG_ALL' ? 0 : bytes / device.blockBytes;
	const before = device.pluggedBytes;
	const answer = type === 'UNPLUG_ALL' ? unplugAll(world, device) : changeState(world, device, type === 'PLUG', addr, bytes);
	device.requests.push({ atNs: world.r.nowNs, type, addr, blocks, answer });
	if (device.requests.length > REMEMBERED) device.requests.shift();
	const seq = emit(world, {
		kind: 'request',
		rule: answer === 'BUSY' ? 'virtio-busy' : 'virtio-request',
		cause,
		host: osRecord(world, device.os).id,
		vm: null,
		values: { device: device.id, type, addr, blocks, answer, sizeBytes: device.pluggedBytes },
		text: `${device.id}: ${type}${type === 'UNPLUG_ALL' ? '' : ` ${blocks} at ${formatAddress(addr)}`}: ${answer}`
	});
	if (device.pluggedBytes !== before) sizeChanged(world, device, seq);
	return answer;
}

/** The STATE request, which Linux sends from its crash kernel only. */
export function stateRequest(
	world: World,
	device: VirtioMemRecord,
	addr: number,
	bytes: number
): { answer: Answer; state: BlockState | null } {
	if (!isValidRange(device, addr, bytes)) return { answer: 'ERROR', state: null };
	const from = (addr - device.addr) / device.blockBytes;
	const count = bytes / device.blockBytes;
	if (allBits(world.c.devicePlugged, device, from, count, true)) return { answer: 'ACK', state: 'PLUGGED' };
	return { answer: 'ACK', state: allBits(world.c.devicePlugged, device, from, count, false) ? 'UNPLUGGED' : 'MIXED' };
}

function changeState(world: World, device: VirtioMemRecord, plug: boolean, addr: number, bytes: number): Answer {
	if (!isValidRange(device, addr, bytes)) return 'ERROR';
	if (plug && device.pluggedBytes + bytes > device.requestedBytes) return 'NACK';
	const from = (addr - device.addr) / device.blockBytes;
	const count = bytes / device.blockBytes;
	if (!allBits(world.c.devicePlugged, device, from, count, !plug)) return 'ERROR';
	if (isBusy(world, device)) return 'BUSY';
	setBits(world.c.devicePlugged, device, from, count, plug);
	device.pluggedBytes += plug ? bytes : -bytes;
	return 'ACK';
}

/** With nothing plugged it is ACK even during a migration. The usable region may shrink here. */
function unplugAll(world: World, device: VirtioMemRecord): Answer {
	if (device.pluggedBytes > 0 && isBusy(world, device)) return 'BUSY';
	clearAll(world, device);
	return 'ACK';
}

/** Everything unplugged, the usable region computed anew; the caller has looked whether the device is busy. */
export function clearAll(world: World, device: VirtioMemRecord): void {
	setBits(world.c.devicePlugged, device, 0, device.regionBytes / device.blockBytes, false);
	device.pluggedBytes = 0;
	resizeUsable(device, device.requestedBytes, true);
}

/** A migration under way in any phase on the source, or an incoming postcopy. */
export function isBusy(world: World, device: VirtioMemRecord): boolean {
	return osRecord(world, device.os).migrating !== 'none';
}

function isValidRange(device: VirtioMemRecord, addr: number, bytes: number): boolean {
	if (addr % device.blockBytes !== 0 || bytes <= 0 || bytes % device.blockBytes !== 0) return false;
	if (bytes / device.blockBytes > MOST_BLOCKS) return false;
	return addr >= device.addr && addr + bytes <= device.addr + device.usableBytes;
}
