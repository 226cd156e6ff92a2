import { readSize, type QemuMachine, type QemuPart } from './qemu-args.ts';

/**
 * The CXL part of a QEMU command line as plain values (QEMU 11.1.3, read in 10.2: hw/cxl/cxl-host.c,
 * hw/pci-bridge/pci_expander_bridge.c, cxl_root_port.c, cxl_upstream.c, cxl_downstream.c, hw/mem/cxl_type3.c). What QEMU refuses
 * is in `cxl-startup.ts`; here everything is only read.
 */
export interface CxlArguments {
	/** -machine cxl=on. */
	readonly enabled: boolean;
	readonly windows: readonly CxlWindowWords[];
	readonly memdevs: readonly CxlMemdevWords[];
}

/** One fixed memory window: cxl-fmw.N.targets.M=, .size=, .interleave-granularity=. */
export interface CxlWindowWords {
	readonly index: number;
	/** Ids of the host bridges in interleave order. */
	readonly targets: readonly string[];
	readonly bytes: number;
	readonly granularityBytes: number;
}

/** One -device cxl-type3. Bytes are those of the backends; a backend that does not exist counts 0. */
export interface CxlMemdevWords {
	readonly id: string;
	readonly bus: string;
	/** null: no serial number was given. */
	readonly serial: number | null;
	/** Ids of the memory backends, null where none is named. `memdev=` of old command lines means persistent. */
	readonly volatileBackend: string | null;
	readonly persistentBackend: string | null;
	readonly dynamicBackend: string | null;
	readonly labelBackend: string | null;
	readonly volatileBytes: number;
	readonly persistentBytes: number;
	readonly dynamicBytes: number;
	/** num-dc-regions; 0: no dynamic capacity. */
	readonly dynamicRegions: number;
	/** As it was written, for messages. */
	readonly text: string;
}

/** Devices of a CXL hierarchy, by the name of their driver. */
export const CXL_DEVICES = ['pxb-cxl', 'cxl-rp', 'cxl-upstream', 'cxl-downstream', 'cxl-type3'] as const;
export type CxlDevice = (typeof CXL_DEVICES)[number];
export const isCxlDevice = (type: string): type is CxlDevice => (CXL_DEVICES as readonly string[]).includes(type);

/** Smallest unit of capacity (CXL_CAPACITY_MULTIPLIER, include/hw/cxl/cxl_device.h). */
export const CXL_CAPACITY_BYTES = 256 * 2 ** 20;
/** Without a word for it a window is interleaved at 256 B (cxl-host.c). */
const DEFAULT_GRANULARITY_BYTES = 256;

export const isOn = (word: string | undefined): boolean => word === 'on' || word === 'true' || word === 'yes' || word === 'y';

export function readCxlArguments(machine: QemuMachine): CxlArguments {
	return {
		enabled: isOn(machine.machineProperties['cxl']),
		windows: readWindows(machine.machineProperties),
		memdevs: machine.devices.filter((device) => device.type === 'cxl-type3').map((device) => readMemdev(machine, device))
	};
}

/** A machine has CXL when its words name any part of it. */
export const hasCxl = (machine: QemuMachine): boolean =>
	isOn(machine.machineProperties['cxl']) || machine.devices.some((device) => isCxlDevice(device.type));

function readWindows(properties: Readonly<Record<string, string>>): CxlWindowWords[] {
	const indices = new Set<number>();
	for (const name of Object.keys(properties)) {
		const match = /^cxl-fmw\.(\d+)\./.exec(name);
		if (match) indices.add(Number(match[1]));
	}
	return [...indices]
		.sort((a, b) => a - b)
		.map((index) => {
			const targets: string[] = [];
			for (let at = 0; properties[`cxl-fmw.${index}.targets.${at}`] !== undefined; at += 1)
				targets.push(properties[`cxl-fmw.${index}.targets.${at}`] as string);
			const granularity = properties[`cxl-fmw.${index}.interleave-granularity`];
			return {
				index,
				targets,
				bytes: readSize(properties[`cxl-fmw.${index}.size`] ?? '') ?? 0,
				granularityBytes: granularity === undefined ? DEFAULT_GRANULARITY_BYTES : (readSize(granularity) ?? 0)
			};
		});
}

function readMemdev(machine: QemuMachine, device: QemuPart): CxlMemdevWords {
	const { properties } = device;
	const bytesOf = (id: string | undefined): number => {
		const object = id === undefined ? undefined : machine.objects.find((candidate) => candidate.id === id);
		return object === undefined ? 0 : (readSize(object.properties['size'] ?? '') ?? 0);
	};
	const persistent = properties['persistent-memdev'] ?? properties['memdev'];
	const regions = Number(properties['num-dc-regions'] ?? 0);
	return {
		id: device.id,
		bus: properties['bus'] ?? '',
		serial: properties['sn'] === undefined ? null : Number(properties['sn']),
		volatileBackend: properties['volatile-memdev'] ?? null,
		persistentBackend: persistent ?? null,
		dynamicBackend: properties['volatile-dc-memdev'] ?? null,
		labelBackend: properties['lsa'] ?? null,
		volatileBytes: bytesOf(properties['volatile-memdev']),
		persistentBytes: bytesOf(persistent),
		dynamicBytes: regions > 0 ? bytesOf(properties['volatile-dc-memdev']) : 0,
		dynamicRegions: Number.isInteger(regions) ? regions : 0,
		text: device.text
	};
}
