import { GIB, KIB, MIB } from '../../src/lib/base/units.ts';
import { BLOCKING_DEVICES, type BlockingDeviceName } from '../../src/lib/engine/contract/migration/blockers.ts';
import { blockingName } from '../../src/lib/engine/migration/qemu/blocked.ts';

/** A command line of QEMU, as far as a migration asks: memory and how it is backed, devices, their places and their blocks. */
export interface RecordedMachine {
	readonly type: string;
	readonly bytes: number;
	readonly cpus: number;
	readonly backend: 'ram' | 'ram-shared' | 'memfd' | 'file';
	/** What its block is called. */
	readonly memoryName: string;
	readonly auxRamShare: boolean;
	readonly devices: readonly RecordedDevice[];
	readonly exports: { readonly path: string; readonly tag: string } | null;
	readonly accelerated: boolean;
	readonly invtsc: boolean;
	readonly stopped: boolean;
	readonly onlyMigratable: boolean;
	readonly cxlBytes: number | null;
}

export interface RecordedDevice {
	readonly driver: string;
	readonly id: string;
	/** As QEMU names the place: 0000:00:01.0, behind a controller with its port. */
	readonly address: string;
	/** A block of memory of its own: its name, its size, whether it is a named file that is shared. */
	readonly block: { readonly name: string; readonly bytes: number; readonly byName: boolean } | null;
	readonly options: string;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, K: KIB, M: MIB, G: GIB, T: 1024 * GIB };
export function sizeOf(text: unknown): number {
	const found = /^(\d+(?:\.\d+)?)([KMGT]?)/i.exec(String(text));
	return found ? Number(found[1]) * (UNITS[(found[2] as string).toUpperCase()] as number) : 0;
}

export type After = (flag: string) => string[];
export const flagsOf =
	(args: readonly string[]): After =>
	(flag) =>
		args.filter((_, index) => args[index - 1] === flag || args[index - 1] === `-${flag}`);

const option = (text: string, name: string): string | undefined => new RegExp(`(?:^|,)${name}=([^,]+)`).exec(text)?.[1];

export function readMachine(args: readonly string[]): RecordedMachine {
	const after = flagsOf(args);
	const machines = [...after('-machine'), ...after('-M')];
	const objects = after('-object');
	const backendId = machines.map((machine) => option(machine, 'memory-backend')).find((found) => found !== undefined);
	const numa = after('-numa').map((node) => option(node, 'memdev'));
	const object = objects.find((each) => backendId !== undefined && option(each, 'id') === backendId);
	const devices = devicesOf(after('-device'), objects);
	const cxl = devices.find(({ driver }) => driver === 'cxl-type3');
	const folder = after('-fsdev').map((each) => option(each, 'path'))[0];
	const tag = after('-device').map((each) => option(each, 'mount_tag'))[0];
	const smp = after('-smp')[0] ?? '1';
	return {
		type: machines.map((machine) => option(machine, 'type') ?? machine.split(',')[0]).find((name) => name && !name.includes('=')) ?? 'q35',
		bytes: sizeOf(after('-m').map((memory) => option(memory, 'size') ?? memory)[0] ?? '0'),
		cpus: Number(option(smp, 'cpus') ?? /^\d+/.exec(smp)?.[0] ?? 1),
		backend: backendOf(object),
		memoryName: backendId ?? numa.find((found) => found !== undefined) ?? 'pc.ram',
		auxRamShare: machines.some((machine) => option(machine, 'aux-ram-share') === 'on'),
		devices,
		exports: folder !== undefined && tag !== undefined ? { path: folder, tag } : null,
		accelerated: args.some((arg) => /\bkvm\b/.test(arg)),
		invtsc: after('-cpu').some((cpu) => /[+,]invtsc(=on)?\b/.test(cpu) && !cpu.includes('invtsc=off')),
		stopped: args.includes('-S'),
		onlyMigratable: args.some((arg) => /^--?only-migratable$/.test(arg)),
		cxlBytes: cxl ? objectBytes(objects, option(cxl.options, 'volatile-memdev') ?? option(cxl.options, 'persistent-memdev') ?? '') : null
	};
}

/** How the memory of the machine itself is backed. */
function backendOf(object: string | undefined): RecordedMachine['backend'] {
	// A memfd is shared unless it is told not to be (backends/hostmem-memfd.c).
	if (object?.startsWith('memory-backend-memfd')) return object.includes('share=off') ? 'ram' : 'memfd';
	if (!object?.includes('share=on')) return 'ram';
	return object.startsWith('memory-backend-file') ? 'file' : 'ram-shared';
}

const objectOf = (objects: readonly string[], id: string): string => objects.find((object) => option(object, 'id') === id) ?? '';
const objectBytes = (objects: readonly string[], id: string): number => sizeOf(option(objectOf(objects, id), 'size'));

/** Devices that take no place on a PCI bus. */
const OFF_PCI = /^(pc-dimm|nvdimm|usb-(?!.*hci)|scsi-|ide-|isa-|tpm-|amd-iommu|intel-iommu|virtserialport|virtconsole|vmgenid|loader|sev-)/;
const DIMMS = ['pc-dimm', 'nvdimm', 'virtio-mem-pci', 'virtio-pmem-pci', 'ivshmem-plain'];
/** Cards with a boot ROM, which is a block of its own, as large as the next power of two (QEMU 11.0.50 pc-bios, efi-*.rom). */
const BOOT_ROM: readonly string[] = ['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139', 'vmxnet3', 'pcnet', 'ne2k_pci'];
const BOOT_ROM_BYTES = 256 * KIB;

