import { BLOCK_BYTES, MEMORY_BLOCK_BYTES } from '../../base/units.ts';
import type { Workload } from '../contract/commands.ts';
import { COLUMNS, COLUMN_NAMES, place, type Capacities, type ColumnSpec } from '../contract/layout.ts';
import type { MemoryEstimate } from '../contract/port.ts';
import type { MachineScenario, Scenario, VmScenario } from '../contract/scenario/schema.ts';
import type { NicScenario } from '../contract/scenario/vdpa-schema.ts';
import { readCxlArguments } from '../machine/cxl-args.ts';
import { mapOf } from '../machine/map.ts';
import { readQemuArgs } from '../machine/qemu-args.ts';
import { POOL_PAGES } from '../vdpa/queues/driver-memory.ts';
import { writtenBlocks } from '../workloads/index.ts';
import { SUPERPAGE_WORDS } from '../contract/superpage.ts';
import { MIGRATETYPES, ORDERS } from '../contract/words.ts';

/** Most bytes that a world may take on a page unless it asks otherwise. */
export const DEFAULT_LIMIT_BYTES = 256 * 1024 * 1024;

/**
 * How many rows of everything a scenario can ever need: worst cases, so that running out is impossible (decision D17).
 * `mostMemoryBlocks` asks what its machines would need if none had more memory than that.
 */
export function capacitiesOf(scenario: Scenario, mostMemoryBlocks = Infinity): Capacities {
	const machines = scenario.machines.map((machine) => machineCapacity(machine, mostMemoryBlocks));
	const dramBlocks = scenario.hosts.reduce((sum, host) => sum + host.dramBytes / BLOCK_BYTES, 0);
	const poolBlocks = scenario.pool ? scenario.pool.bytes / BLOCK_BYTES : 0;
	const hostBlocks = dramBlocks + poolBlocks;
	const vmBlocks = scenario.vms.reduce((sum, vm) => sum + reservedBytes(vm) / BLOCK_BYTES, 0);
	const nics = scenario.vms.flatMap((vm) => vm.vdpa?.nics ?? []);
	const sum = (pick: (machine: MachineCapacity) => number) => machines.reduce((total, machine) => total + pick(machine), 0);
	const blocks = hostBlocks + sum((machine) => machine.blocks);
	const guestBlocks = vmBlocks + sum((machine) => machine.areaBlocks);
	const areaDetails = sum((machine) => machine.areaDetails);
	const touched = scenario.vms.reduce((total, vm) => total + touchedBlocks(vm), 0);
	// A guest block may be spread over source, pool and target at once, and leave broken blocks on each; what vDPA devices pin
	// never goes to the pool.
	const places = nics.length > 0 && !scenario.pool ? 2 : 3;
	const details = Math.min(hostBlocks, touched * places + 64) + sum((machine) => machine.details);
	const zones = scenario.hosts.length * 2 + scenario.vms.length * 2 + sum((machine) => machine.zones);
	return {
		memory: scenario.hosts.length + 1 + machines.length,
		memoryBlock: (blocks * BLOCK_BYTES) / MEMORY_BLOCK_BYTES,
		block: blocks,
		detail: details,
		content: details,
		structure: details,
		row: details,
		zone: zones,
		freeList: zones * MIGRATETYPES * ORDERS,
		guestBlock: guestBlocks,
		// A VM has two processes while it moves, an area has one; VMs come first, and only they have a dirty log.
		guestDetail: touched + areaDetails,
		guestRow: touched + areaDetails,
		mapping: guestBlocks * 2,
		mapDetail: touched * 2 + areaDetails,
		mapRow: touched * 2 + areaDetails,
		gfnWord: vmBlocks * 16,
		event: 256 + nics.length * 16 + scenario.vms.length * 64 + machines.length * 256 + (scenario.fabric ? 8192 : 0),
		stream:
			scenario.vms.length * 2 +
			scenario.vms.filter((vm) => vm.ways?.tiering).length +
			nics.length +
			2 +
			machines.length * 2 +
			((scenario.rack?.hazards?.length ?? 0) > 0 ? 1 : 0),
		word: scenario.hosts.length > 0 ? SUPERPAGE_WORDS : 0,
		descriptor: Math.max(64, scenario.descriptorLimit),
		deviceWord: sum((machine) => machine.deviceWords),
		extent: extentRows(scenario),
		ringEntry: nics.reduce((sum, nic) => sum + ringRows(nic), 0),
		packetBucket: nics.length * PACKET_BUCKETS
	};
}

/** Memory that a VM has, and what could be plugged into it. */
export function reservedBytes(vm: VmScenario): number {
	return Math.max(vm.bytes, vm.vdpa?.maxBytes ?? 0);
}

/**
 * Blocks of a VM whose pages may come to differ: all of them, or for a large VM with vDPA devices what its program and its
 * drivers can write. A program that would write more is refused (commands/index.ts).
 */
export function touchedBlocks(vm: VmScenario): number {
	const all = reservedBytes(vm) / BLOCK_BYTES;
	if (!vm.vdpa || all <= WHOLE_BLOCKS) return all;
	const queues = vm.vdpa.nics.reduce((sum, nic) => sum + 2 * nic.queuePairs, 0);
	// Memory that comes or goes changes where the draws of a driver fall.
	const driven = queues * POOL_PAGES * (1 + 2 * vm.vdpa.slots) + RING_BLOCKS;
	return Math.min(all, driven + writtenBlocks(vm.workload as Workload, vm.bytes));
}
/** Up to 16 GiB every block may differ. */
const WHOLE_BLOCKS = 8192;
/** Blocks that hold rings, with room to spare. */
const RING_BLOCKS = 64;

