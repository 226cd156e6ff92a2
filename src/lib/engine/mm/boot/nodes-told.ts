import type { MachineScenario } from '../../contract/scenario/schema.ts';
import { osRecord } from '../os/os.ts';
import type { World } from '../../state/world.ts';
import { memoryLimit, numaOff } from './command-line.ts';
import { groupNodes, groupRanges, groupsOf, nodeOfChannel } from './grouped-nodes.ts';
import type { FirmwareNode } from './firmware-node.ts';
import type { MemoryRange } from './reserved.ts';

/**
 * What a kernel makes of the nodes and the memory that firmware tells: numa=off puts all of it on node 0, as on a machine
 * without SRAT (Linux 7.2.13 drivers/acpi/numa/srat.c, arch/x86/mm/numa.c), mem= cuts boot memory off at an address, and the
 * proposal of seed S3 makes one node of several.
 */
export function nodesTold(machine: MachineScenario, told: readonly FirmwareNode[]): FirmwareNode[] {
	if (!numaOff(machine.append)) return groupNodes(groupsOf(machine), told);
	const cpus = told.flatMap((node) => node.cpus).sort((a, b) => a - b);
	const unknown = { readLatencyNs: null, writeLatencyNs: null, readBandwidthMiBps: null, writeBandwidthMiBps: null };
	return [{ id: 0, cpus, distances: [10], ...unknown }];
}

export function rangesTold(world: World, os: number, told: readonly MemoryRange[]): MemoryRange[] {
	const { append } = osRecord(world, os);
	const limit = memoryLimit(append) ?? Infinity;
	const used = told.map((range) => ({ ...range, endPfn: Math.min(range.endPfn, limit) })).filter((range) => range.startPfn < range.endPfn);
	if (!numaOff(append)) return groupRanges(world, os, used);
	const joined: MemoryRange[] = [];
	for (const { startPfn, endPfn } of used) {
		const last = joined.at(-1);
		if (last?.endPfn === startPfn) joined[joined.length - 1] = { ...last, endPfn };
		else joined.push({ node: 0, startPfn, endPfn });
	}
	return joined;
}

/** Node on which memory arrives that firmware puts on `node`. */
export const nodeTold = (world: World, os: number, node: number): number =>
	numaOff(osRecord(world, os).append) ? 0 : nodeOfChannel(world, os, node);
