import { assert } from '../../../base/assert.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import { SectionState } from '../../contract/words.ts';
import type { MemoryGroupRecord } from '../../state/machine-records.ts';
import type { MemoryRecord, ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { BLOCKS_PER_SECTION, osRecord, PAGES_PER_SECTION, zoneIndex } from '../os/os.ts';
import { blockState, firstPfnOf, groupOf, nodeOfMemoryBlock, pagesPerBlock, zoneOfMemoryBlock } from './sections.ts';

/** Which zone a memory block goes to (Linux 7.2.13 mm/memory_hotplug.c, zone_for_pfn_range). */

/** `online_exmem` exists only with the proposal of seed S3 switched on (never merged). */
export type OnlineWord = 'online' | 'online_kernel' | 'online_movable' | 'online_exmem';

interface Range {
	readonly os: number;
	readonly node: number;
	readonly firstPfn: number;
	readonly pages: number;
	readonly group: MemoryGroupRecord | null;
}

/** Index of the zone, −1 when the memory block does not exist. */
export function zoneFor(world: World, os: number, memoryBlock: number, how: OnlineWord): number {
	const node = nodeOfMemoryBlock(world, os, memoryBlock);
	if (node < 0) return -1;
	const record = osRecord(world, os);
	const group = record.groups[groupOf(world, os, memoryBlock)] ?? null;
	const range: Range = { os, node, firstPfn: firstPfnOf(world, os, memoryBlock), pages: pagesPerBlock(world, os), group };
	if (how === 'online_kernel') return kernelZone(world, range);
	if (how === 'online_exmem') return named(world, range, 'EXMEM');
	if (how === 'online_movable') return named(world, range, 'MOVABLE');
	if (record.settings.onlinePolicy === 'contig-zones') return contiguousZone(world, range);
	return autoMovable(world, range) ? named(world, range, 'MOVABLE') : kernelZone(world, range);
}

const named = (world: World, range: Range, name: ZoneName): number => zoneIndex(world, range.os, range.node, name);

function intersects(world: World, range: Range, zone: number): boolean {
	const { spanStartPfn, spanEndPfn } = world.r.zones[zone] as ZoneRecord;
	return spanEndPfn > spanStartPfn && range.firstPfn < spanEndPfn && range.firstPfn + range.pages > spanStartPfn;
}

/** The lowest kernel zone whose span touches the range, else NORMAL. */
function kernelZone(world: World, range: Range): number {
	for (const name of ['DMA', 'DMA32'] as const) {
		const zone = named(world, range, name);
		if (intersects(world, range, zone)) return zone;
	}
	return named(world, range, 'NORMAL');
}

/** contig-zones: what already spans the range; spanned by none or by both, a kernel zone unless booted with movable_node. */
function contiguousZone(world: World, range: Range): number {
	const kernel = kernelZone(world, range);
	const movable = named(world, range, 'MOVABLE');
	const inKernel = intersects(world, range, kernel);
	const inMovable = intersects(world, range, movable);
	if (inKernel !== inMovable) return inKernel ? kernel : movable;
	return osRecord(world, range.os).settings.movableNode ? movable : kernel;
}

/**
 * auto-movable: MOVABLE if all that remains of the group could follow and the ratio still held, for the system and, when
 * numa aware, for the node.
 */
function autoMovable(world: World, range: Range): boolean {
	const { settings } = osRecord(world, range.os);
	if (settings.autoMovableRatio === 0) return false;
	const wanted = pagesWanted(world, range);
	if (wanted === null) return false;
	if (!ratioHolds(world, range, wanted, null)) return false;
	return !settings.autoMovableNumaAware || ratioHolds(world, range, wanted, range.node);
}

/** Pages that would still come to MOVABLE with this range; null when something of its unit already is kernel memory. */
function pagesWanted(world: World, range: Range): number | null {
	const { group } = range;
	if (group?.kind === 'static') return group.kernelPages > 0 ? null : group.unitPages - group.movablePages;
	if (!group || group.unitPages === range.pages) return range.pages;
	const memory = world.r.memories[osRecord(world, range.os).memory] as MemoryRecord;
	const base = memory.firstBlock / BLOCKS_PER_SECTION;
	const unit = Math.floor(range.firstPfn / group.unitPages) * group.unitPages;
	let online = 0;
	for (let pfn = unit; pfn < unit + group.unitPages; pfn += PAGES_PER_SECTION) {
		const section = base + pfn / PAGES_PER_SECTION;
		if (world.c.memoryBlockState.get(section) !== SectionState.online) continue;
		const zone = world.r.zones[world.c.memoryBlockZone.get(section) - 1];
		if (zone?.name !== 'MOVABLE') return null;
		online += PAGES_PER_SECTION;
	}
	return group.unitPages - online;
}

function ratioHolds(world: World, range: Range, pages: number, node: number | null): boolean {
	const record = osRecord(world, range.os);
	const ratio = record.settings.autoMovableRatio;
	let kernelEarly = record.nodes.reduce(
		(sum, each, at) => sum + (node === null || each.id === node ? (record.earlyKernelPages[at] ?? 0) : 0),
		0
	);
	let movable = 0;
	for (const index of record.zones) {
		const zone = world.r.zones[index] as ZoneRecord;
		if (zone.name === 'MOVABLE' && (node === null || zone.node === node)) movable += world.c.zonePresentPages.get(index);
	}
	// Other dynamic groups stand for themselves: what they need of early kernel memory is theirs.
	let needed = 0;
	for (const other of record.groups) {
		if (other === range.group || other.kind !== 'dynamic' || (node !== null && other.node !== node)) continue;
		needed += Math.max(0, Math.floor((other.movablePages * 100) / ratio) - other.kernelPages);
		movable -= other.movablePages;
	}
	if (kernelEarly <= needed) return false;
	kernelEarly -= needed;
	if (range.group?.kind === 'dynamic') kernelEarly += range.group.kernelPages;
	return movable + pages <= Math.floor((ratio * kernelEarly) / 100);
}

/**
 * `valid_zones` (drivers/base/memory.c): online, its zone, or nothing ("none") when it spans several; offline, the zone of a
 * plain `online` first, then what else could be asked for.
 */
export function validZones(world: World, os: number, memoryBlock: number): ZoneName[] {
	const name = (zone: number): ZoneName => (world.r.zones[zone] as ZoneRecord).name;
	if (blockState(world, os, memoryBlock) !== 'offline') {
		const zone = zoneOfMemoryBlock(world, os, memoryBlock);
		return zone < 0 ? [] : [name(zone)];
	}
	const zones = (['online', 'online_kernel', 'online_movable'] as const).map((how) => zoneFor(world, os, memoryBlock, how));
	assert(
		zones.every((zone) => zone >= 0),
		`memory block ${memoryBlock} has no node`
	);
	if (osRecord(world, os).settings.exmem) zones.push(zoneFor(world, os, memoryBlock, 'online_exmem'));
	return [...new Set(zones)].map(name);
}
