import type { CxlRecord, CxlRegionRecord, DaxDeviceRecord } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';
import { DAX_ALIGN, daxName, unbindDax } from '../dax.ts';
import type { Answer, Output } from './jobs.ts';

/**
 * How a dax region is cut into devices (Linux 7.2 drivers/dax/bus.c, create_store, size_store, delete_store). A device is one
 * range here; the kernel may give it several (our simplification: a request that needs two is refused for want of space).
 */

/** The first gap of a region that is large enough, or the largest when no size is asked for (−1). */
export function createDax(cxl: CxlRecord, region: CxlRegionRecord, bytes: number): DaxDeviceRecord | string {
	const gaps = gapsOf(cxl, region);
	const most = gaps.reduce((max, gap) => Math.max(max, gap.bytes), 0);
	const wanted = bytes < 0 ? most : bytes;
	if (wanted <= 0) return 'ENOSPC';
	if (wanted % DAX_ALIGN !== 0) return 'EINVAL';
	const gap = gaps.find((each) => each.bytes >= wanted);
	if (gap === undefined) return 'ENOSPC';
	// An empty device with the lowest id is taken first: device 0 never goes away.
	const seed = cxl.daxes.find((dax) => dax.region === region.id && dax.bytes === 0 && dax.driver === 'none');
	const node = cxl.daxes.find((dax) => dax.region === region.id)?.node ?? -1;
	const made: DaxDeviceRecord = seed ?? {
		region: region.id,
		id: freeId(cxl, region),
		start: 0,
		bytes: 0,
		alignBytes: DAX_ALIGN,
		node,
		driver: 'none',
		group: -1
	};
	if (seed === undefined) cxl.daxes.push(made);
	made.start = gap.start;
	made.bytes = wanted;
	return made;
}

function freeId(cxl: CxlRecord, region: CxlRegionRecord): number {
	let id = 0;
	while (cxl.daxes.some((dax) => dax.region === region.id && dax.id === id)) id += 1;
	return id;
}

function gapsOf(cxl: CxlRecord, region: CxlRegionRecord): { start: number; bytes: number }[] {
	const taken = cxl.daxes.filter((dax) => dax.region === region.id && dax.bytes > 0).sort((a, b) => a.start - b.start);
	const gaps: { start: number; bytes: number }[] = [];
	let at = region.start;
	for (const dax of taken) {
		if (dax.start > at) gaps.push({ start: at, bytes: dax.start - at });
		at = dax.start + dax.bytes;
	}
	if (region.start + region.bytes > at) gaps.push({ start: at, bytes: region.start + region.bytes - at });
	return gaps;
}

/** size of a device without a driver. */
export function resizeDax(cxl: CxlRecord, dax: DaxDeviceRecord, bytes: number): Answer {
	if (bytes < 0 || bytes % dax.alignBytes !== 0) return 'EINVAL';
	if (dax.driver !== 'none') return 'EBUSY';
	if (bytes <= dax.bytes) {
		dax.bytes = bytes;
		return null;
	}
	const region = cxl.regions.find((each) => each.id === dax.region);
	const room = region === undefined ? 0 : (gapsOf(cxl, region).find((gap) => gap.start === dax.start + dax.bytes)?.bytes ?? 0);
	if (room < bytes - dax.bytes) return 'ENOSPC';
	dax.bytes = bytes;
	return null;
}

/** dev_destroy: device 0 stays, empty. */
export function destroyDax(world: World, cxl: CxlRecord, dax: DaxDeviceRecord, force: boolean, out: Output): Answer {
	if (dax.driver !== 'none' && !force) {
		out.messages.push(`${daxName(dax)} is active, specify --force for deletion`);
		return 'ENXIO';
	}
	unbindDax(world, cxl, dax);
	dax.bytes = 0;
	if (dax.id > 0) cxl.daxes = cxl.daxes.filter((other) => other !== dax);
	return null;
}
