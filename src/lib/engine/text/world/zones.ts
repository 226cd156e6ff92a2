import { ZONE_TEXT } from '../../contract/machine-status.ts';
import { MIGRATETYPES, Migratetype, ORDERS, wordKind, BlockKind, wordMigratetype } from '../../contract/words.ts';
import { osRecord, zoneOfOsBlock } from '../../mm/os/os.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { BuddyLine, PagetypeZone } from '../buddyinfo.ts';
import { firstBlockOf } from './runs.ts';

/** Zones of a machine for the kernel's texts. */

export interface ZoneView {
	readonly index: number;
	readonly node: number;
	readonly record: ZoneRecord;
	readonly text: string;
	readonly free: number;
	readonly present: number;
	readonly managed: number;
}

/** All zones of the nodes that are online, by node, low to high; empty ones too. */
export function zonesOf(world: World, os: number): ZoneView[] {
	const { c, r } = world;
	const record = osRecord(world, os);
	const online = new Set(record.nodes.filter((node) => node.online).map((node) => node.id));
	return record.zones
		.map((index): ZoneView => {
			const zone = r.zones[index] as ZoneRecord;
			return {
				index,
				node: zone.node,
				record: zone,
				text: ZONE_TEXT[zone.name],
				free: c.zoneFreePages.get(index),
				present: c.zonePresentPages.get(index),
				managed: c.zoneManagedPages.get(index)
			};
		})
		.filter((zone) => online.has(zone.node));
}

const listsOf = (world: World, zone: number, type: number): number[] =>
	Array.from({ length: ORDERS }, (_, order) => world.c.freeCount.get((zone * MIGRATETYPES + type) * ORDERS + order));

export function buddyLines(world: World, os: number): BuddyLine[] {
	return zonesOf(world, os)
		.filter((zone) => zone.present > 0)
		.map((zone) => {
			const lists = Array.from({ length: MIGRATETYPES }, (_, type) => listsOf(world, zone.index, type));
			return {
				node: zone.node,
				zone: zone.text,
				chunks: Array.from({ length: ORDERS }, (_, order) => lists.reduce((sum, list) => sum + (list[order] ?? 0), 0))
			};
		});
}

/** Place of each of our types among the six of the kernel's text; HighAtomic and CMA stay 0 (words.ts). */
const TEXT_PLACE = [
	[Migratetype.unmovable, 0],
	[Migratetype.movable, 1],
	[Migratetype.reclaimable, 2],
	[Migratetype.isolate, 5]
] as const;
const TYPES = 6;

/** Populated zones of each node, with free lists and pageblocks by type. */
export function pagetypeNodes(world: World, os: number): PagetypeZone[][] {
	const zones = zonesOf(world, os).filter((zone) => zone.present > 0);
	const blocks = pageblocksByType(world, os);
	const byNode = new Map<number, PagetypeZone[]>();
	for (const zone of zones) {
		const chunks: number[][] = Array.from({ length: TYPES }, () => []);
		for (const [type, place] of TEXT_PLACE) chunks[place] = listsOf(world, zone.index, type);
		const own = byNode.get(zone.node) ?? [];
		own.push({ node: zone.node, zone: zone.text, chunks, blocks: blocks.get(zone.index) ?? Array.from({ length: TYPES }, () => 0) });
		byNode.set(zone.node, own);
	}
	return [...byNode.keys()].sort((a, b) => a - b).map((node) => byNode.get(node) as PagetypeZone[]);
}

/** Pageblocks per zone and type; an isolated one counts as Isolate (mm/vmstat.c, pagetypeinfo_showblockcount_print). */
function pageblocksByType(world: World, os: number): Map<number, number[]> {
	const record = osRecord(world, os);
	const memory = world.r.memories[record.memory] as { firstBlock: number; blockCount: number };
	const first = firstBlockOf(world, os);
	const counts = new Map<number, number[]>();
	const isolated = new Set<number>();
	for (const run of record.isolated) for (let at = 0; at < run.count; at += 1) isolated.add(run.firstBlock + at);
	for (let block = first; block < first + memory.blockCount; block += 1) {
		const word = world.c.blockWord.get(block);
		if (wordKind(word) === BlockKind.absent || wordKind(word) === BlockKind.offline) continue;
		const zone = zoneOfOsBlock(world, os, block);
		if (zone < 0) continue;
		const own = counts.get(zone) ?? Array.from({ length: TYPES }, () => 0);
		const type = isolated.has(block) ? Migratetype.isolate : wordMigratetype(word);
		const place = TEXT_PLACE.find(([ours]) => ours === type)?.[1] ?? 0;
		own[place] = (own[place] ?? 0) + 1;
		counts.set(zone, own);
	}
	return counts;
}
