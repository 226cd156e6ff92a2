import type { BackendRecord } from '../state/machine-records.ts';
import { CXL_CAPACITY_BYTES, hasCxl, isCxlDevice, isOn, readCxlArguments } from './cxl-args.ts';
import { busRefusal, placeOnBus, rootTree, type PciTree } from './pci-tree.ts';
import { readSize, type QemuMachine, type QemuPart } from './qemu-args.ts';

/**
 * What QEMU refuses of the CXL words, in its order and with its texts: windows while -machine is read, devices one after
 * another, the rest when the machine is ready (QEMU 11.1.3, read in 10.2: hw/cxl/cxl-host.c, hw/cxl/cxl-component-utils.c,
 * hw/mem/cxl_type3.c, hw/pci-bridge/*.c, hw/pci/pci.c, hw/i386/pc.c, qapi/qobject-input-visitor.c).
 */

const WAYS: ReadonlySet<number> = new Set([1, 2, 3, 4, 6, 8, 12, 16]);
const GRANULARITIES: ReadonlySet<number> = new Set([256, 512, 1024, 2048, 4096, 8192, 16384]);
const WINDOW_WORDS = /^cxl-fmw\.(\d+)\.(size|interleave-granularity|targets\.\d+)$/;

/** Windows are made while the machine's own properties are set, before any object or device. */
export function windowRefusal(machine: QemuMachine): string | null {
	const words = machine.machineProperties;
	for (const name of Object.keys(words))
		if (name.startsWith('cxl-fmw') && !WINDOW_WORDS.test(name)) return `Parameter '${name}' is unexpected`;
	for (const [at, window] of readCxlArguments(machine).windows.entries()) {
		if (window.index !== at) return `Parameter 'cxl-fmw.${at}' missing`;
		const own = `cxl-fmw.${at}`;
		const size = words[`${own}.size`];
		const granularity = words[`${own}.interleave-granularity`];
		if (size === undefined) return `Parameter '${own}.size' is missing`;
		if (readSize(size) === null) return `Parameter '${own}.size' expects size`;
		if (granularity !== undefined && readSize(granularity) === null) return `Parameter '${own}.interleave-granularity' expects size`;
		if (window.targets.length === 0) return `Parameter '${own}.targets' is missing`;
		if (!WAYS.has(window.targets.length)) return `Interleave ways: ${window.targets.length} not supported`;
		if (window.bytes % CXL_CAPACITY_BYTES !== 0) return 'Size of a CXL fixed memory window must be a multiple of 256MiB';
		if (!GRANULARITIES.has(window.granularityBytes)) return `Interleave granularity: ${window.granularityBytes} invalid`;
	}
	return null;
}

/** Takes the devices of a CXL hierarchy one by one; `tree` is where they sit afterwards. */
export interface CxlStartup {
	readonly tree: PciTree;
	/** Null, or QEMU's text without the option in front of it. Devices that are none of CXL's only leave their bus. */
	readonly add: (part: QemuPart) => string | null;
	/** When every device is there. */
	readonly finish: () => string | null;
}

