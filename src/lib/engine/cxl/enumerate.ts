import type { CxlDecoderRecord, CxlPortRecord, CxlRecord } from '../state/cxl-records.ts';
import { decodersOf, portAt } from './find.ts';
import { DPA_UNIT } from './dpa.ts';
import { takeRegionId } from './region.ts';

/**
 * What the drivers find (Linux 7.2 drivers/cxl/acpi.c, pci.c, mem.c, core/port.c): the root with its windows, a port for every
 * host bridge in the order of the ACPI namespace, and for every memory device the ports on its way, from the top. Devices are
 * met in the order of their addresses; the kernel probes them side by side, so that its numbers vary (our simplification).
 */
export interface CxlHardware {
	/** The CPU hides that it is a guest. */
	readonly invalidates: boolean;
	readonly windows: readonly {
		readonly base: number;
		readonly bytes: number;
		readonly targets: readonly number[];
		readonly granularityBytes: number;
		readonly node: number;
	}[];
	readonly bridges: readonly CxlBridge[];
	/** Memory devices that no CXL port leads to. */
	readonly strays: readonly CxlDeviceFound[];
}
export interface CxlBridge {
	readonly busNumber: number;
	/** Root ports that QEMU counts; one alone has no decoders unless the bridge keeps them. */
	readonly rootPorts: number;
	readonly keepsDecoders: boolean;
	readonly links: readonly CxlLink[];
}
/** A port that leads down: to a device, to a switch, or to nothing. */
export interface CxlLink {
	readonly id: number;
	readonly address: string;
	readonly device: CxlDeviceFound | null;
	readonly switch: { readonly address: string; readonly links: readonly CxlLink[] } | null;
}
export interface CxlDeviceFound {
	readonly address: string;
	readonly device: string;
	readonly serial: number | null;
	readonly ramBytes: number;
	readonly pmemBytes: number;
	readonly dynamicBytes: number;
	readonly store: string;
}

/** Decoders of every QEMU component that has them (include/hw/cxl/cxl_component.h, CXL_HDM_DECODER_COUNT). */
const DECODERS = 4;
/** Targets per decoder of a host bridge or switch (pci_expander_bridge.c, cxl_upstream.c). */
const TARGETS = 8;

export function enumerate(os: number, hardware: CxlHardware): CxlRecord {
	const cxl: CxlRecord = {
		os,
		invalidates: hardware.invalidates,
		windows: hardware.windows.map((window) => ({ ...window, targets: [...window.targets] })),
		ports: [],
		memdevs: [],
		decoders: [],
		regions: [],
		daxes: [],
		regionIds: [],
		leaks: [],
		uuids: 0
	};
	const root = addPort(cxl, 'root', -1, -1, 'platform/ACPI0017:00');
	portAt(cxl, root).dports = hardware.bridges.map((bridge, at) => ({
		id: bridge.busNumber,
		name: hostName(bridge.busNumber),
		alias: `ACPI0016:${hex(at)}`
	}));
	for (const [at, window] of hardware.windows.entries()) {
		cxl.decoders.push({
			...emptyDecoder(root, at),
			start: window.base,
			bytes: window.bytes,
			ways: window.targets.length,
			// One way serves any granularity, so the smallest is told (acpi.c, __cxl_parse_cfmws).
			granularityBytes: window.targets.length === 1 ? 256 : window.granularityBytes,
			targets: [...window.targets],
			region: takeRegionId(cxl)
		});
	}
	const found: { readonly device: CxlDeviceFound; readonly way: readonly CxlLink[]; readonly bridge: number }[] = [];
	for (const bridge of hardware.bridges) {
		const index = addPort(cxl, 'bridge', root, bridge.busNumber, hostName(bridge.busNumber));
		const port = portAt(cxl, index);
		port.passthrough = bridge.rootPorts === 1 && !bridge.keepsDecoders;
		port.targetCount = port.passthrough ? 1 : TARGETS;
		const walk = (links: readonly CxlLink[], way: readonly CxlLink[]): void => {
			for (const link of links) {
				if (link.device !== null) found.push({ device: link.device, way: [...way, link], bridge: index });
				if (link.switch !== null) walk(link.switch.links, [...way, link]);
			}
		};
		walk(bridge.links, []);
	}
	for (const { device, way, bridge } of found) addMemdev(cxl, device, way, bridge);
	for (const device of hardware.strays) addMemdev(cxl, device, [], -1);
	return cxl;
}

