import type { QemuMachine, QemuPart } from './qemu-args.ts';

/**
 * Which PCI device sits where: the bus it was put on, its slot there, and the numbers that firmware gives to the buses
 * (QEMU hw/pci/pci.c, do_pci_register_device; SeaBIOS src/fw/pciinit.c numbers depth first).
 */
export interface PciTree {
	/** Name of the bus of the machine itself. */
	readonly root: string;
	readonly nodes: PciNode[];
}
export interface PciNode {
	readonly part: QemuPart;
	/** Id of the bus it sits on. */
	readonly bus: string;
	readonly slot: number;
	readonly function: number;
}

const SLOTS = 32;
/** Slots of pcie.0 that are taken before the first -device: host bridge, display, network card (hw/i386/pc_q35.c, pc.c). */
const FIRST_FREE_SLOT = 3;
/** The LPC bridge (pc_q35.c). */
const LPC_SLOT = 31;

export const rootTree = (machine: QemuMachine): PciTree => ({ root: machine.chipset === 'q35' ? 'pcie.0' : 'pci.0', nodes: [] });

const isBridge = (type: string): boolean => /^(pxb|cxl-(rp|upstream|downstream)$)|root-port|bridge|ioh3420|x3130/.test(type);
const isPxb = (type: string): boolean => type.startsWith('pxb');

const ownerOf = (tree: PciTree, bus: string): PciNode | undefined =>
	tree.nodes.find((node) => node.part.id === bus && isBridge(node.part.type));

/** The bus is looked for before anything else of a device (system/qdev-monitor.c, qdev_device_add_from_qdict). */
export function busRefusal(tree: PciTree, part: QemuPart): string | null {
	const bus = part.properties['bus'];
	return bus === undefined || bus === tree.root || ownerOf(tree, bus) !== undefined ? null : `Bus '${bus}' not found`;
}

/** Puts a device on its bus. Null, or QEMU's text. What is no PCI device is not looked at. */
export function placeOnBus(tree: PciTree, part: QemuPart): string | null {
	if (/^(pc-dimm|nvdimm|isa-|usb-|scsi-|ide-)/.test(part.type)) return null;
	const missing = busRefusal(tree, part);
	if (missing !== null) return missing;
	const bus = part.properties['bus'] ?? tree.root;
	const owner = ownerOf(tree, bus);
	if (owner !== undefined && isPxb(owner.part.type) && !isBridge(part.type))
		return `PCI: Only PCI/PCIe bridges can be plugged into ${owner.part.type}`;
	const given = part.properties['addr'];
	const [slotText = '', functionText = '0'] = (given ?? '').split('.');
	const here = tree.nodes.filter((node) => node.bus === bus);
	if (given === undefined) {
		const first = bus === tree.root ? FIRST_FREE_SLOT : 0;
		for (let slot = first; slot < SLOTS; slot += 1) {
			if (here.some((node) => node.slot === slot) || (bus === tree.root && slot === LPC_SLOT)) continue;
			tree.nodes.push({ part, bus, slot, function: 0 });
			return null;
		}
		return `PCI: no slot/function available for ${part.type}, all in use or reserved`;
	}
	const slot = parseInt(slotText, 16);
	const at = { slot, function: parseInt(functionText, 16) };
	if (!(at.slot >= 0 && at.slot < SLOTS && at.function >= 0 && at.function < 8)) return `Parameter 'addr' expects pci device address`;
	const other = here.find((node) => node.slot === at.slot && node.function === at.function);
	if (other !== undefined)
		return `PCI: slot ${at.slot} function ${at.function} not available for ${part.type}, in use by ${other.part.type},id=${other.part.id}`;
	tree.nodes.push({ part, bus, ...at });
	return null;
}

export interface PciAddress {
	readonly node: PciNode;
	/** Bus number it answers at. */
	readonly busNumber: number;
	/** Number of the bus behind it; −1 for what is no bridge. */
	readonly behind: number;
	/** 0000:0d:00.0 */
	readonly text: string;
}

/**
 * Addresses as Linux prints them, depth first below every root bus. Behind a port only slot 0 answers (hw/pci/pcie.c,
 * pcie_has_upstream_port; Linux drivers/pci/probe.c, only_one_child): what sits higher is not found.
 */
export function addressesOf(tree: PciTree): PciAddress[] {
	const found: PciAddress[] = [];
	const walk = (bus: string, number: number, single: boolean): number => {
		let last = number;
		const here = tree.nodes
			.filter((node) => node.bus === bus && (!single || node.slot === 0))
			.sort((a, b) => a.slot - b.slot || a.function - b.function);
		for (const node of here) {
			const bridge = isBridge(node.part.type) && !isPxb(node.part.type);
			const behind = bridge ? last + 1 : -1;
			found.push({ node, busNumber: number, behind, text: address(number, node) });
			if (bridge) last = walk(node.part.id, behind, node.part.type !== 'cxl-upstream' && node.part.type !== 'x3130-upstream');
		}
		return last;
	};
	walk(tree.root, 0, false);
	for (const pxb of tree.nodes.filter((node) => isPxb(node.part.type)))
		walk(pxb.part.id, Number(pxb.part.properties['bus_nr'] ?? 0), false);
	return found;
}

function address(bus: number, node: PciNode): string {
	const two = (value: number): string => value.toString(16).padStart(2, '0');
	return `0000:${two(bus)}:${two(node.slot)}.${node.function}`;
}
