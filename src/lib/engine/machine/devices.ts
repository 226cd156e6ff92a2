import { createVirtioMem } from '../virtio-mem/create.ts';
import { defaultBlockBytes, readVirtioMem, realizeError, type PropertyValue } from '../virtio-mem/properties.ts';
import { probeDriver } from '../virtio-mem/driver/probe.ts';
import { osRecord } from '../mm/os/os.ts';
import type { BackendRecord, OsRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { readBackend, wrongType } from './backends.ts';
import { buildCxl } from './cxl-build.ts';
import { buildCapacity } from './cxl-capacity.ts';
import { newCxlStartup, windowRefusal } from './cxl-startup.ts';
import { plugDimm } from './dimm.ts';
import { placeDevice } from './memory-devices.ts';
import { readSize, type QemuMachine, type QemuPart } from './qemu-args.ts';

/**
 * Backends and memory devices of a machine, from its command line in the order in which they stand, or by device_add
 * (QEMU 10.0.13 system/vl.c, system/qdev-monitor.c). What QEMU refuses is told with its own text.
 */

/** Guests whose memory is encrypted cannot give single pages back (QEMU system/physmem.c, ram_block_discard_disable). */
const NO_DISCARD: ReadonlySet<string> = new Set(['sev-guest', 'sev-snp-guest', 'tdx-guest']);
const VIRTIO_MEM = 'virtio-mem-pci';

/**
 * A vhost-vdpa device pins all memory and forbids that any of it is discarded (QEMU 10.2.2 hw/virtio/vhost-vdpa.c,
 * vhost_vdpa_init). Network backends are made before devices, wherever they stand on the command line (system/vl.c).
 */
const hasVdpa = (record: OsRecord, machine: QemuMachine): boolean =>
	machine.netdevs.some((netdev) => netdev.type === 'vhost-vdpa') || record.vdpaNetdevs.length > 0;

/** Everything of the command line. Null, or why QEMU does not start. */
export function createDevices(world: World, os: number, machine: QemuMachine): string | null {
	const { backends } = osRecord(world, os);
	const memory = wrongMemory(machine) ?? windowRefusal(machine);
	if (memory !== null) return memory;
	for (const object of machine.objects) {
		const unknown = wrongType(object.type);
		if (unknown !== null) return `${object.text}: ${unknown}`;
		const backend = readBackend(object);
		if (typeof backend === 'string') return `${object.text}: ${backend}`;
		if (backend === null) continue;
		if (backends.some((other) => other.id === backend.id))
			return `${object.text}: attempt to add duplicate property '${backend.id}' to object (type 'container')`;
		backends.push(backend);
	}
	const ram = claimForRam(machine, backends);
	if (ram !== null) return ram;
	const numa = claimForNodes(machine, backends);
	if (numa !== null) return numa;
	const ids = new Set<string>();
	const cxl = newCxlStartup(machine, backends);
	for (const part of machine.devices) {
		if (part.id !== '' && ids.has(part.id)) return `${part.text}: Duplicate ID '${part.id}' for device`;
		ids.add(part.id);
		if (part.type === 'pc-dimm') {
			const plugged = plugDimm(world, os, part.properties, false);
			if ('error' in plugged) return `${part.text}: ${plugged.error.desc}`;
			continue;
		}
		const error = cxl.add(part) ?? createVirtioMemDevice(world, os, machine, part);
		if (error !== null) return `${part.text}: ${error}`;
	}
	const refusal = cxl.finish();
	if (refusal === null) {
		buildCxl(world, os, machine, cxl.tree, backends);
		buildCapacity(world, os, machine);
	}
	return refusal;
}

/** What -m itself may not say (hw/core/machine.c, machine_set_mem). */
function wrongMemory({ ramBytes, maxmemBytes, slots }: QemuMachine): string | null {
	const hex = (bytes: number): string => `0x${bytes.toString(16)}`;
	if (maxmemBytes === 0) return slots > 0 ? 'slots specified but no max-size' : null;
	if (maxmemBytes < ramBytes)
		return `invalid value of maxmem: maximum memory size (${hex(maxmemBytes)}) must be at least the initial memory size (${hex(ramBytes)})`;
	if (slots > 0 && maxmemBytes === ramBytes)
		return `invalid value of maxmem: memory slots were specified but maximum memory size (${hex(maxmemBytes)}) is equal to the initial memory size (${hex(ramBytes)})`;
	return null;
}

/** -machine memory-backend=ID: all of RAM is that backend (system/vl.c, qemu_resolve_machine_memdev; hw/core/machine.c). */
function claimForRam(machine: QemuMachine, backends: readonly BackendRecord[]): string | null {
	const id = machine.machineProperties['memory-backend'];
	if (id === undefined) return null;
	const backend = backends.find((candidate) => candidate.id === id);
	if (!backend) return `Memory backend '${id}' not found`;
	if (machine.numaNodes.some((node) => node.memdev !== null))
		return "'-machine memory-backend' and '-numa memdev' properties are mutually exclusive";
	if (backend.bytes !== machine.ramBytes) return 'Machine memory size does not match the size of the memory backend';
	backend.usedBy = 'ram';
	return null;
}

/** Backends of -numa node,memdev= are mapped before any device is there; their sizes must be the RAM's. */
function claimForNodes(machine: QemuMachine, backends: readonly BackendRecord[]): string | null {
	for (const node of machine.numaNodes) {
		const backend = backends.find((candidate) => candidate.id === node.memdev);
		if (!backend) continue;
		if (backend.usedBy !== null)
			return `memory backend ${backend.id} is used multiple times. Each -numa option must use a different memdev value.`;
		backend.usedBy = `node ${node.id}`;
	}
	const total = machine.numaNodes.reduce((sum, node) => sum + node.bytes, 0);
	if (machine.numaNodes.length === 0 || total === machine.ramBytes) return null;
	return `total memory for NUMA nodes (0x${total.toString(16)}) should equal RAM size (0x${machine.ramBytes.toString(16)})`;
}

export interface DevicePart {
	readonly type: string;
	readonly id: string;
	readonly properties: Readonly<Record<string, PropertyValue>>;
}

/** A virtio-mem device. Null, or QEMU's text without the option in front of it; other devices are none of ours. */
export function createVirtioMemDevice(world: World, os: number, machine: QemuMachine, part: DevicePart): string | null {
	if (!part.type.startsWith('virtio-mem')) return null;
	const record = osRecord(world, os);
	// The device itself, without its PCI face, wants a bus that only that face has.
	if (part.type === 'virtio-mem') return "No 'virtio-bus' bus found for device 'virtio-mem'";
	if (part.type !== VIRTIO_MEM) return `'${part.type}' is not a valid device model name`;
	const bus = String(part.properties['bus'] ?? rootBus(machine));
	if (!busesOf(machine).includes(bus)) return `Bus '${bus}' not found`;
	const { wanted, error } = readVirtioMem({ properties: part.properties, sizeOf: readSize, backends: record.backends });
	if (error !== null) return error;
	const backend = record.backends.find((candidate) => candidate.id === wanted.memdev) ?? null;
	const blockBytes = wanted.blockBytes || (backend ? defaultBlockBytes(backend) : 0);
	const placed = placeDevice(world, os, machine, backend, wanted.memaddr, blockBytes);
	if (placed.error !== null || backend === null) return placed.error ?? "'memdev' property must be set";
	const refusal = realizeError(wanted, backend, {
		nodeCount: machine.numaNodes.length,
		memLock: machine.memLock,
		discardDisabled: machine.objects.some((object) => NO_DISCARD.has(object.type)) || hasVdpa(record, machine)
	});
	if (refusal !== null) return refusal;
	createVirtioMem(world, os, { ...wanted, bus }, backend, placed.addr);
	return null;
}

/** Buses that a PCI device can sit on: the root bus and those of the root ports. */
export function busesOf(machine: QemuMachine): string[] {
	return [rootBus(machine), ...machine.devices.filter(isPort).map((device) => device.id)];
}

export const rootBus = (machine: QemuMachine): string => (machine.chipset === 'q35' ? 'pcie.0' : 'pci.0');

const isPort = (device: QemuPart): boolean => /root-port|bridge|ioh3420|pxb|cxl-(rp|downstream)/.test(device.type);

/** virtio_mem is loaded: it finds the devices on the root bus first, then those behind ports. */
export function probeDrivers(world: World, os: number): void {
	osRecord(world, os).virtioDriver = true;
	const mine = world.r.virtioMems.filter((device) => device.os === os && device.state === 'plugged');
	const onRoot = mine.filter((device) => device.bus === 'pcie.0');
	for (const device of [...onRoot, ...mine.filter((other) => !onRoot.includes(other))])
		if (device.driver.state !== 'bound') probeDriver(world, device);
}

/** A device that comes while the guest runs finds its driver at once, if one is loaded. */
export function probeHotplugged(world: World, os: number): void {
	const record = osRecord(world, os);
	if (record.state !== 'prelaunch' && record.virtioDriver) probeDrivers(world, os);
}
