import { NS_PER_S } from '../../base/units.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import { KernelTimer } from '../mm/os/timers.ts';
import { osRecord } from '../mm/os/os.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';

/**
 * MEMORY_DEVICE_SIZE_CHANGE, limited to one a second and device (QEMU 10.0.13 monitor/monitor.c): the first goes out at once,
 * the last of those that come within the second when it is over, and then the next second begins.
 */
const PERIOD_NS = NS_PER_S;
/** Most events that the record remembers. */
const REMEMBERED = 256;

export function sizeChanged(world: World, device: VirtioMemRecord, cause: number | null): void {
	if (device.eventSentNs >= 0) {
		device.eventWaiting = device.pluggedBytes;
		return;
	}
	send(world, device, device.pluggedBytes, cause);
}

/** The second is over. */
export function sizeEventDue(world: World, index: number): void {
	const device = world.r.virtioMems[index];
	if (!device || device.eventSentNs < 0) return;
	if (device.eventWaiting < 0) {
		device.eventSentNs = -1;
		return;
	}
	const size = device.eventWaiting;
	device.eventWaiting = -1;
	send(world, device, size, null);
}

function send(world: World, device: VirtioMemRecord, size: number, cause: number | null): void {
	const { nowNs } = world.r;
	device.eventSentNs = nowNs;
	device.events.push({ atNs: nowNs, size });
	if (device.events.length > REMEMBERED) device.events.shift();
	emit(world, {
		kind: 'request',
		rule: 'size-event',
		cause,
		host: osRecord(world, device.os).id,
		vm: null,
		values: { device: device.id, event: 'MEMORY_DEVICE_SIZE_CHANGE', sizeBytes: size },
		text: `MEMORY_DEVICE_SIZE_CHANGE ${device.id} ${size}`
	});
	schedule(world, nowNs + PERIOD_NS, EventKind.kernelTimer, world.r.virtioMems.indexOf(device), KernelTimer.sizeEvent);
}
