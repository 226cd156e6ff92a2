import { ExtentState } from '../contract/words.ts';
import { newGroup } from '../fabric/dcd/groups.ts';
import { covers } from '../fabric/dcd/entries.ts';
import { isAccessible } from '../fabric/dcd/lists.ts';
import { DcEvent, raiseEvents } from '../fabric/dcd/log.ts';
import { findMedia, homeOf, releaseMedia, takeMedia } from '../fabric/dcd/media.ts';
import { deviceAt, readExtent, rowsLeft } from '../fabric/dcd/rows.ts';
import { overlapping } from '../fabric/dcd/tree.ts';
import { emit } from '../sim/trace.ts';
import type { RegionRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import type { QapiStruct } from './qapi.ts';
import type { ResolveType3 } from './cxl-path.ts';

/**
 * Prescriptive offers and release requests through the monitor, with QEMU's checks in QEMU's order (QEMU 10.2.2
 * hw/mem/cxl_type3.c, qmp_cxl_process_dynamic_capacity_prescriptive). Offsets count from the region; host, tag and sanitizing
 * are not looked at. Arithmetic wraps at 64 bits as it does there; where QEMU then dies, we refuse.
 */
type Change = 'add' | 'release';
interface Range {
	readonly dpa: number;
	readonly bytes: number;
}

export function changeCapacity(world: World, resolve: ResolveType3, args: QapiStruct, change: Change): string | null {
	const place = resolve(args['path'] as string);
	if (typeof place === 'string') return 'Unable to resolve CXL type 3 device';
	const { device, ld } = place;
	const regions = deviceAt(world, device).lds[ld]?.regions ?? [];
	if (regions.length === 0) return 'No dynamic capacity support from the device';
	const region = regions[args['region'] as number];
	if (!region) return 'region id is too large';
	const ranges: Range[] = [];
	for (const { offset, len } of args['extents'] as readonly { offset: bigint; len: bigint }[]) {
		const problem = rangeProblem(region, ranges, offset, len);
		if (problem !== null) return problem;
		const range = { dpa: region.baseDpa + Number(offset), bytes: Number(len) };
		const refused = change === 'add' ? addProblem(world, device, ld, range) : releaseProblem(world, device, ld, range);
		if (refused !== null) return refused;
		ranges.push(range);
	}
	if (ranges.length > rowsLeft(world)) return 'the world has no room for more extents (QEMU itself sets offers no limit)';
	const placed = change === 'add' ? placesFor(world, device, ld, ranges) : [];
	if (placed === null) return 'the media have no room for that (QEMU itself backs every address of a region)';
	apply(world, device, ld, args['region'] as number, ranges, placed, change);
	return null;
}

interface PlacedRange extends Range {
	readonly media: number;
	readonly sequence: number;
}

/** Media for each range, its own place where that is free; null when they do not suffice, and nothing is taken. */
function placesFor(world: World, device: number, ld: number, ranges: readonly Range[]): PlacedRange[] | null {
	const record = deviceAt(world, device);
	const placed: PlacedRange[] = [];
	for (const { dpa, bytes } of ranges) {
		const media = findMedia(record, homeOf(world, device, ld, dpa), bytes);
		if (media < 0) {
			for (const one of placed) releaseMedia(record, one.media, one.bytes);
			return null;
		}
		takeMedia(record, media, bytes);
		placed.push({ dpa, bytes, media, sequence: 0 });
	}
	return placed;
}

function rangeProblem(region: RegionRecord, earlier: readonly Range[], offset: bigint, len: bigint): string | null {
	const block = BigInt(region.blockBytes);
	const end = BigInt.asUintN(64, offset + len);
	if (len === 0n) return 'extent with 0 length is not allowed';
	if (offset % block !== 0n || len % block !== 0n) return 'dpa or len is not aligned to region block size';
	if (end > BigInt(region.bytes)) return 'extent range is beyond the region end';
	if (end < len || end < offset)
		return len > offset
			? 'duplicate or overlapped extents are detected'
			: 'offset and length wrap around 64 bits (QEMU itself crashes here)';
	const dpa = region.baseDpa + Number(offset);
	return earlier.some((range) => dpa < range.dpa + range.bytes && range.dpa < dpa + Number(len))
		? 'duplicate or overlapped extents are detected'
		: null;
}

function addProblem(world: World, device: number, ld: number, { dpa, bytes }: Range): string | null {
	const rows = overlapping(world, device, ld, dpa, bytes);
	if (rows.some((row) => isAccessible(world, row))) return 'cannot add DPA already accessible to the same LD';
	return rows.length > 0 ? 'cannot add DPA again while still pending' : null;
}

function releaseProblem(world: World, device: number, ld: number, { dpa, bytes }: Range): string | null {
	const rows = overlapping(world, device, ld, dpa, bytes);
	if (rows.some((row) => world.c.extentState.get(row) === ExtentState.offered)) return 'cannot release extent with pending DPA range';
	return covers(
		rows.map((row) => readExtent(world, row)),
		dpa,
		bytes
	)
		? null
		: 'cannot release extent with non-existing DPA range';
}

function apply(
	world: World,
	device: number,
	ld: number,
	region: number,
	ranges: readonly Range[],
	placed: readonly PlacedRange[],
	change: Change
): void {
	const record = deviceAt(world, device);
	let group = 0;
	if (placed.length > 0) group = newGroup(world, device, ld, { tag: '', tagId: 0, region, placed, cause: null }).id;
	const bytes = ranges.reduce((sum, range) => sum + range.bytes, 0);
	const seq = emit(world, {
		kind: 'extent',
		rule: change === 'add' ? 'dcd-offer' : 'dcd-recall',
		cause: null,
		host: record.lds[ld]?.host ?? null,
		values: { device: record.id, ld, group, extents: ranges.length, bytes },
		text: `${record.id}: the monitor ${change === 'add' ? 'offers' : 'asks for'} ${ranges.length} ${ranges.length === 1 ? 'extent' : 'extents'}${record.machine < 0 ? '' : '; no released Linux has a driver that answers'}`
	});
	raiseEvents(
		world,
		device,
		ld,
		change === 'add' ? DcEvent.add : DcEvent.release,
		ranges.map((range) => ({ ...range, tag: '', sequence: 0, region, group })),
		seq
	);
}
