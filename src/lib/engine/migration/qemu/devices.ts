import { statusRuns } from '../../contract/migration/status.ts';
import type { VmRecord } from '../../state/records.ts';
import { LETS_GO_NS } from '../failover.ts';
import { error, missing, NOTHING, type MonitorAnswer, type MonitorWord, type Spoken } from './answer.ts';
import { blockingName, plugProblem } from './blocked.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';

/** Devices that come and go at a monitor: QEMU 10.2.2 system/qdev-monitor.c; pairs of network cards: hw/net/virtio-net.c. */

const NICS = ['virtio-net-pci', 'e1000e', 'vfio-pci'];
const DRIVERS = [
	'virtio-blk-pci',
	'virtio-scsi-pci',
	'virtio-serial-pci',
	'virtio-balloon-pci',
	'virtio-rng-pci',
	'virtio-mem-pci',
	'virtio-pmem-pci',
	'pc-dimm',
	'nvdimm',
	'pcie-root-port',
	'qemu-xhci',
	'usb-mouse',
	'usb-tablet',
	'usb-kbd',
	'usb-storage',
	'scsi-hd',
	'e1000',
	'rtl8139',
	...NICS
];

/** Nothing is plugged while a migration runs. */
export const deviceAdd: MonitorWord = (spoken, given) => {
	const { world, vmIndex, process } = spoken;
	const { driver, id } = given;
	if (driver === undefined) return missing('driver');
	const blocking = typeof driver === 'string' ? blockingName(driver) : undefined;
	if (typeof driver !== 'string' || (!blocking && !DRIVERS.includes(driver)))
		return error(`'${String(driver)}' is not a valid device model name`);
	const pair = given['failover_pair_id'];
	if (pair !== undefined && typeof id !== 'string') return error("Device with failover_pair_id don't have id");
	if (typeof pair === 'string') {
		const other = primaryOf(spoken, pair);
		if (other !== null && other !== id)
			return error(`Cannot attach more than one primary device to '${pair}': '${other}' and '${String(id)}'`);
	}
	if (statusRuns(process.outgoing)) return error('device_add not allowed while migrating');
	if (typeof id === 'string' && process.plugged.some((device) => device.id === id)) return error(`Duplicate device ID '${id}'`);
	if (pair !== undefined && !NICS.includes(driver)) return error('failover primary device is not an Ethernet device');
	// A primary is taken out before anything is sent, and so adds no blocker (hw/vfio/pci.c, vfio_realize).
	const problem = blocking && pair === undefined ? plugProblem(world, vmIndex, blocking) : null;
	if (problem !== null) return error(problem);
	const held = driver === 'vfio-pci' ? pin(spoken) : null;
	if (held !== null) return error(held);
	process.plugged.push({
		id: typeof id === 'string' ? id : '',
		driver,
		...(given['failover'] === true || given['failover'] === 'on' ? { failover: true as const } : {}),
		...(typeof pair === 'string' ? { pair } : {})
	});
	return typeof pair === 'string' ? join(spoken, given, pair) : NOTHING;
};

/** The primary that a stand-in has already; null: none. */
function primaryOf({ vm, process }: Spoken, standby: string): string | null {
	if (vm.failover?.standby === standby) return vm.failover.primary;
	return process.plugged.find((device) => device.pair === standby)?.id ?? null;
}

/** A passed-through device pins all of the guest. What lies on the pool in folios would have to move off it first. */
function pin({ world, vm }: Spoken): string | null {
	if (vm.passThrough) return `vfio: device is already attached to ${vm.id}`;
	if (vm.secure) return `vfio: ${vm.id} has secure memory`;
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	if (!vm.dax && (vm.pagesByMemory[pool] ?? 0) > 0) return `vfio: ${vm.id} lies on the pool, and its pages would have to leave it first`;
	vm.passThrough = true;
	return null;
}

/** Stand-in and primary know each other by the stand-in's id. Without one of that id the primary is a card like any other. */
function join({ vm, process }: Spoken, given: QmpArguments, standby: string): MonitorAnswer {
	if (!process.plugged.some((device) => device.id === standby && device.failover)) return NOTHING;
	vm.failover = { standby, primary: String(given['id']), state: 'plugged', letsGoNs: LETS_GO_NS, askedNs: -1, looksLeft: 0 };
	return NOTHING;
}

export const deviceDel: MonitorWord = ({ vm, process }, given) => {
	const { id } = given;
	if (typeof id !== 'string') return missing('id');
	const at = process.plugged.findIndex((device) => device.id === id);
	const ofScenario = at < 0 && vm.failover?.primary === id && vm.failover.state === 'plugged';
	if (at < 0 && !ofScenario) return error(`Device '${id}' not found`, 'DeviceNotFound');
	// A primary may go while a migration runs: it is about to be asked to (hw/pci/pci.c, allow_unplug_during_migration).
	const primary = ofScenario || process.plugged[at]?.pair !== undefined;
	if (statusRuns(process.outgoing) && !primary) return error('device_del not allowed while migrating');
	if (at >= 0 && process.plugged[at]?.driver === 'vfio-pci') unpin(vm);
	if (ofScenario) unpin(vm);
	if (vm.failover?.primary === id) delete vm.failover;
	if (at >= 0) process.plugged.splice(at, 1);
	return NOTHING;
};

function unpin(vm: VmRecord): void {
	delete vm.passThrough;
}

/** What stands behind devices: memory, random numbers and the like. A migration does not mind (qom/qom-qmp-cmds.c, qom/object_interfaces.c). */
export const objectAdd: MonitorWord = ({ process }, given) => {
	const { 'qom-type': type, id } = given;
	if (type === undefined) return missing('qom-type');
	if (id === undefined) return missing('id');
	const objects = (process.objects ??= []);
	if (objects.includes(String(id))) return error(`attempt to add duplicate property '${String(id)}' to object (type 'container')`);
	objects.push(String(id));
	return NOTHING;
};

export const objectDel: MonitorWord = ({ process }, { id }) => {
	if (id === undefined) return missing('id');
	const at = process.objects?.indexOf(String(id)) ?? -1;
	if (at < 0) return error(`object '${String(id)}' not found`);
	process.objects?.splice(at, 1);
	return NOTHING;
};