/** Each queue twice: as the guest's driver made it, and the shadow of QEMU. */
function ringRows(nic: NicScenario): number {
	return 2 * (2 * nic.queuePairs * nic.ringEntries + (nic.controlQueue ? nic.controlEntries : 0));
}
/** Stretches of time in the course of one NIC. */
export const PACKET_BUCKETS = 240;

/** Every logical device may have its limit of extents, and as many offered; a machine's CXL devices have QEMU's limit of 512. */
function extentRows(scenario: Scenario): number {
	const devices = scenario.fabric?.devices ?? [];
	const rows = devices.reduce((sum, device) => {
		const logical = device.kind === 'mh-sld' ? Math.max(1, device.hosts.length) : device.kind === 'gfd' ? 1 : device.lds;
		return sum + device.extentLimit * logical * 2;
	}, 0);
	const type3 = scenario.machines.reduce(
		(sum, machine) => sum + machine.qemuArgs.filter((word) => word.includes('num-dc-regions')).length,
		0
	);
	return rows + type3 * QEMU_EXTENT_ROWS;
}
/** QEMU keeps offered extents apart from the 512 accepted ones and sets them no limit; more is refused with its reason. */
const QEMU_EXTENT_ROWS = 8192;

interface MachineCapacity {
	readonly blocks: number;
	readonly details: number;
	readonly areaBlocks: number;
	readonly areaDetails: number;
	readonly zones: number;
	readonly deviceWords: number;
}

/** Blocks in full detail that one machine may have at once; more is refused with its reason. */
const MOST_DETAILS = 12_288;
/** The same of processes: what they could have of a machine that is described whole, and a half more for forks and swap. */
const MOST_AREA_DETAILS = MOST_DETAILS * 1.5 + 512;
/** Each may waste the rest of one word of its bitmap; a device of more than 32 blocks of 1 MiB wastes less than it has. */
const MOST_VIRTIO_MEMS = 64;
/** Zones of one node: DMA, DMA32, NORMAL, MOVABLE, DEVICE, EXMEM. */
const ZONES_PER_NODE = 6;

function machineCapacity(machine: MachineScenario, mostMemoryBlocks: number): MachineCapacity {
	const read = readQemuArgs(machine.qemuArgs);
	if (!read.ok) return { blocks: 0, details: 0, areaBlocks: 0, areaDetails: 0, zones: 0, deviceWords: 0 };
	const map = mapOf(read.value);
	const most = (mostMemoryBlocks * MEMORY_BLOCK_BYTES) / BLOCK_BYTES;
	// Memory behind CXL windows: what the devices have, whatever the windows could hold.
	const cxl = readCxlArguments(read.value).memdevs.reduce((sum, memdev) => sum + memdev.volatileBytes + memdev.persistentBytes, 0);
	const present = Math.min(most, Math.ceil((read.value.ramBytes + map.deviceBytes + cxl) / BLOCK_BYTES));
	const areaBlocks = Math.ceil((machine.processBytes ?? present * BLOCK_BYTES * 1.5) / BLOCK_BYTES) + 512;
	// Device blocks are at least 1 MiB (QEMU hw/virtio/virtio-mem.c); all devices, those added later too, fit into device memory.
	const deviceBytes = Math.min(map.deviceBytes, most * BLOCK_BYTES);
	const deviceWords = Math.ceil(deviceBytes / 2 ** 20 / 32) + (map.deviceBytes > 0 ? MOST_VIRTIO_MEMS : 0);
	return {
		blocks: Math.min(most, map.endBytes / BLOCK_BYTES),
		details: Math.min(present, MOST_DETAILS),
		areaBlocks,
		areaDetails: present <= MOST_DETAILS ? areaBlocks : Math.min(areaBlocks, MOST_AREA_DETAILS),
		zones: (Math.max(1, read.value.numaNodes.length) + map.windows.length) * ZONES_PER_NODE,
		deviceWords
	};
}

const WIDTH = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 } as const;

/** Bytes of the one buffer, in parts that people can read. Parts that a run never touches cost address space only. */
export function estimateMemory(scenario: Scenario, limitBytes: number): MemoryEstimate {
	const capacities = capacitiesOf(scenario);
	const sums = new Map<string, number>();
	for (const name of COLUMN_NAMES) {
		const spec: ColumnSpec = COLUMNS[name];
		const bytes = capacities[spec.region] * (spec.per ?? 1) * WIDTH[spec.type];
		const label =
			spec.region === 'content' || spec.region === 'row' || spec.region === 'detail' || spec.region === 'structure'
				? 'frames in full detail'
				: spec.region.startsWith('guest') || spec.region.startsWith('map') || spec.region === 'gfnWord'
					? 'guest pages, mappings, dirty log'
					: 'blocks, zones, events';
		sums.set(label, (sums.get(label) ?? 0) + bytes);
	}
	return {
		bytes: place(capacities).byteLength,
		limitBytes,
		parts: [...sums].map(([label, bytes]) => ({ label, bytes }))
	};
}
