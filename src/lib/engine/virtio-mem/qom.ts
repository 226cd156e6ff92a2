import { kickDriver } from '../mm/drivers/kick.ts';
import { osRecord } from '../mm/os/os.ts';
import { emit } from '../sim/trace.ts';
import type { JsonValue, VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { resizeUsable } from './usable.ts';

/** Properties of a realized device, read and written through the monitor (QEMU 10.0.13 hw/virtio/virtio-mem.c). */

const READERS: Readonly<Record<string, (device: VirtioMemRecord) => JsonValue>> = {
	size: (device) => device.pluggedBytes,
	'requested-size': (device) => device.requestedBytes,
	'block-size': (device) => device.blockBytes,
	memaddr: (device) => device.addr,
	node: (device) => device.node,
	memdev: (device) => `/objects/${device.memdev}`,
	prealloc: (device) => device.prealloc,
	'dynamic-memslots': (device) => device.dynamicMemslots,
	'unplugged-inaccessible': (device) => device.unpluggedInaccessible,
	id: (device) => device.id,
	realized: (device) => device.state === 'plugged',
	hotpluggable: () => true,
	type: () => 'virtio-mem-pci'
};
/** The message names the inner device, which has no id. */
const AFTER_REALIZE: ReadonlySet<string> = new Set(['memaddr', 'node', 'prealloc', 'dynamic-memslots', 'unplugged-inaccessible']);

export const propertyNames = (): string[] => Object.keys(READERS);

export type PropertyAnswer = { readonly value: JsonValue } | { readonly error: string };

export function getProperty(device: VirtioMemRecord, name: string): PropertyAnswer {
	const read = READERS[name];
	return read ? { value: read(device) } : { error: `Property 'virtio-mem-pci.${name}' not found` };
}

/** `value` as the monitor read it. Null when it was set, else QEMU's text. */
export function setProperty(world: World, device: VirtioMemRecord, name: string, value: JsonValue, cause: number | null): string | null {
	if (name === 'requested-size') return setRequested(world, device, value, cause);
	if (name === 'block-size') return "'block-size' cannot be changed";
	if (name === 'size') return "Property 'virtio-mem.size' is not writable";
	if (name === 'memdev') return "Attempt to set link property 'memdev' on device '(null)' (type 'virtio-mem') after it was realized";
	if (AFTER_REALIZE.has(name)) return `Attempt to set property '${name}' on anonymous device (type 'virtio-mem') after it was realized`;
	return READERS[name] ? `Property 'virtio-mem-pci.${name}' is not writable` : `Property 'virtio-mem-pci.${name}' not found`;
}

function setRequested(world: World, device: VirtioMemRecord, value: JsonValue, cause: number | null): string | null {
	if (device.leaving) return "'requested-size' cannot be changed if the device is in the process of unplug";
	if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) >= 2 ** 64)
		return "Parameter 'requested-size' expects uint64";
	// QEMU reads a negative number as one of 64 bits: far too large, or not a multiple.
	if (value % device.blockBytes !== 0) return `'requested-size' has to be multiples of 'block-size' (0x${device.blockBytes.toString(16)})`;
	if (value < 0 || value > device.regionBytes)
		return `'requested-size' cannot exceed the memory backend size(0x${device.regionBytes.toString(16)})`;
	if (value !== device.requestedBytes) {
		resizeUsable(device, value, false);
		device.requestedBytes = value;
	}
	const seq = emit(world, {
		kind: 'request',
		rule: 'requested-size',
		cause,
		host: osRecord(world, device.os).id,
		vm: null,
		values: { device: device.id, requestedBytes: value, usableBytes: device.usableBytes },
		text: `${device.id}: requested-size ${value}, usable ${device.usableBytes}`
	});
	configInterrupt(world, device, seq);
	return null;
}

/** The guest is told that the configuration changed; a driver that runs looks at it before its next step. */
export function configInterrupt(world: World, device: VirtioMemRecord, cause: number | null): void {
	const { driver } = device;
	// A device that the sleeping guest has reset raises no interrupt: the driver looks when it wakes up.
	if (driver.state !== 'bound' || osRecord(world, device.os).sleep) return;
	driver.configChanged = true;
	kickDriver(world, device);
	driver.work['cause'] = cause;
}
