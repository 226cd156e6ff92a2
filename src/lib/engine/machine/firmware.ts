import type { FirmwareNode } from '../mm/boot/firmware-node.ts';
import type { BootFacts, MemoryRange } from '../mm/boot/reserved.ts';
import { mapOf, type MachineMap } from './map.ts';
import type { QemuMachine } from './qemu-args.ts';

/** Distances without a table: QEMU hw/core/numa.c, 10 and 20. */
const LOCAL = 10;
const REMOTE = 20;

/** Nodes as ACPI tells them; a machine without -numa has node 0 with everything. */
export function firmwareNodes(machine: QemuMachine): FirmwareNode[] {
	const all = Array.from({ length: machine.cpus }, (_, cpu) => cpu);
	const windows = windowNodes(machine);
	const ids = [...(machine.numaNodes.length === 0 ? [0] : machine.numaNodes.map((node) => node.id)).sort((a, b) => a - b), ...windows];
	const distancesFrom = (from: number): number[] => ids.map((to) => distance(machine, from, to));
	const behind = windows.map((id) => ({ id, cpus: [], distances: distancesFrom(id), ...hmatOf(machine, id) }));
	if (machine.numaNodes.length === 0) return [{ id: 0, cpus: all, distances: distancesFrom(0), ...hmatOf(machine, 0) }, ...behind];
	const named = new Set(machine.numaNodes.flatMap((node) => node.cpus));
	const nodes = [...machine.numaNodes].sort((a, b) => a.id - b.id);
	const own = nodes.map((node, index) => ({
		id: node.id,
		// CPUs that no -numa line names belong to the first node.
		cpus: index === 0 ? all.filter((cpu) => node.cpus.includes(cpu) || !named.has(cpu)) : [...node.cpus],
		distances: distancesFrom(node.id),
		...hmatOf(machine, node.id)
	}));
	return [...own, ...behind];
}

/** Linux makes one node per CXL window, after those of SRAT (drivers/acpi/numa/srat.c, acpi_parse_cfmws). */
export function windowNodes(machine: QemuMachine): number[] {
	const first = Math.max(0, ...machine.numaNodes.map((node) => node.id)) + 1;
	return mapOf(machine).windows.map((_, at) => first + at);
}

/** A distance given one way only holds the other way too (hw/core/numa.c, validate_numa_distance). */
function distance(machine: QemuMachine, from: number, to: number): number {
	const given = machine.distances.find((entry) => entry.from === from && entry.to === to);
	const back = machine.distances.find((entry) => entry.from === to && entry.to === from);
	return given?.value ?? back?.value ?? (from === to ? LOCAL : REMOTE);
}

function hmatOf(machine: QemuMachine, target: number) {
	const entry = (kind: string) =>
		machine.hmat.find((row) => row['type'] === 'hmat-lb' && Number(row['target']) === target && (row['data-type'] ?? '') === kind);
	const latency = (kind: string): number | null => {
		const row = entry(`${kind}-latency`) ?? entry('access-latency');
		return row ? Number(row['latency']) : null;
	};
	const bandwidth = (kind: string): number | null => {
		const row = entry(`${kind}-bandwidth`) ?? entry('access-bandwidth');
		const match = /^(\d+)([MG]?)/i.exec(row?.['bandwidth'] ?? '');
		if (!match) return null;
		return Number(match[1]) * ((match[2] ?? '').toUpperCase() === 'G' ? 1024 : 1);
	};
	return {
		readLatencyNs: latency('read'),
		writeLatencyNs: latency('write'),
		readBandwidthMiBps: bandwidth('read'),
		writeBandwidthMiBps: bandwidth('write')
	};
}

const PAGE = 4096;
const PFN_4GIB = 1_048_576;
/** ACPI tables lie in the top 128 KiB of RAM below 4 GiB (SeaBIOS, e820 reserved). */
const ACPI_PAGES = 32;

/**
 * Usable memory and its node, as e820 and SRAT tell it (SeaBIOS on q35; QEMU hw/i386/acpi-build.c, build_srat): page 0, the
 * EBDA from 636 KiB on and the VGA hole are not usable.
 */
