import { PAGE_BYTES } from '../../../base/units.ts';
import { osRecord, ZONE_ORDER } from '../../mm/os/os.ts';
import type { OsNodeRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import type { NumactlNode } from '../numactl.ts';
import { zonesOf } from './zones.ts';

/** Nodes of a machine for the tools' texts. */

export interface NodeMasks {
	readonly possible: number[];
	readonly online: number[];
	readonly hasNormalMemory: number[];
	readonly hasMemory: number[];
	readonly hasCpu: number[];
}

/** Node states (include/linux/nodemask.h): a node that has only movable memory has memory, but no normal memory. */
export function nodeMasks(world: World, os: number): NodeMasks {
	const { nodes } = osRecord(world, os);
	const zones = zonesOf(world, os).filter((zone) => zone.present > 0 && zone.record.name !== 'DEVICE');
	const normal = ZONE_ORDER.indexOf('NORMAL');
	const ids = (holds: (node: OsNodeRecord) => boolean): number[] => nodes.filter(holds).map((node) => node.id);
	return {
		possible: ids(() => true),
		online: ids((node) => node.online),
		hasNormalMemory: ids((node) => zones.some((zone) => zone.node === node.id && ZONE_ORDER.indexOf(zone.record.name) <= normal)),
		hasMemory: ids((node) => zones.some((zone) => zone.node === node.id)),
		hasCpu: ids((node) => node.cpus.length > 0)
	};
}

/** Nodes that have a directory: those that are online, ascending. */
export function onlineNodes(world: World, os: number): OsNodeRecord[] {
	return osRecord(world, os)
		.nodes.filter((node) => node.online)
		.sort((a, b) => a.id - b.id);
}

/** Distances from a node to the nodes that are online (drivers/base/node.c, node_read_distance). */
export function distancesOf(world: World, os: number, node: OsNodeRecord): number[] {
	const { nodes } = osRecord(world, os);
	return onlineNodes(world, os).map((other) => node.distances[nodes.indexOf(other)] ?? 0);
}

export function numactlNodes(world: World, os: number): NumactlNode[] {
	return onlineNodes(world, os).map((node) => {
		const { managed, free } = sizesOf(world, os, node.id);
		return {
			id: node.id,
			cpus: node.cpus,
			totalBytes: managed * PAGE_BYTES,
			freeBytes: free * PAGE_BYTES,
			distances: distancesOf(world, os, node)
		};
	});
}

/** MemTotal and MemFree in pages, of one node or of the machine: the total follows what the buddy manages. */
export function sizesOf(world: World, os: number, node: number | null): { managed: number; free: number } {
	let managed = 0;
	let free = 0;
	for (const zone of zonesOf(world, os)) {
		if (node !== null && zone.node !== node) continue;
		managed += zone.managed;
		free += zone.free;
	}
	return { managed, free };
}
