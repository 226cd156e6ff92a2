import { formatAddress } from '../../../base/address.ts';
import type { World } from '../../state/world.ts';
import { failed, type DcdAnswer } from './profile.ts';
import { regionOf, regionsAt, type Extent } from './rows.ts';
import type { RegionRecord } from '../../state/fabric-records.ts';

/** A range in an answer or a release: no tag and no sequence number is in it (CXL 4.0 table 8-351). */
export interface Entry {
	readonly dpa: number;
	readonly bytes: number;
}

/**
 * What every list of ranges must satisfy, one after the other: inside one region, aligned to its blocks, not overlapping an
 * earlier one (CXL 4.0 8.2.10.9.9.3; QEMU 10.2.2 cxl_detect_malformed_extent_list has the same order). Null: nothing is wrong.
 */
export function malformed(world: World, device: number, ld: number, entries: readonly Entry[]): DcdAnswer | null {
	const regions = regionsAt(world, device, ld);
	const first = regions[0]?.baseDpa ?? 0;
	const covered = new Ranges();
	for (const { dpa, bytes } of entries) {
		const index = dpa < first ? -1 : regionOf(regions, dpa, bytes);
		if (index < 0) return failed('invalidPhysicalAddress', `${formatAddress(dpa)} + ${formatAddress(bytes)} lies in no region`);
		const { blockBytes } = regions[index] as RegionRecord;
		if (dpa % blockBytes !== 0 || bytes % blockBytes !== 0)
			return failed(
				'invalidExtentList',
				`${formatAddress(dpa)} + ${formatAddress(bytes)} is not aligned to blocks of ${formatAddress(blockBytes)}`
			);
		if (!covered.add(dpa, bytes))
			return failed('invalidExtentList', `${formatAddress(dpa)} + ${formatAddress(bytes)} overlaps another entry`);
	}
	return null;
}

/** Ranges that do not overlap, by address. */
export class Ranges {
	private readonly starts: number[] = [];
	private readonly ends: number[] = [];

	/** False, and nothing is added, when it overlaps. An empty range overlaps nothing. */
	add(from: number, bytes: number): boolean {
		if (bytes === 0) return true;
		let low = 0;
		let high = this.starts.length;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if ((this.ends[middle] as number) > from) high = middle;
			else low = middle + 1;
		}
		const next = this.starts[low];
		if (next !== undefined && next < from + bytes) return false;
		this.starts.splice(low, 0, from);
		this.ends.splice(low, 0, from + bytes);
		return true;
	}
}

/** Whether extents by address cover all of a range. */
export function covers(extents: readonly Extent[], dpa: number, bytes: number): boolean {
	let at = dpa;
	for (const extent of extents) {
		if (extent.dpa > at) return false;
		at = Math.max(at, extent.dpa + extent.bytes);
		if (at >= dpa + bytes) return true;
	}
	return at >= dpa + bytes;
}
