import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BlockKind, payloadUseClass, payloadVm, RowKind, UseClass, wordKind, wordPayload } from '../../contract/words.ts';
import type { AreaRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { GfpClass } from '../alloc/gfp.ts';
import { memoryNodes } from '../alloc/zonelist.ts';
import { dropsReferences } from '../drivers/notifier.ts';
import { rowsOf, wholeWord } from '../frames.ts';
import { folioAt, foliosIn, type FolioRun } from '../move/folio.ts';
import type { MigrateOptions, Place } from '../move/migrate.ts';
import { areaOfOwner, nodeOfBlock, osRecord, pfnOfFrame, sectionOfBlock, zoneOfOsBlock } from '../os/os.ts';

/**
 * What stands in the way of emptying a range (Linux 7.2.13 mm/page_isolation.c, page_is_unmovable; mm/memory_hotplug.c,
 * scan_movable_pages).
 */

export interface Blocker {
	readonly pfn: number;
	readonly why: string;
}

/** 'offline' lets PageOffline and poisoned pages pass, 'contig' does not; neither looks closely in ZONE_MOVABLE. */
export type Purpose = 'offline' | 'contig';

/** First page of the range that isolation refuses, or null. */
export function firstUnmovable(world: World, os: number, firstBlock: number, count: number, purpose: Purpose): Blocker | null {
	for (let block = firstBlock; block < firstBlock + count; block += 1) {
		const zone = world.r.zones[zoneOfOsBlock(world, os, block)];
		const found = unmovableIn(world, os, block, zone, purpose);
		if (found !== null) return found;
	}
	return null;
}

function unmovableIn(world: World, os: number, block: number, zone: ZoneRecord | undefined, purpose: Purpose): Blocker | null {
	const movableZone = zone?.name === 'MOVABLE';
	const frame = block * PAGES_PER_BLOCK;
	const blocker = (at: number, why: string): Blocker => ({ pfn: pfnOfFrame(world, os, at), why });
	const word = wholeWord(world, block);
	const payload = wordPayload(word);
	switch (wordKind(word)) {
		case BlockKind.free:
			return null;
		case BlockKind.huge:
		case BlockKind.run:
		case BlockKind.incoming:
			return movableZone || onLru(areaOfOwner(world, payloadVm(payload))) ? null : blocker(frame, 'kernel page');
		case BlockKind.use:
			switch (payloadUseClass(payload)) {
				case UseClass.reserved:
					return isOwnMemmap(world, os, block) ? null : blocker(frame, 'reserved page');
				case UseClass.hugetlb:
					// Movable, as its size can be migrated; a free one is dissolved or replaced (mm/hugetlb).
					return null;
				case UseClass.pageOffline:
					return purpose === 'offline' ? null : blocker(frame, 'page that is offline');
				default:
					return movableZone ? null : blocker(frame, 'kernel memory (slab)');
			}
		case BlockKind.detail:
			break;
		default:
			return blocker(frame, 'hole');
	}
	const { c } = world;
	const base = rowsOf(world, block);
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1 << c.rowOrder.get(base + row)) {
		const kind = c.rowKind.get(base + row);
		if (kind === RowKind.free) continue;
		if (kind === RowKind.reserved || kind === RowKind.hole)
			return blocker(frame + row, kind === RowKind.hole ? 'hole page' : 'reserved page');
		if (kind === RowKind.offline) {
			if (purpose === 'contig') return blocker(frame + row, 'page that is offline');
			continue;
		}
		if (movableZone) continue;
		if (kind === RowKind.poisoned) {
			if (purpose === 'contig') return blocker(frame + row, 'page with a hardware error');
			continue;
		}
		if (kind === RowKind.vm || kind === RowKind.incoming) {
			const area = areaOfOwner(world, c.rowVm.get(base + row) - 1);
			if (!onLru(area)) return blocker(frame + row, area?.kind === 'pipe' ? 'page in a pipe' : 'kernel page');
			continue;
		}
		// Linux 7.2: slab of one page is frozen (refcount 0) and passes here; the final check finds it.
		if (kind === RowKind.slab && c.rowOrder.get(base + row) === 0) continue;
		return blocker(frame + row, WHY[kind] ?? 'kernel page');
	}
	return null;
}

