import type { FirmwareNode } from '../mm/boot/new-os.ts';
import type { QemuMachine } from './qemu-args.ts';

/** Distances without a table: QEMU hw/core/numa.c, 10 and 20. */
const LOCAL = 10;
const REMOTE = 20;

/** Nodes as ACPI tells them; a machine without -numa has node 0 with everything. */
export function firmwareNodes(machine: QemuMachine): FirmwareNode[] {
	const all = Array.from({ length: machine.cpus }, (_, cpu) => cpu);
	if (machine.numaNodes.length === 0)
		return [{ id: 0, cpus: all, distances: [LOCAL], ...hmatOf(machine, 0) }];
	const named = new Set(machine.numaNodes.flatMap((node) => node.cpus));
	const nodes = [...machine.numaNodes].sort((a, b) => a.id - b.id);
	return nodes.map((node, index) => ({
		id: node.id,
		// CPUs that no -numa line names belong to the first node.
		cpus: index === 0 ? all.filter((cpu) => node.cpus.includes(cpu) || !named.has(cpu)) : [...node.cpus],
		distances: nodes.map((other) => distance(machine, node.id, other.id)),
		...hmatOf(machine, node.id)
	}));
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
