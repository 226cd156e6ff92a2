import type { QmpArguments } from '../contract/machine-commands.ts';
import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { isBackend, readBackend } from './backends.ts';
import { createVirtioMemDevice, probeHotplugged, rootBus } from './devices.ts';
import { unplugVirtioMem } from './device-del.ts';
import { plugDimm, unplugDimm } from './dimm.ts';
import { machineOf } from './machine-of.ts';
import { answer, failure, unless, type QmpAnswer } from './qmp-value.ts';

/** object-add, object-del, device_add, device_del, netdev_add, netdev_del (QEMU 10.0.13 qom/qom-qmp-cmds.c, system/qdev-monitor.c). */

type Scalars = Record<string, null | boolean | number | string>;

/** Arguments that are single values; lists and objects have no bearing here. */
function scalars(args: QmpArguments): Scalars {
	const values: Scalars = {};
	for (const [name, value] of Object.entries(args)) if (value === null || typeof value !== 'object') values[name] = value;
	return values;
}

export function addObject(world: World, os: number, args: QmpArguments): QmpAnswer {
	const { backends } = osRecord(world, os);
	const type = String(args['qom-type'] ?? '');
	if (type === '') return failure("Parameter 'qom-type' is missing");
	if (!isBackend(type)) return failure(`Parameter 'qom-type' does not accept value '${type}'`);
	const id = String(args['id'] ?? '');
	if (id === '') return failure("Parameter 'id' is missing");
	if (typeof args['size'] !== 'number')
		return failure(args['size'] === undefined ? "Parameter 'size' is missing" : "Invalid parameter type for 'size', expected: uint64");
	if (backends.some((backend) => backend.id === id))
		return failure(`attempt to add duplicate property '${id}' to object (type 'container')`);
	const properties = Object.fromEntries(
		Object.entries(scalars(args)).map(([name, value]) => [name, value === true ? 'on' : String(value)])
	);
	const backend = readBackend({ type, id, properties, text: 'object-add' });
	if (backend === null || typeof backend === 'string') return failure(backend ?? `invalid object type: ${type}`);
	backends.push(backend);
	return answer();
}

export function deleteObject(world: World, os: number, args: QmpArguments): QmpAnswer {
	const { backends } = osRecord(world, os);
	const id = String(args['id'] ?? '');
	const at = backends.findIndex((backend) => backend.id === id);
	if (at < 0) return failure(`object '${id}' not found`);
	if (backends[at]?.usedBy !== null) return failure(`object '${id}' is in use, can not be deleted`);
	backends.splice(at, 1);
	return answer();
}

export function addDevice(world: World, os: number, args: QmpArguments): QmpAnswer {
	const machine = machineOf(world, os);
	const { driver, ...rest } = scalars(args);
	const type = String(driver ?? '');
	if (type === '') return failure("Parameter 'driver' is missing");
	if (osRecord(world, os).migrating !== 'none') return failure('device_add not allowed while migrating');
	const id = String(rest['id'] ?? '');
	if (id !== '' && idTaken(world, os, id)) return failure(`Duplicate device ID '${id}'`);
	if (type === 'pc-dimm') return plugDimm(world, os, rest);
	if (!type.startsWith('virtio-mem')) return failure(`'${type}' is not a valid device model name`);
	if (String(rest['bus'] ?? rootBus(machine)) === 'pcie.0') return failure("Bus 'pcie.0' does not support hotplugging");
	const error = createVirtioMemDevice(world, os, machine, { type, id, properties: rest });
	if (error !== null) return failure(error);
	probeHotplugged(world, os);
	return answer();
}

/** Only vhost-vdpa has a bearing on memory; what else there is does nothing here. */
export function addNetdev(world: World, os: number, args: QmpArguments): QmpAnswer {
	const record = osRecord(world, os);
	const type = String(args['type'] ?? '');
	const id = String(args['id'] ?? '');
	if (type === '') return failure("Parameter 'type' is missing");
	if (id === '') return failure("Parameter 'id' is missing");
	if (type !== 'vhost-vdpa') return answer();
	if (record.vdpaNetdevs.includes(id) || machineOf(world, os).netdevs.some((netdev) => netdev.id === id))
		return failure(`Duplicate ID '${id}' for netdev`);
	// virtio-mem has asked for discards that it coordinates (QEMU 10.2.2 hw/virtio/vhost-vdpa.c, vhost_vdpa_init).
	if (world.r.virtioMems.some((device) => device.os === os && device.state === 'plugged'))
		return failure('Cannot set discarding of RAM broken');
	record.vdpaNetdevs.push(id);
	return answer();
}

export function deleteNetdev(world: World, os: number, args: QmpArguments): QmpAnswer {
	const { vdpaNetdevs } = osRecord(world, os);
	const id = String(args['id'] ?? '');
	const at = vdpaNetdevs.indexOf(id);
	if (at < 0) return failure(`Device '${id}' not found`, 'DeviceNotFound');
	vdpaNetdevs.splice(at, 1);
	return answer();
}

function idTaken(world: World, os: number, id: string): boolean {
	return (
		world.r.virtioMems.some((device) => device.os === os && device.state === 'plugged' && device.id === id) ||
		world.r.dimms.some((dimm) => dimm.os === os && dimm.state !== 'gone' && dimm.id === id)
	);
}

export function deleteDevice(world: World, os: number, args: QmpArguments): QmpAnswer {
	const id = String(args['id'] ?? '').replace(/^\/machine\/peripheral\//, '');
	const device = world.r.virtioMems.find((each) => each.os === os && each.state === 'plugged' && each.id === id);
	if (device) return unless(unplugVirtioMem(world, device));
	if (world.r.dimms.some((dimm) => dimm.os === os && dimm.state !== 'gone' && dimm.id === id)) return unplugDimm(world, os, id);
	return failure(`Device '${String(args['id'] ?? '')}' not found`, 'DeviceNotFound');
}
