import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { MachineNodeStatus, MachineZoneStatus, MemoryBlockStatus } from '../contract/machine-status.ts';
import { MIGRATETYPES, ORDERS } from '../contract/words.ts';
import { demotionTargets, tierOf } from '../mm/alloc/tiers.ts';
import { allWatermarks, type Watermarks } from '../mm/alloc/watermarks.ts';
import { validZones } from '../mm/blocks/zone-choice.ts';
import { channelsOf } from '../mm/boot/grouped-nodes.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION } from '../mm/os/os.ts';
import type { ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { firstBlockOf, type Held } from '../text/world/runs.ts';
import { memoryBlocksOf, zonesInSection } from '../text/world/sections.ts';
import { addTally, kernelPagesOf, movablePagesOf, newTally, tallyRange, type Tally } from '../text/world/tally.ts';

/** Nodes, zones and memory blocks of one machine for the page: one pass over its block words fills all of them. */
export interface Parts {
	readonly nodes: readonly MachineNodeStatus[];
	readonly memoryBlocks: readonly MemoryBlockStatus[];
}

interface Counts {
	readonly zones: Map<number, Tally>;
	readonly sections: Tally[];
	readonly heldByZone: Map<number, number>;
	readonly heldBySection: Map<number, number>;
}

export function partsOf(world: World, os: number, held: readonly Held[]): Parts {
	const counts = countAll(world, os, held);
	return { nodes: nodesOf(world, os, counts), memoryBlocks: blocksOf(world, os, counts) };
}

function countAll(world: World, os: number, held: readonly Held[]): Counts {
	const zones = new Map<number, Tally>();
	const sections: Tally[] = [];
	const memory = world.r.memories[osRecord(world, os).memory] as { blockCount: number };
	for (let section = 0; section * BLOCKS_PER_SECTION < memory.blockCount; section += 1) {
		const sum = newTally();
		zonesInSection(world, os, section, (zone, first, count) => {
			const tally = tallyRange(world, first, count);
			addTally(sum, tally);
			const whole = zones.get(zone) ?? newTally();
			addTally(whole, tally);
			zones.set(zone, whole);
		});
		sections.push(sum);
	}
	return { zones, sections, ...countHeld(world, os, held) };
}

/** Pages that no mover can move: held and secure ones; mlocked pages move (Linux 7.2.13 mm/migrate.c). */
function countHeld(world: World, os: number, held: readonly Held[]) {
	const heldByZone = new Map<number, number>();
	const heldBySection = new Map<number, number>();
	const zoneOfBlock = blockZones(world, os);
	for (const entry of held) {
		if (entry.term === 'locked') continue;
		for (const [pfn, pages] of entry.runs)
			for (let at = pfn; at < pfn + pages;) {
				const block = Math.floor(at / PAGES_PER_BLOCK);
				const part = Math.min(pfn + pages, (block + 1) * PAGES_PER_BLOCK) - at;
				const zone = zoneOfBlock(block);
				const section = Math.floor(at / PAGES_PER_SECTION);
				heldByZone.set(zone, (heldByZone.get(zone) ?? 0) + part);
				heldBySection.set(section, (heldBySection.get(section) ?? 0) + part);
				at += part;
			}
	}
	return { heldByZone, heldBySection };
}

function blockZones(world: World, os: number): (block: number) => number {
	const first = firstBlockOf(world, os);
	const known = new Map<number, number>();
	return (block) => {
		const seen = known.get(block);
		if (seen !== undefined) return seen;
		let zone = -1;
		zonesInSection(world, os, Math.floor(block / BLOCKS_PER_SECTION), (index, from, count) => {
			if (block + first >= from && block + first < from + count) zone = index;
		});
		known.set(block, zone);
		return zone;
	};
}

function nodesOf(world: World, os: number, counts: Counts): MachineNodeStatus[] {
	const record = osRecord(world, os);
	const marks = allWatermarks(world, os);
	return record.nodes.map((node, index): MachineNodeStatus => ({
		id: node.id,
		cpus: node.cpus,
		online: node.online,
		typed: node.typed,
		channels: channelsOf(world, os, node.id),
		tier: tierOf(world, os, node.id),
		distances: node.distances,
		readLatencyNs: node.readLatencyNs,
		demotionTargets: demotionTargets(world, os, node.id).preferred,
		fallback: (record.zonelists[index] ?? []).map((zone) => {
			const { node: at, name } = world.r.zones[zone] as ZoneRecord;
			return `${at} ${name}`;
		}),
		zones: record.zones
			.filter((zone) => (world.r.zones[zone] as ZoneRecord).node === node.id)
			.map((zone) => zoneStatus(world, zone, counts, marks[record.zones.indexOf(zone)] as Watermarks))
	}));
}

function zoneStatus(world: World, index: number, counts: Counts, marks: Watermarks): MachineZoneStatus {
	const { c } = world;
	const zone = world.r.zones[index] as ZoneRecord;
	const tally = counts.zones.get(index) ?? newTally();
	return {
		index,
		name: zone.name,
		startPfn: zone.spanStartPfn,
		spannedPages: zone.spanEndPfn - zone.spanStartPfn,
		presentPages: c.zonePresentPages.get(index),
		managedPages: c.zoneManagedPages.get(index),
		freePages: c.zoneFreePages.get(index),
		...marks,
		freeChunks: Array.from({ length: MIGRATETYPES }, (_, type) =>
			Array.from({ length: ORDERS }, (__, order) => c.freeCount.get((index * MIGRATETYPES + type) * ORDERS + order))
		),
		movablePages: movablePagesOf(tally),
		kernelPages: kernelPagesOf(tally),
		heldPages: counts.heldByZone.get(index) ?? 0
	};
}

function blocksOf(world: World, os: number, counts: Counts): MemoryBlockStatus[] {
	const record = osRecord(world, os);
	return memoryBlocksOf(world, os).map((block): MemoryBlockStatus => {
		const tally = newTally();
		let heldPages = 0;
		for (let section = block.firstSection; section < block.firstSection + block.sections; section += 1) {
			const own = counts.sections[section];
			if (own) addTally(tally, own);
			heldPages += counts.heldBySection.get(section) ?? 0;
		}
		return {
			id: block.id,
			state: block.state,
			node: block.node,
			zone: block.zone,
			validZones: validZones(world, os, block.id),
			device: record.groups[block.group]?.device ?? null,
			freePages: tally.free,
			offlinePages: tally.pageOffline,
			kernelPages: kernelPagesOf(tally),
			heldPages
		};
	});
}
