import { NS_PER_MS } from '../../base/units.ts';
import { KernelTimer } from '../mm/os/timers.ts';
import { osRecord } from '../mm/os/os.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { removeDriver } from '../virtio-mem/driver/probe.ts';
import { tell } from './tell.ts';

/** device_del of a virtio-mem device (QEMU 10.0.13 hw/virtio/virtio-mem.c, virtio_mem_unplug_request_check). */

/**
 * From the request to DEVICE_DELETED: q35 hot-unplugs behind root ports by ACPI (hw/acpi/pcihp.c), which asks nobody and
 * waits for nothing. Our simplification: one figure, that of a DIMM's notification.
 */
const EJECT_NS = NS_PER_MS;

/** Null when the request is on its way, else QEMU's text. */
export function unplugVirtioMem(world: World, device: VirtioMemRecord): string | null {
	const record = osRecord(world, device.os);
	if (device.bus === 'pcie.0') return `Bus '${device.bus}' does not support hotplugging`;
	if (record.migrating !== 'none') return 'device_del not allowed while migrating';
	if (device.leaving) return `Device ${device.id} is already in the process of unplug`;
	if (device.unpluggedInaccessible !== 'on') return "virtio-mem device cannot get unplugged while 'unplugged-inaccessible' != 'on'";
	if (device.pluggedBytes > 0) return 'virtio-mem device cannot get unplugged while some of its memory is still plugged';
	if (device.requestedBytes > 0) return "virtio-mem device cannot get unplugged while 'requested-size' != '0'";
	device.leaving = true;
	schedule(world, world.r.nowNs + EJECT_NS, EventKind.kernelTimer, world.r.virtioMems.indexOf(device), KernelTimer.deviceGone);
	return null;
}

/** The guest let go of it. */
export function deviceGone(world: World, index: number): void {
	const device = world.r.virtioMems[index];
	if (!device || device.state === 'gone') return;
	const record = osRecord(world, device.os);
	removeDriver(world, device);
	device.driver.state = 'absent';
	device.state = 'gone';
	const backend = record.backends.find((candidate) => candidate.id === device.memdev);
	if (backend) backend.usedBy = null;
	tell(world, record, 'DEVICE_DELETED', { path: `/machine/peripheral/${device.id}/virtio-backend` });
	tell(world, record, 'DEVICE_DELETED', { device: device.id, path: `/machine/peripheral/${device.id}` });
}
