import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, Migratetype, RowKind } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { isIsolated, migratetypeOf, takePageOff } from '../buddy.ts';
import { setFolio } from '../frames.ts';
import { count } from '../os/counters.ts';
import { areaOfOwner, blockOfPfn, osRecord, zoneOfOsBlock } from '../os/os.ts';
import { partsOutside } from '../space/runs.ts';
import { flyingPages } from './flight.ts';
import { folioAt, foliosIn, holdsOn } from './folio.ts';
import { landPages } from './land.ts';

/**
 * Compaction of a whole zone (Linux 7.2.13 mm/compaction.c, compact_zone with order −1, as compact_memory and nodeN/compact ask
 * for): one scanner takes base pages from the low end, the other finds free pages in partly used movable pageblocks from the
 * high end, until they meet. Huge folios stay, held pages stay, locked ones move (compact_unevictable_allowed is 1). All of it
 * happens at one instant, and the highest free page is taken first (our simplifications).
 */
export function compactZone(world: World, os: number, zone: number): number {
	const { spanStartPfn, spanEndPfn, name, node } = world.r.zones[zone] as ZoneRecord;
	if (spanEndPfn <= spanStartPfn) return 0;
	const first = blockOfPfn(world, os, spanStartPfn);
	const targets = new Targets(world, os, zone, blockOfPfn(world, os, spanEndPfn - 1));
	let moved = 0;
	for (let block = first; block < targets.lowestBlock; block += 1) {
		if (zoneOfOsBlock(world, os, block) !== zone || isIsolated(world, os, block)) continue;
		for (const [page, frame, owner] of movablePages(world, os, block)) {
			const to = targets.take(block);
			if (to < 0) break;
			landPages(world, areaOfOwner(world, owner) as AreaRecord, page, frame, to, 1);
			moved += 1;
		}
	}
	count(world, os, 'pgmigrate_success', moved);
	if (moved > 0)
		emit(world, {
			kind: 'move',
			rule: 'compaction',
			cause: null,
			host: osRecord(world, os).id,
			values: { node, zone: name, moved },
			text: `${osRecord(world, os).id}: ${moved} pages of ${name} on node ${node} go to its high end`
		});
	return moved;
}

/** Base pages of a block that may move: on a list, held by nobody, not on their way already. */
function movablePages(world: World, os: number, block: number): [page: number, frame: number, owner: number][] {
	const pages: [number, number, number][] = [];
	for (const run of foliosIn(world, os, block * PAGES_PER_BLOCK, PAGES_PER_BLOCK)) {
		const area = areaOfOwner(world, run.owner);
		if (run.order > 0 || area === null || (area.kind !== 'anonymous' && area.kind !== 'shared')) continue;
		for (const [first, length] of partsOutside(flyingPages(world, area), run.page, run.pages))
			for (let page = first; page < first + length; page += 1) {
				const frame = run.frame + page - run.page;
				if (holdsOn(world, area, page, 1, frame).length === 0) pages.push([page, frame, run.owner]);
			}
	}
	return pages;
}

/** Free pages from the high end down, out of blocks that are used in part (suitable_migration_target). */
class Targets {
	private readonly world: World;
	private readonly os: number;
	private readonly zone: number;
	private block: number;
	private frames: number[] = [];

	constructor(world: World, os: number, zone: number, last: number) {
		this.world = world;
		this.os = os;
		this.zone = zone;
		this.block = last + 1;
	}

	/** The scanners meet here. */
	get lowestBlock(): number {
		return this.block;
	}

	/** A frame above `source` that is the caller's now, −1 when there is none left. */
	take(source: number): number {
		while (this.frames.length === 0) {
			if (this.block - 1 <= source) return -1;
			this.block -= 1;
			this.frames = this.freeFrames(this.block);
		}
		const frame = this.frames.pop() as number;
		const { frame: head, order } = folioAt(this.world, this.os, frame);
		takePageOff(this.world, head, order, frame);
		setFolio(this.world, Math.floor(frame / PAGES_PER_BLOCK), frame % PAGES_PER_BLOCK, 0, RowKind.other, -1, 0);
		return frame;
	}

	private freeFrames(block: number): number[] {
		const { world, os, zone } = this;
		if (zoneOfOsBlock(world, os, block) !== zone || isIsolated(world, os, block)) return [];
		if (migratetypeOf(world, block) !== Migratetype.movable) return [];
		const frames: number[] = [];
		for (let frame = block * PAGES_PER_BLOCK; frame < (block + 1) * PAGES_PER_BLOCK;) {
			const folio = folioAt(world, os, frame);
			if (folio.order >= BLOCK_ORDER) return [];
			if (folio.kind === 'free') for (let at = 0; at < folio.pages; at += 1) frames.push(folio.frame + at);
			frame = folio.frame + folio.pages;
		}
		return frames;
	}
}

/** Every populated zone, or those of one node. Pages that moved. */
export function compactMemory(world: World, os: number, node: number | null): number {
	return osRecord(world, os)
		.zones.filter((zone) => world.c.zoneManagedPages.get(zone) > 0 && (node === null || world.r.zones[zone]?.node === node))
		.reduce((sum, zone) => sum + compactZone(world, os, zone), 0);
}
