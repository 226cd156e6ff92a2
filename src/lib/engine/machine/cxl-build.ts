import { enumerate, type CxlBridge, type CxlDeviceFound, type CxlHardware, type CxlLink } from '../cxl/enumerate.ts';
import { logLine, osRecord } from '../mm/os/os.ts';
import { emit } from '../sim/trace.ts';
import type { BackendRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { hasCxl, readCxlArguments } from './cxl-args.ts';
import { keepsDecoders } from './cxl-startup.ts';
import { hidesHypervisor, windowNodes } from './firmware.ts';
import { mapOf } from './map.ts';
import { addressesOf, placeOnBus, rootTree, type PciAddress, type PciTree } from './pci-tree.ts';
import type { QemuMachine, QemuPart } from './qemu-args.ts';

/** The CXL side of a machine that starts: what firmware and PCI show of it, and what Linux makes of that. */
export function buildCxl(world: World, os: number, machine: QemuMachine, tree: PciTree, backends: readonly BackendRecord[]): void {
	if (!hasCxl(machine) || !readCxlArguments(machine).enabled) return;
	const cxl = enumerate(os, hardwareOf(world, os, machine, tree, backends));
	const before = world.r.cxl.findIndex((record) => record.os === os);
	if (before >= 0) world.r.cxl[before] = cxl;
	else world.r.cxl.push(cxl);
	for (const port of cxl.ports) if (port.kind === 'bridge') logLine(world, os, ` ${port.host}: host supports CXL`);
	for (const memdev of cxl.memdevs)
		if (memdev.pmemBytes > 0 && memdev.endpoint >= 0)
			logLine(world, os, `cxl_nvdimm pmem${memdev.id}: GPF: could not set dirty shutdown state`);
	emit(world, {
		kind: 'online',
		rule: 'cxl-enumerate',
		cause: null,
		host: osRecord(world, os).id,
		values: { windows: cxl.windows.length, ports: cxl.ports.length, memdevs: cxl.memdevs.length },
		text: `${osRecord(world, os).id} finds ${cxl.memdevs.length} CXL memory devices behind ${cxl.windows.length} windows`
	});
}

/** The same after a reset: QEMU's decoders are empty again, Linux finds everything anew. */
export function rebuildCxl(world: World, os: number, machine: QemuMachine): void {
	const tree = rootTree(machine);
	for (const device of machine.devices) placeOnBus(tree, device);
	buildCxl(world, os, machine, tree, osRecord(world, os).backends);
}

function hardwareOf(world: World, os: number, machine: QemuMachine, tree: PciTree, backends: readonly BackendRecord[]): CxlHardware {
	const addresses = addressesOf(tree);
	const { memdevs } = readCxlArguments(machine);
	const busOf = (id: string): number => Number(machine.devices.find((device) => device.id === id)?.properties['bus_nr'] ?? 0);
	const seen = new Set<QemuPart>();
	const deviceAt = (at: PciAddress): CxlDeviceFound => {
		seen.add(at.node.part);
		const words = memdevs[machine.devices.filter((device) => device.type === 'cxl-type3').indexOf(at.node.part)];
		return {
			address: at.text,
			device: at.node.part.id,
			serial: words?.serial ?? null,
			ramBytes: words?.volatileBytes ?? 0,
			pmemBytes: words?.persistentBytes ?? 0,
			dynamicBytes: words?.dynamicBytes ?? 0,
			store: storeOf(world, os, backends, words?.volatileBackend ?? words?.persistentBackend ?? words?.dynamicBackend ?? '')
		};
	};
	const linkOf = (port: PciAddress): CxlLink => {
		const below = addresses.find((other) => other.node.bus === port.node.part.id && other.node.slot === 0);
		const isSwitch = below?.node.part.type === 'cxl-upstream';
		return {
			id: Number(port.node.part.properties['port'] ?? 0),
			address: port.text,
			device: below?.node.part.type === 'cxl-type3' ? deviceAt(below) : null,
			switch: below !== undefined && isSwitch ? { address: below.text, links: linksOn(below.node.part.id, 'cxl-downstream') } : null
		};
	};
	const linksOn = (bus: string, type: string): CxlLink[] =>
		addresses.filter((other) => other.node.bus === bus && other.node.part.type === type).map(linkOf);
	const bridges = machine.devices
		.filter((device) => device.type === 'pxb-cxl')
		.map((device): CxlBridge => ({
			busNumber: busOf(device.id),
			rootPorts: addresses.filter((other) => other.node.bus === device.id && /^cxl-rp$|root-port/.test(other.node.part.type)).length,
			keepsDecoders: keepsDecoders(device),
			links: linksOn(device.id, 'cxl-rp')
		}))
		// The DSDT lists expander buses from the last to the first (hw/i386/acpi-build.c, over a list that grows at its head).
		.reverse();
	const nodes = windowNodes(machine);
	return {
		invalidates: hidesHypervisor(machine),
		windows: mapOf(machine).windows.map((window, at) => ({
			base: window.base,
			bytes: window.bytes,
			targets: window.targets.map(busOf),
			granularityBytes: window.granularityBytes,
			node: nodes[at] ?? 0
		})),
		bridges,
		strays: addresses.filter((at) => at.node.part.type === 'cxl-type3' && !seen.has(at.node.part)).map(deviceAt)
	};
}

/** Backends over one file with share=on hold the same bytes, on whichever machine; any other holds its own. */
function storeOf(world: World, os: number, backends: readonly BackendRecord[], id: string): string {
	const backend = backends.find((candidate) => candidate.id === id);
	if (backend !== undefined && backend.type === 'memory-backend-file' && backend.share && backend.path !== '')
		return `file:${backend.path}`;
	return `${world.r.oses[os]?.id ?? ''}:${id}`;
}