export function newCxlStartup(machine: QemuMachine, backends: readonly BackendRecord[]): CxlStartup {
	const tree = rootTree(machine);
	const slots = new Set<string>();
	const add = (part: QemuPart): string | null => {
		if (!isCxlDevice(part.type)) {
			placeOnBus(tree, part);
			return null;
		}
		const bus = busRefusal(tree, part);
		if (bus !== null) return bus;
		const unknown = Object.keys(part.properties).find((name) => !PROPERTIES[part.type]?.has(name) && !PCI_PROPERTIES.has(name));
		if (unknown !== undefined) return `Property '${part.type}.${unknown}' not found`;
		const linked = part.type === 'cxl-type3' ? linkRefusal(machine, part) : null;
		if (linked !== null) return linked;
		const placed = placeOnBus(tree, part);
		if (placed !== null) return placed;
		if (part.type === 'pxb-cxl') return bridgeRefusal(machine, tree, part);
		if (part.type === 'cxl-rp' || part.type === 'cxl-downstream') {
			// hw/pci/pcie_port.c, pcie_chassis_add_slot: one slot number once per chassis.
			const slot = `${Number(part.properties['chassis'] ?? 0)}/${Number(part.properties['slot'] ?? 0)}`;
			if (slots.has(slot)) return "Can't add chassis slot, error -16";
			slots.add(slot);
		}
		return part.type === 'cxl-type3' ? type3Refusal(part, backends) : null;
	};
	const finish = (): string | null => {
		if (!hasCxl(machine)) return null;
		const read = readCxlArguments(machine);
		const bridges = machine.devices.filter((device) => device.type === 'pxb-cxl');
		if (bridges.length > 0 && !read.enabled) return 'CXL host bridges present, but cxl=off';
		if (!read.enabled) return null;
		for (const window of read.windows)
			for (const target of window.targets)
				if (!bridges.some((bridge) => bridge.id === target)) return `Could not resolve CXLFM target ${target}`;
		return null;
	};
	return { tree, add, finish };
}

/** pci_expander_bridge.c, pxb_dev_realize_common and pxb_register_bus. */
function bridgeRefusal(machine: QemuMachine, tree: PciTree, part: QemuPart): string | null {
	if (machine.chipset !== 'q35') return 'pxb-cxl devices cannot reside on a PCI bus';
	const node = part.properties['numa_node'];
	if (node !== undefined && Number(node) !== 65535 && Number(node) >= machine.numaNodes.length) return `Illegal numa node ${Number(node)}`;
	const own = tree.nodes.find((other) => other.part === part);
	if (own !== undefined && own.bus !== tree.root) return 'PXB devices can be attached only to root bus';
	const number = Number(part.properties['bus_nr'] ?? 0);
	const taken = tree.nodes.some(
		(other) => other.part !== part && other.part.type.startsWith('pxb') && Number(other.part.properties['bus_nr'] ?? 0) === number
	);
	return taken ? `Bus ${number} is already in use` : null;
}

const BACKENDS = ['memdev', 'volatile-memdev', 'persistent-memdev', 'lsa', 'volatile-dc-memdev'] as const;

/** A property that names an object needs the object (qom/object.c, object_resolve_link). */
function linkRefusal(machine: QemuMachine, part: QemuPart): string | null {
	for (const name of BACKENDS) {
		const id = part.properties[name];
		if (id === undefined) continue;
		const object = machine.objects.find((candidate) => candidate.id === id);
		if (object === undefined) return `Device '${id}' not found`;
		if (!object.type.startsWith('memory-backend-')) return `Invalid parameter type for '${part.type}.${name}', expected: memory-backend`;
	}
	for (const name of ['sn', 'num-dc-regions'] as const) {
		const value = part.properties[name];
		if (value !== undefined && !/^(0x[0-9a-f]+|\d+)$/i.test(value))
			return `Parameter '${name}' expects ${name === 'sn' ? 'uint64' : 'uint8'}`;
	}
	return null;
}

/** cxl_type3.c, cxl_setup_memory and cxl_create_dc_regions. */
function type3Refusal(part: QemuPart, backends: readonly BackendRecord[]): string | null {
	const { properties } = part;
	const regions = Number(properties['num-dc-regions'] ?? 0);
	if (
		properties['memdev'] === undefined &&
		properties['volatile-memdev'] === undefined &&
		properties['persistent-memdev'] === undefined &&
		regions === 0
	)
		return 'at least one memdev property must be set';
	if (properties['memdev'] !== undefined && properties['persistent-memdev'] !== undefined)
		return '[memdev] cannot be used with new [persistent-memdev] property';
	const persistent = properties['persistent-memdev'] ?? properties['memdev'];
	if (persistent !== undefined && properties['lsa'] === undefined) return 'lsa property must be set for persistent devices';
	for (const id of [properties['volatile-memdev'], persistent]) {
		const busy = id === undefined ? null : claim(backends, id, part);
		if (busy !== null) return busy;
	}
	return regions === 0 ? null : dynamicRefusal(part, backends, regions);
}