const WHY: Readonly<Record<number, string>> = {
	[RowKind.slab]: 'slab of several pages',
	[RowKind.pageTable]: 'page table',
	[RowKind.contig]: 'page of an exact range'
};

const onLru = (area: AreaRecord | null): boolean => area === null || (area.kind !== 'pipe' && area.kind !== 'kernel');

/** Struct pages of the block itself (memmap_on_memory): skipped when it goes offline. */
export function isOwnMemmap(world: World, os: number, block: number): boolean {
	const section = sectionOfBlock(block);
	const { memmaps, sectionsPerBlock, settings } = osRecord(world, os);
	if (!settings.memmapOnMemory) return false;
	return memmaps.some((entry) => entry.frame === block * PAGES_PER_BLOCK && Math.abs(entry.section - section) < sectionsPerBlock);
}

/** Movable user folios of one 2 MiB block: what one batch moves. */
export function movableIn(world: World, os: number, block: number): FolioRun[] {
	const kind = wordKind(wholeWord(world, block));
	if (kind === BlockKind.free || kind === BlockKind.use || kind === BlockKind.offline) return [];
	return foliosIn(world, os, block * PAGES_PER_BLOCK, PAGES_PER_BLOCK).filter((run) => onLru(areaOfOwner(world, run.owner)));
}

/** What is left of a block that is neither free nor skipped: the reason why the final check fails. */
export function leftIn(world: World, os: number, block: number, purpose: Purpose): Blocker | null {
	const word = wholeWord(world, block);
	const frame = block * PAGES_PER_BLOCK;
	if (wordKind(word) === BlockKind.free) return null;
	if (wordKind(word) === BlockKind.use) {
		const use = payloadUseClass(wordPayload(word));
		if (use === UseClass.reserved && isOwnMemmap(world, os, block)) return null;
		if (use === UseClass.pageOffline && dropsReferences(world, os, block)) return null;
		return { pfn: pfnOfFrame(world, os, frame), why: use === UseClass.hugetlb ? 'huge page of the pool' : 'kernel memory' };
	}
	for (let at = frame; at < frame + PAGES_PER_BLOCK;) {
		const folio = folioAt(world, os, at);
		at = folio.frame + folio.pages;
		// Offlining passes over pages with hardware errors (mm/page_isolation.c, __test_page_isolated_in_pageblock).
		if (folio.kind === 'free' || (folio.kind === 'poisoned' && purpose === 'offline')) continue;
		const held = folio.pins > 0 ? 'pinned' : folio.references > folio.mappings ? 'held by an extra reference' : folio.kind;
		const owner = folio.area ? ` of ${folio.area.processes.join(', ') || 'nobody'}, area ${folio.area.name}` : '';
		return { pfn: pfnOfFrame(world, os, folio.frame), why: `page${owner}: ${held}` };
	}
	return null;
}

/**
 * Where base pages and huge pages go (mm/migrate.c, alloc_migration_target): offlining chases them off the node unless it is
 * the only one with memory, alloc_contig prefers the own node. What leaves a kernel zone may not enter ZONE_MOVABLE; huge
 * folios may.
 */
export function targetOf(world: World, os: number, purpose: Purpose): MigrateOptions['place'] {
	return (run: FolioRun, page: number): Place => {
		const frame = run.frame + page - run.page;
		const block = Math.floor(frame / PAGES_PER_BLOCK);
		const node = nodeOfBlock(world, block);
		const zone = world.r.zones[zoneOfOsBlock(world, os, block)];
		const fromMovable = zone?.name === 'MOVABLE' || zone?.name === 'EXMEM';
		const gfp: GfpClass = run.order > 0 ? 'thp' : fromMovable ? 'movable' : 'movable-user';
		const others = memoryNodes(world, os).filter((other) => other !== node);
		const nodemask = purpose === 'contig' ? null : others.length > 0 ? others : [node];
		return { request: { os, gfp, node, nodemask, retryMayfail: true }, pages: run.page + run.pages - page };
	};
}