export function firmwareMemory(machine: QemuMachine): MemoryRange[] {
	const map = mapOf(machine);
	const lowEnd = map.lowBytes / PAGE - ACPI_PAGES;
	const usable = [
		{ startPfn: 1, endPfn: 159 },
		{ startPfn: 256, endPfn: lowEnd },
		{ startPfn: PFN_4GIB, endPfn: PFN_4GIB + map.highBytes / PAGE }
	];
	const ranges: MemoryRange[] = [];
	for (const node of nodeShares(machine, map.lowBytes))
		for (const range of usable) {
			const startPfn = Math.max(range.startPfn, node.startPfn);
			const endPfn = Math.min(range.endPfn, node.endPfn);
			if (startPfn < endPfn) ranges.push({ node: node.id, startPfn, endPfn });
		}
	return ranges.sort((a, b) => a.startPfn - b.startPfn);
}

/** CPU models that have LA57 in every version (QEMU 10.0.13 target/i386/cpu.c). Features after the name change it. */
const FIVE_LEVELS = /^(max|Icelake-Server|SapphireRapids|GraniteRapids|SierraForest|ClearwaterForest|EPYC-Genoa|EPYC-Turin)(-v\d+)?$/;

/** What a kernel's boot memory depends on beyond ranges and nodes. */
export function bootFacts(machine: QemuMachine): BootFacts {
	const map = mapOf(machine);
	const [model = '', ...features] = machine.cpuModel.split(',');
	const words = features.map((word) => word.replace(/^\+(.*)/, '$1=on').replace(/^-(.*)/, '$1=off'));
	const told = words.findLast((word) => /^la57(=|$)/.test(word));
	return {
		distanceTable: machine.distances.length > 0,
		// hw/i386/acpi-build.c, build_srat: device memory is one hotpluggable range above 4 GiB.
		hotpluggable: map.deviceBytes > 0,
		hypervisor: !hidesHypervisor(machine),
		windowAlignBytes: windowAlign(map),
		fiveLevels: told === undefined ? FIVE_LEVELS.test(model) : !/=(off|no|false)$/.test(told)
	};
}

/** CPU models of QEMU show the flag "hypervisor" unless it is taken away. */
export const hidesHypervisor = (machine: QemuMachine): boolean => /,(-hypervisor|hypervisor=(off|no|false))(,|$)/.test(machine.cpuModel);

/** Largest power of two that divides begin and end of every window; windows aligned to less than 256 MiB advise nothing. */
function windowAlign({ windows }: MachineMap): number | null {
	const aligns = windows.flatMap(({ base, bytes }) => [alignOf(base), alignOf(base + bytes)]).filter((align) => align >= LEAST_ALIGN);
	return aligns.length === 0 ? null : Math.min(...aligns);
}
const LEAST_ALIGN = 256 * 2 ** 20;

function alignOf(addr: number): number {
	let align = PAGE;
	while (addr % (align * 2) === 0 && align < 2 ** 40) align *= 2;
	return align;
}

/** Sleep state S3, unless ICH9-LPC or PIIX4_PM have it disabled (QEMU 10.0.13 hw/acpi/core.c, qemu_register_wakeup_support). */
export const hasSleepState3 = (machine: QemuMachine): boolean => !machine.sleepDisabled;

/** RAM is dealt out to the nodes in order; what passes the end of low RAM goes on at 4 GiB. */
function nodeShares(machine: QemuMachine, lowBytes: number): { id: number; startPfn: number; endPfn: number }[] {
	const nodes = [...machine.numaNodes].sort((a, b) => a.id - b.id);
	const told = nodes.reduce((sum, node) => sum + node.bytes, 0);
	const shares = told === 0 ? [{ id: nodes[0]?.id ?? 0, bytes: machine.ramBytes }] : nodes;
	const parts: { id: number; startPfn: number; endPfn: number }[] = [];
	let at = 0;
	for (const share of shares) {
		const end = at + share.bytes;
		if (at < lowBytes) parts.push({ id: share.id, startPfn: at / PAGE, endPfn: Math.min(end, lowBytes) / PAGE });
		if (end > lowBytes)
			parts.push({
				id: share.id,
				startPfn: PFN_4GIB + Math.max(0, at - lowBytes) / PAGE,
				endPfn: PFN_4GIB + (end - lowBytes) / PAGE
			});
		at = end;
	}
	return parts;
}
