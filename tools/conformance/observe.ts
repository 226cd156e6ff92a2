import type { MachineStatus, MemoryBlockStatus } from '../../src/lib/engine/contract/machine-status.ts';
import { ZONE_TEXT } from '../../src/lib/engine/contract/machine-status.ts';
import { PAGES_PER_SECTION } from '../../src/lib/engine/mm/os/os.ts';
import type { Json, JsonObject } from './case.ts';
import type { Machine } from './machine.ts';

/** Observations of a machine in the shapes of the recordings. */

/** Zones in pages: present ones only. */
export function zonesPages(status: MachineStatus, withFree: boolean): JsonObject {
	const zones: Record<string, Json> = {};
	for (const node of status.nodes)
		for (const zone of node.zones) {
			if (zone.presentPages === 0) continue;
			zones[`node${node.id}/${ZONE_TEXT[zone.name]}`] = {
				spanned: zone.spannedPages,
				present: zone.presentPages,
				managed: zone.managedPages,
				...(withFree ? { free: zone.freePages } : {})
			};
		}
	return zones;
}

function validZones(block: MemoryBlockStatus): string {
	if (block.state === 'offline') return block.validZones.map((zone) => ZONE_TEXT[zone]).join(' ');
	return block.zone === null || block.zone === 'none' ? 'none' : ZONE_TEXT[block.zone];
}

export function blockText(status: MachineStatus, id: number): { state: string; zones: string } {
	const block = status.memoryBlocks.find((each) => each.id === id);
	return block ? { state: block.state, zones: validZones(block) } : { state: 'absent', zones: '' };
}

/** Groups of blocks with equal state, node and zones, ids as ranges. */
export function blockGroups(status: MachineStatus): JsonObject[] {
	const groups = new Map<string, { state: string; node: string; valid_zones: string; ids: number[] }>();
	for (const block of status.memoryBlocks) {
		const key = `${block.state}/${block.node}/${validZones(block)}`;
		const group = groups.get(key) ?? { state: block.state, node: String(block.node), valid_zones: validZones(block), ids: [] };
		group.ids.push(block.id);
		groups.set(key, group);
	}
	return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { ids, ...rest }]) => ({ ...rest, blocks: ranges(ids) }));
}

/** [1,2,3,7] → ["1-3", "7"] */
export function ranges(ids: readonly number[]): string[] {
	const texts: string[] = [];
	for (let at = 0; at < ids.length;) {
		let end = at;
		while (end + 1 < ids.length && (ids[end + 1] as number) === (ids[end] as number) + 1) end += 1;
		texts.push(end === at ? String(ids[at]) : `${ids[at]}-${ids[end]}`);
		at = end + 1;
	}
	return texts;
}

export function nodeMasks(status: MachineStatus): JsonObject {
	const mask = (keep: (node: MachineStatus['nodes'][number]) => boolean): string =>
		ranges(status.nodes.filter(keep).map((node) => node.id)).join(',');
	const has = (node: MachineStatus['nodes'][number], kernelOnly: boolean): boolean =>
		node.zones.some(
			(zone) => zone.presentPages > 0 && (!kernelOnly || zone.name === 'DMA' || zone.name === 'DMA32' || zone.name === 'NORMAL')
		);
	return {
		online: mask((node) => node.online),
		possible: mask(() => true),
		has_memory: mask((node) => has(node, false)),
		has_normal_memory: mask((node) => has(node, true)),
		has_cpu: mask((node) => node.cpus.length > 0)
	};
}

export function buddyFree(status: MachineStatus): JsonObject {
	const zones: Record<string, Json> = {};
	for (const node of status.nodes)
		for (const zone of node.zones)
			if (zone.presentPages > 0)
				zones[`node${node.id}/${ZONE_TEXT[zone.name]}`] = Array.from({ length: 11 }, (_, order) =>
					zone.freeChunks.reduce((sum, list) => sum + (list[order] ?? 0), 0)
				);
	return zones;
}

/** A virtio-mem device as query-memory-devices tells it. */
export function device(status: MachineStatus, id: string, requested?: number): JsonObject | null {
	const found = status.virtioMems.find((each) => each.id === id);
	if (!found) return null;
	return {
		memaddr: found.addr,
		'block-size': found.blockBytes,
		size: found.pluggedBytes,
		node: found.node,
		'max-size': found.regionBytes,
		'requested-size': requested ?? found.requestedBytes,
		id: found.id
	};
}

/** Memory of a guest: MemTotal from managed pages, MemFree from the free lists. */
export function meminfo(status: MachineStatus): JsonObject {
	const zones = status.nodes.flatMap((node) => node.zones);
	const locked = status.processes.flatMap((each) => each.areas).filter((area) => area.locked);
	const lockedKb = locked.reduce((sum, area) => sum + area.residentPages, 0) * 4;
	return {
		MemTotal: zones.reduce((sum, zone) => sum + zone.managedPages, 0) * 4,
		MemFree: zones.reduce((sum, zone) => sum + zone.freePages, 0) * 4,
		Unevictable: lockedKb,
		Mlocked: lockedKb
	};
}

/** Memory blocks inside a device's region by state and zone, indices from the region's first block. */
export function deviceBlocks(machine: Machine, id: string): JsonObject[] {
	const status = machine.status();
	const found = status.virtioMems.find((each) => each.id === id);
	if (!found) return [];
	const blockPages = (status.memoryBlockBytes / 2 ** 27) * PAGES_PER_SECTION;
	const first = Math.floor(found.addr / 4096 / blockPages);
	const end = Math.ceil((found.addr + found.regionBytes) / 4096 / blockPages);
	const groups = new Map<string, { state: string; valid_zones: string; indexes: number[] }>();
	for (const block of status.memoryBlocks) {
		// With several devices the recordings count every hot-added block from the first device's start.
		if (block.id < first || (status.virtioMems.length === 1 && block.id >= end)) continue;
		const zones = validZones(block);
		const key = `${block.state}/${zones}`;
		const group = groups.get(key) ?? { state: block.state, valid_zones: zones, indexes: [] };
		group.indexes.push(block.id - first);
		groups.set(key, group);
	}
	return [...groups.entries()]
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([, { state, valid_zones, indexes }]) => ({ state, valid_zones, count: indexes.length, indexes }));
}