function devicesOf(given: readonly string[], objects: readonly string[]): RecordedDevice[] {
	const devices: RecordedDevice[] = [];
	let slot = 0;
	let port = 0;
	for (const options of given) {
		const driver = options.split(',')[0] as string;
		const bus = option(options, 'bus');
		const parent = devices.find(({ id }) => bus !== undefined && id !== '' && bus.split('.')[0] === id);
		const own = option(options, 'addr');
		let address: string;
		if (driver.startsWith('usb-') && OFF_PCI.test(driver)) {
			const hub = parent ?? devices.find((device) => /xhci|ehci|uhci|ohci/.test(device.driver));
			address = `${hub?.address ?? '0000:00:00.0'}/${option(options, 'port') ?? String((port += 1))}`;
		} else if (OFF_PCI.test(driver)) address = '';
		else if (parent) address = `${parent.address}:${own === undefined ? '00.0' : place(own)}`;
		else address = `0000:00:${own === undefined ? place(String((slot += 1)), 10) : place(own)}`;
		devices.push({ driver, id: option(options, 'id') ?? '', address, block: blockOf(driver, options, address, objects), options });
	}
	return devices;
}

function place(text: string, base = 16): string {
	const [slot = '0', fn = '0'] = text.replace(/^0x/, '').split('.');
	return `${parseInt(slot, base).toString(16).padStart(2, '0')}.${fn}`;
}

function blockOf(driver: string, options: string, address: string, objects: readonly string[]): RecordedDevice['block'] {
	const memdev = option(options, 'memdev');
	if (DIMMS.includes(driver) && memdev !== undefined) {
		const object = objectOf(objects, memdev);
		return {
			name: memdev,
			bytes: objectBytes(objects, memdev),
			byName: object.startsWith('memory-backend-file') && object.includes('share=on')
		};
	}
	if (BOOT_ROM.includes(driver) && !/romfile=(,|$)/.test(options) && option(options, 'rombar') !== '0')
		return { name: `${address}/${driver}.rom`, bytes: BOOT_ROM_BYTES, byName: false };
	return null;
}

/** What of a machine has a say in a migration, with its place. A folder counts as mounted when a program of the guest mounts it. */
export function blockingDevices(machine: RecordedMachine, mounted: boolean): { name: BlockingDeviceName; address: string }[] {
	const found: { name: BlockingDeviceName; address: string }[] = [];
	for (const { driver, options, address } of machine.devices) {
		const name = nameOf(driver, options, mounted);
		if (name) found.push({ name, address: address || '0000:00:00.0' });
	}
	// An emulated processor has no such counter, and QEMU asks under KVM only (target/i386/kvm/kvm.c).
	if (machine.invtsc && machine.accelerated) found.push({ name: 'invtsc', address: '0000:00:00.0' });
	return found;
}

function nameOf(driver: string, options: string, mounted: boolean): BlockingDeviceName | undefined {
	if (driver.startsWith('virtio-9p')) return mounted ? 'virtio-9p-mounted' : 'virtio-9p';
	if (driver.startsWith('ivshmem') && option(options, 'master') === 'on') return undefined;
	if (driver === 'virtio-net-pci') return undefined;
	if (driver === 'cxl-type3') return 'cxl-type3';
	const name = blockingName(driver) ?? blockingName(`${driver}-pci`);
	return name !== undefined && BLOCKING_DEVICES[name].kind !== 'none' ? name : undefined;
}

/** The name under which a device's state goes into the stream, as far as it is known (name of its VMStateDescription). */
const STATES: Readonly<Record<string, string>> = {
	'virtio-net-pci': 'virtio-net',
	'virtio-blk-pci': 'virtio-blk',
	'virtio-scsi-pci': 'virtio-scsi',
	'virtio-rng-pci': 'virtio-rng',
	'virtio-balloon-pci': 'virtio-balloon',
	'virtio-serial-pci': 'virtio-console',
	'virtio-mem-pci': 'virtio-mem-device-early',
	'virtio-gpu-pci': 'virtio-gpu',
	'qemu-xhci': 'xhci',
	'nec-usb-xhci': 'xhci',
	'pcie-root-port': 'pcie-root-port',
	e1000: 'e1000',
	e1000e: 'e1000e',
	rtl8139: 'rtl8139'
};

export interface Lacks {
	machine?: { received: string; local: string };
	lacksBlock?: string;
	lacksState?: { name: string; instance: number };
}

/** Machine types of the recorded QEMU by their short names. */
const TYPES: Readonly<Record<string, string>> = { q35: 'pc-q35-11.1', pc: 'pc-i440fx-11.1' };

/** What of the source's stream the destination does not know. */
export function lackingAt(source: RecordedMachine, target: RecordedMachine): Lacks {
	const full = (type: string): string => TYPES[type] ?? type;
	if (full(source.type) !== full(target.type)) return { machine: { received: full(source.type), local: full(target.type) } };
	const missing = source.devices.filter(
		({ driver, address }) => !target.devices.some((device) => device.driver === driver && device.address === address)
	);
	const block = missing.find((device) => device.block !== null)?.block;
	if (block) return { lacksBlock: block.name };
	const state = missing.find(({ driver }) => STATES[driver] !== undefined);
	if (state) return { lacksState: { name: `${state.address}/${STATES[state.driver] as string}`, instance: 0 } };
	return target.cpus < source.cpus ? { lacksState: { name: 'cpu_common', instance: target.cpus } } : {};
}