/** DCD_MAX_NUM_REGION, include/hw/cxl/cxl_device.h: QEMU itself writes past its table beyond it; the engine refuses. */
const MOST_REGIONS = 8;

function dynamicRefusal(part: QemuPart, backends: readonly BackendRecord[], regions: number): string | null {
	const { properties } = part;
	if (regions > MOST_REGIONS) return `num-dc-regions=${regions}: at most ${MOST_REGIONS} regions (QEMU itself crashes here)`;
	const id = properties['volatile-dc-memdev'];
	if (id === undefined) return 'dynamic capacity must have a backing device';
	const busy = claim(backends, id, part);
	if (busy !== null) return busy;
	const bytesOf = (name: string | undefined): number => backends.find((backend) => backend.id === name)?.bytes ?? 0;
	const bytes = bytesOf(id);
	const failed = (text: string): string => `${text}\nsetup DC regions failed`;
	if (bytes % (regions * CXL_CAPACITY_BYTES) !== 0)
		return failed(`backend size is not multiple of region len: 0x${Math.ceil(bytes / regions).toString(16)}`);
	const base = bytesOf(properties['volatile-memdev']) + bytesOf(properties['persistent-memdev'] ?? properties['memdev']);
	return base % CXL_CAPACITY_BYTES === 0 ? null : failed(`DC region base not aligned to 0x${CXL_CAPACITY_BYTES.toString(16)}`);
}

function claim(backends: readonly BackendRecord[], id: string, part: QemuPart): string | null {
	const backend = backends.find((candidate) => candidate.id === id);
	if (backend === undefined) return null;
	if (backend.usedBy !== null) return `memory backend ${id} can't be used multiple times.`;
	backend.usedBy = part.id === '' ? part.type : part.id;
	return null;
}

/** hw/pci/pci.c, pci_props, and what every -device may carry. */
const PCI_PROPERTIES: ReadonlySet<string> = new Set([
	'id',
	'bus',
	'addr',
	'romfile',
	'romsize',
	'rombar',
	'multifunction',
	'failover_pair_id',
	'acpi-index',
	'x-pcie-lnksta-dllla',
	'x-pcie-extcap-init',
	'x-pcie-err-unc-mask',
	'x-pcie-ari-nextfn-1',
	'x-max-bounce-buffer-size',
	'sriov-pf'
]);
const PORT_PROPERTIES = [
	'port',
	'aer_log_max',
	'x-speed',
	'x-width',
	'chassis',
	'slot',
	'hotplug',
	'power_controller_present',
	'msi',
	'disable-acs'
];
const PROPERTIES: Readonly<Record<string, ReadonlySet<string>>> = {
	'pxb-cxl': new Set(['bus_nr', 'numa_node', 'bypass_iommu', 'hdm_for_passthrough']),
	'cxl-rp': new Set([...PORT_PROPERTIES, 'bus-reserve', 'io-reserve', 'mem-reserve', 'pref32-reserve', 'pref64-reserve', 'x-256b-flit']),
	'cxl-upstream': new Set(['port', 'aer_log_max', 'sn', 'cdat', 'x-speed', 'x-width', 'x-256b-flit']),
	'cxl-downstream': new Set([...PORT_PROPERTIES, 'x-256b-flit']),
	'cxl-type3': new Set([...BACKENDS, 'sn', 'cdat', 'num-dc-regions', 'x-speed', 'x-width', 'x-256b-flit', 'hdm-db'])
};

/** hdm_for_passthrough of a host bridge: it keeps its decoders also with a single root port. */
export const keepsDecoders = (part: QemuPart): boolean => isOn(part.properties['hdm_for_passthrough']);