const hex = (value: number): string => value.toString(16).padStart(2, '0');
const hostName = (bus: number): string => `pci0000:${hex(bus)}`;

function addPort(cxl: CxlRecord, kind: CxlPortRecord['kind'], parent: number, parentDport: number, host: string): number {
	cxl.ports.push({
		id: cxl.ports.length,
		kind,
		parent,
		parentDport,
		host,
		dports: [],
		targetCount: kind === 'endpoint' ? 0 : TARGETS,
		passthrough: false,
		commitEnd: -1,
		hdmEnd: -1,
		memdev: -1,
		refs: []
	});
	return cxl.ports.length - 1;
}

const emptyDecoder = (port: number, id: number): CxlDecoderRecord => ({
	port,
	id,
	start: 0,
	bytes: 0,
	ways: 1,
	granularityBytes: 256,
	targets: [],
	enabled: false,
	region: -1,
	mode: 'none',
	dpaStart: -1,
	dpaBytes: 0,
	skipBytes: 0,
	position: -1
});

/** QEMU answers "identify" with an error when a part is no multiple of 256 MiB (hw/cxl/cxl-mailbox-utils.c): no driver binds. */
const isWhole = (device: CxlDeviceFound): boolean =>
	[device.ramBytes, device.pmemBytes, device.dynamicBytes].every((bytes) => bytes % DPA_UNIT === 0);

function addMemdev(cxl: CxlRecord, device: CxlDeviceFound, way: readonly CxlLink[], bridge: number): void {
	if (!isWhole(device)) return;
	const { ramBytes, pmemBytes, dynamicBytes, serial, store } = device;
	const id = cxl.memdevs.length;
	cxl.memdevs.push({ id, serial, host: device.address, device: device.device, ramBytes, pmemBytes, dynamicBytes, endpoint: -1, store });
	if (bridge < 0) return;
	let port = bridge;
	for (const link of way) {
		arrive(cxl, port, link);
		if (link.switch !== null) port = switchPort(cxl, port, link.id, link.switch.address);
	}
	const last = way.at(-1) as CxlLink;
	const endpoint = addPort(cxl, 'endpoint', port, last.id, `mem${id}`);
	portAt(cxl, endpoint).memdev = id;
	(cxl.memdevs[id] as (typeof cxl.memdevs)[number]).endpoint = endpoint;
	for (let at = 0; at < DECODERS; at += 1) cxl.decoders.push(emptyDecoder(endpoint, at));
}

/** With the first dport come the decoders; an idle one names dport 0, which its register holds (cxl_port_add_dport). */
function arrive(cxl: CxlRecord, index: number, link: CxlLink): void {
	const port = portAt(cxl, index);
	if (port.dports.some((dport) => dport.id === link.id)) return;
	if (port.dports.length === 0)
		for (let at = 0; at < (port.passthrough ? 1 : DECODERS); at += 1) cxl.decoders.push(emptyDecoder(index, at));
	port.dports.push({ id: link.id, name: link.address, alias: '' });
	for (const at of decodersOf(cxl, index)) {
		const decoder = cxl.decoders[at] as CxlDecoderRecord;
		if (decoder.bytes === 0 && link.id === 0) decoder.targets = [0];
	}
}

function switchPort(cxl: CxlRecord, parent: number, dport: number, address: string): number {
	const there = cxl.ports.findIndex((port) => port.kind === 'switch' && port.parent === parent && port.parentDport === dport);
	return there >= 0 ? there : addPort(cxl, 'switch', parent, dport, address);
}
