import type { ZoneName } from '../../contract/machine-status.ts';
import { BLOCK_ORDER, Migratetype } from '../../contract/words.ts';
import type { AreaRecord, OsRecord } from '../../state/machine-records.ts';
import { ZONE_ORDER } from '../os/os.ts';

/**
 * Classes of allocations (Linux 7.2.13 include/linux/gfp.h, gfp_types.h): how high a zone they may take and on which lists
 * they look first. A zone is a ceiling, not a target. `exmem` is GFP_EXMEM of seed S3, proposed and never merged: kernel
 * pages in ZONE_EXMEM or nowhere.
 */
export type GfpClass = 'kernel' | 'reclaimable' | 'user' | 'movable' | 'movable-user' | 'thp' | 'exmem';

export interface Gfp {
	/** Highest zone. */
	readonly ceiling: ZoneName;
	readonly migratetype: number;
	readonly order: number;
}

const GFP: Readonly<Record<GfpClass, Gfp>> = {
	// GFP_KERNEL, GFP_ATOMIC: slab, page tables, memmap.
	kernel: { ceiling: 'NORMAL', migratetype: Migratetype.unmovable, order: 0 },
	// with __GFP_RECLAIMABLE: dentries, inodes.
	reclaimable: { ceiling: 'NORMAL', migratetype: Migratetype.reclaimable, order: 0 },
	// GFP_USER, GFP_HIGHUSER: guest_memfd, secretmem.
	user: { ceiling: 'NORMAL', migratetype: Migratetype.unmovable, order: 0 },
	// GFP_HIGHUSER_MOVABLE: anonymous memory, shmem.
	movable: { ceiling: 'MOVABLE', migratetype: Migratetype.movable, order: 0 },
	// GFP_USER | __GFP_MOVABLE: target of a base page that leaves a kernel zone (mm/migrate.c, alloc_migration_target).
	'movable-user': { ceiling: 'NORMAL', migratetype: Migratetype.movable, order: 0 },
	// GFP_TRANSHUGE_LIGHT.
	thp: { ceiling: 'MOVABLE', migratetype: Migratetype.movable, order: BLOCK_ORDER },
	exmem: { ceiling: 'EXMEM', migratetype: Migratetype.unmovable, order: 0 }
};

/**
 * `pinning`: PF_MEMALLOC_PIN takes __GFP_MOVABLE off every allocation made inside a long-term pin (include/linux/sched/mm.h,
 * current_gfp_context).
 */
export function gfpOf(name: GfpClass, pinning = false): Gfp {
	const gfp = GFP[name];
	if (!pinning || gfp.migratetype !== Migratetype.movable) return gfp;
	return { ceiling: 'NORMAL', migratetype: Migratetype.unmovable, order: gfp.order };
}

/** What an area asks for by its mmap flag (seed S3): MAP_NORMAL, MAP_EXMEM or nothing. */
export type ZoneWish = AreaRecord['zoneWish'];

/**
 * Zones in which an allocation may land, lowest and highest rank in ZONE_ORDER. With the proposal switched on, a plain
 * mapping may take any of the three user zones, MAP_EXMEM only ZONE_EXMEM, MAP_NORMAL everything below it.
 */
export function zoneRanks(os: OsRecord, gfp: Gfp, wish: ZoneWish): { readonly lowest: number; readonly highest: number } {
	const exmem = ZONE_ORDER.indexOf('EXMEM');
	if (gfp.ceiling === 'EXMEM' || wish === 'exmem') return { lowest: exmem, highest: os.settings.exmem ? exmem : -1 };
	const highest = ZONE_ORDER.indexOf(gfp.ceiling);
	const any = os.settings.exmem && gfp.ceiling === 'MOVABLE' && wish === 'any';
	return { lowest: 0, highest: any ? exmem : highest };
}
