import { endCall } from '../mm/os/calls.ts';
import { osRecord } from '../mm/os/os.ts';
import type { CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { removeDriver } from '../virtio-mem/driver/probe.ts';
import { probeDrivers } from './devices.ts';

/**
 * modprobe and rmmod of virtio_mem. Both succeed whatever the devices say: a probe that fails shows in the kernel's log only
 * (recorded: the driver unloads with memory plugged and cannot be loaded for that device again).
 */
export function runModule(world: World, os: number, _module: string, action: 'load' | 'unload', call: CallRecord): void {
	if (action === 'load') probeDrivers(world, os);
	else {
		osRecord(world, os).virtioDriver = false;
		for (const device of world.r.virtioMems) if (device.os === os && device.state === 'plugged') removeDriver(world, device);
	}
	endCall(world, call, null, null);
}
