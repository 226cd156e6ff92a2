import { assert } from '../../../base/assert.ts';
import type { ZoneName } from '../../contract/machine-status.ts';
import type { OsRecord } from '../../state/machine-records.ts';
import type { ZoneRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { osRecord, ZONE_ORDER } from '../os/os.ts';

/**
 * Watermarks (Linux 7.2.13 mm/page_alloc.c, calculate_min_free_kbytes, __setup_per_zone_wmarks,
 * setup_per_zone_lowmem_reserve; mm/khugepaged.c, set_recommended_min_free_kbytes). They follow from the managed pages of
 * the moment; Linux works them out again at every online and offline (our simplification: and at every change of them).
 */
export interface Watermarks {
	readonly min: number;
	readonly low: number;
	readonly high: number;
	readonly promo: number;
	/** lowmem_reserve by highest zone an allocation may take, in the order of `zoneNames`. */
	readonly reserve: readonly number[];
}

/** Zones as this kernel was built: ZONE_EXMEM exists only where the proposal is switched on. */
export function zoneNames(record: OsRecord): ZoneName[] {
	return ZONE_ORDER.filter((name) => name !== 'EXMEM' || record.settings.exmem);
}

/** sysctl lowmem_reserve_ratio; 0 = no reserve. */
const RESERVE_RATIO: Readonly<Partial<Record<ZoneName, number>>> = { DMA: 256, DMA32: 256, NORMAL: 32 };
/** 512 pages × (2 + 3 × 3): two free pageblocks, and two of another type on average for each of three types. */
const THP_PAGES_PER_ZONE = 512 * 11;
const SWAP_CLUSTER_MAX = 32;

/** Zones that only user pages may take; their share of min_free_kbytes is a fixed small one. */
const isHigh = (name: ZoneName): boolean => name === 'MOVABLE' || name === 'EXMEM';

interface Bases {
	/** managed pages of zones other than MOVABLE. */
	readonly lowmemPages: number;
	readonly minFreeKbytes: number;
}

const managed = (world: World, zone: number): number => world.c.zoneManagedPages.get(zone);
const nameOf = (world: World, zone: number): ZoneName => (world.r.zones[zone] as ZoneRecord).name;

/** Largest whole number whose square is not above `value`. */
function wholeRoot(value: number): number {
	let root = Math.floor(Math.sqrt(value));
	while (root * root > value) root -= 1;
	while ((root + 1) * (root + 1) <= value) root += 1;
	return root;
}

/**
 * Both figures start from nr_free_buffer_pages(), which leaves out what lies below HIGH: min_free_kbytes under the marks
 * that were in force before, khugepaged's recommendation under those that the plain figure gives. Two rounds from nothing
 * reach the figures that repeated onlining settles on.
 */
function bases(world: World, os: number): Bases {
	const record = osRecord(world, os);
	const low = record.zones.filter((zone) => !isHigh(nameOf(world, zone)) && managed(world, zone) > 0);
	const lowmemPages = low.reduce((sum, zone) => sum + managed(world, zone), 0);
	if (record.settings.minFreeKbytes > 0) return { lowmemPages, minFreeKbytes: record.settings.minFreeKbytes };
	const spare = (minFreeKbytes: number): number =>
		low.reduce((sum, zone) => {
			const { high } = marks(record, nameOf(world, zone), managed(world, zone), { lowmemPages, minFreeKbytes });
			return sum + Math.max(0, managed(world, zone) - high);
		}, 0);
	let minFreeKbytes = 0;
	for (let round = 0; round < 2; round += 1) {
		const plain = Math.min(262_144, Math.max(128, wholeRoot(spare(minFreeKbytes) * 4 * 16)));
		const recommended = record.settings.thp === 'never' ? 0 : Math.min(THP_PAGES_PER_ZONE * low.length, Math.floor(spare(plain) / 20)) * 4;
		minFreeKbytes = Math.max(plain, recommended);
	}
	return { lowmemPages, minFreeKbytes };
}

function marks(record: OsRecord, name: ZoneName, managedPages: number, base: Bases): Omit<Watermarks, 'reserve'> {
	const share = base.lowmemPages === 0 ? 0 : Math.floor((Math.floor(base.minFreeKbytes / 4) * managedPages) / base.lowmemPages);
	const min = isHigh(name) ? Math.min(128, Math.max(SWAP_CLUSTER_MAX, Math.floor(managedPages / 1024))) : share;
	const step = Math.max(Math.floor(share / 4), Math.floor((managedPages * record.settings.watermarkScaleFactor) / 10_000));
	return { min, low: min + step, high: min + 2 * step, promo: min + 3 * step };
}

/** Zones above one of the same node count against it, those above the ceiling of the allocation do not. */
function reserves(world: World, record: OsRecord, zone: ZoneRecord, managedPages: number): number[] {
	const names = zoneNames(record);
	const ratio = RESERVE_RATIO[zone.name] ?? 0;
	let above = 0;
	return names.map((name, rank) => {
		if (rank <= names.indexOf(zone.name)) return 0;
		const upper = record.zones.find((index) => (world.r.zones[index] as ZoneRecord).node === zone.node && nameOf(world, index) === name);
		above += upper === undefined ? 0 : managed(world, upper);
		return ratio === 0 || managedPages === 0 ? 0 : Math.floor(above / ratio);
	});
}

export function minFreeKbytes(world: World, os: number): number {
	return bases(world, os).minFreeKbytes;
}

/** Watermarks of one zone of a machine. */
export function watermarksOf(world: World, zone: number): Watermarks {
	const record = world.r.zones[zone];
	assert(record !== undefined && record.os >= 0, `zone ${zone} is none of a machine`);
	return allWatermarks(world, record.os)[osRecord(world, record.os).zones.indexOf(zone)] as Watermarks;
}

/** What watermarks follow from; as long as it is the same, so are they. */
interface Known {
	readonly managed: Float64Array;
	readonly minFreeKbytes: number;
	readonly watermarkScaleFactor: number;
	readonly thp: string;
	readonly exmem: boolean;
	readonly marks: readonly Watermarks[];
}
/** Worked-out marks per world and machine: a copy of what follows from the state, never state itself. */
const KNOWN = new WeakMap<World, Map<number, Known>>();

/** Watermarks of all zones of an instance, in the order of its zone list. */
export function allWatermarks(world: World, os: number): readonly Watermarks[] {
	const record = osRecord(world, os);
	const ofWorld = KNOWN.get(world) ?? new Map<number, Known>();
	KNOWN.set(world, ofWorld);
	const known = ofWorld.get(os);
	if (known && stillHolds(world, record, known)) return known.marks;
	const base = bases(world, os);
	const found = record.zones.map((index) => {
		const zone = world.r.zones[index] as ZoneRecord;
		const pages = managed(world, index);
		return { ...marks(record, zone.name, pages, base), reserve: reserves(world, record, zone, pages) };
	});
	const { minFreeKbytes: written, watermarkScaleFactor, thp, exmem } = record.settings;
	ofWorld.set(os, {
		managed: Float64Array.from(record.zones, (index) => managed(world, index)),
		minFreeKbytes: written,
		watermarkScaleFactor,
		thp,
		exmem,
		marks: found
	});
	return found;
}

function stillHolds(world: World, record: OsRecord, known: Known): boolean {
	const { settings } = record;
	if (known.minFreeKbytes !== settings.minFreeKbytes || known.watermarkScaleFactor !== settings.watermarkScaleFactor) return false;
	if (known.thp !== settings.thp || known.exmem !== settings.exmem || known.managed.length !== record.zones.length) return false;
	for (let at = 0; at < record.zones.length; at += 1) if (known.managed[at] !== managed(world, record.zones[at] as number)) return false;
	return true;
}

export function highOf(world: World, zone: number): number {
	return watermarksOf(world, zone).high;
}
