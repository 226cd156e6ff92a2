import type { CxlRecord, CxlRegionRecord } from '../state/cxl-records.ts';
import { detachPort } from './attach.ts';
import { resetTargets } from './commit.ts';
import { encodedGranularity, encodedWays, isPowerOfTwo } from './encode.ts';
import { decoderAt, pathOf, regionById, regionName } from './find.ts';
import { teardownTargets } from './targets.ts';

/** A region from its creation to its deletion (Linux 7.2 drivers/cxl/core/region.c). Each answers null or an errno. */

const UNIT = 256 * 2 ** 20;

/** The lowest free id (lib/memregion.c). */
export function takeRegionId(cxl: CxlRecord): number {
	let id = 0;
	while (cxl.regionIds.includes(id)) id += 1;
	cxl.regionIds.push(id);
	return id;
}
const giveRegionId = (cxl: CxlRecord, id: number): void => {
	cxl.regionIds = cxl.regionIds.filter((other) => other !== id);
};

/** create_ram_region and create_pmem_region: the name must be the one that the decoder offers. */
export function createRegion(cxl: CxlRecord, root: number, mode: 'ram' | 'pmem', name: string): string | null {
	const decoder = decoderAt(cxl, root);
	const match = /^region(\d+)$/.exec(name.trim());
	if (!match) return 'EINVAL';
	if (Number(match[1]) !== decoder.region) return 'EBUSY';
	const id = decoder.region;
	decoder.region = takeRegionId(cxl);
	cxl.regions.push({
		id,
		root,
		mode,
		state: 'idle',
		ways: 0,
		granularityBytes: 0,
		start: 0,
		bytes: 0,
		uuid: '',
		targets: [],
		enabled: false
	});
	return null;
}

/** delete_region: the region must be one of this decoder's. The driver is unbound before (driver.ts). */
export function deleteRegion(cxl: CxlRecord, region: CxlRegionRecord): void {
	for (let position = 0; position < region.ways; position += 1) detachTarget(cxl, region, position);
	cxl.regions = cxl.regions.filter((other) => other !== region);
	// The decoder offers the lower of the two ids again (cxl_region_release).
	const root = decoderAt(cxl, region.root);
	if (region.id < root.region) {
		giveRegionId(cxl, root.region);
		root.region = region.id;
	} else giveRegionId(cxl, region.id);
}

export function setWays(cxl: CxlRecord, region: CxlRegionRecord, ways: number): string | null {
	const root = decoderAt(cxl, region.root);
	if (encodedWays(ways) < 0) return 'EINVAL';
	if (ways % root.ways !== 0 || !isPowerOfTwo(ways / root.ways)) return 'EINVAL';
	if (region.state !== 'idle') return 'EBUSY';
	region.ways = ways;
	region.targets = Array.from({ length: ways }, () => -1);
	return null;
}

export function setGranularity(cxl: CxlRecord, region: CxlRegionRecord, bytes: number): string | null {
	const root = decoderAt(cxl, region.root);
	if (encodedGranularity(bytes) < 0) return 'EINVAL';
	if (root.ways > 1 && bytes !== root.granularityBytes) return 'EINVAL';
	if (region.state !== 'idle') return 'EBUSY';
	region.granularityBytes = bytes;
	return null;
}

/** size: address space from the window, or 0 to give it back. */
export function setSize(cxl: CxlRecord, region: CxlRegionRecord, bytes: number): string | null {
	if (bytes === 0) {
		if (region.bytes === 0) return null;
		if (region.state !== 'idle' && region.state !== 'interleave-active') return 'EBUSY';
		Object.assign(region, { start: 0, bytes: 0, state: 'idle' });
		return null;
	}
	if (region.bytes === bytes) return null;
	if (region.bytes > 0 || region.state !== 'idle') return 'EBUSY';
	if (region.ways === 0 || region.granularityBytes === 0 || (region.mode === 'pmem' && region.uuid === '')) return 'ENXIO';
	if (bytes % (UNIT * region.ways) !== 0) return 'EINVAL';
	const start = freeSpace(cxl, region.root, bytes);
	if (start < 0) return 'ERANGE';
	Object.assign(region, { start, bytes, state: 'interleave-active' });
	return null;
}

/** The lowest gap of the window that is large enough (kernel/resource.c, get_free_mem_region with GFR_REQUEST_REGION). */
function freeSpace(cxl: CxlRecord, root: number, bytes: number): number {
	const window = decoderAt(cxl, root);
	const taken = cxl.regions.filter((region) => region.root === root && region.bytes > 0).sort((a, b) => a.start - b.start);
	let at = window.start;
	for (const region of taken) {
		if (region.start - at >= bytes) return at;
		at = region.start + region.bytes;
	}
	return window.start + window.bytes - at >= bytes ? at : -1;
}

export function setUuid(cxl: CxlRecord, region: CxlRegionRecord, uuid: string): string | null {
	if (region.mode !== 'pmem') return 'EACCES';
	if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) return 'EINVAL';
	if (region.uuid === uuid.toLowerCase()) return null;
	if (region.state !== 'idle' && region.state !== 'interleave-active') return 'EBUSY';
	if (cxl.regions.some((other) => other.uuid === uuid.toLowerCase())) return 'EBUSY';
	region.uuid = uuid.toLowerCase();
	return null;
}

/** A position is empty again; a committed region is reset first (__cxl_decoder_detach). */
export function detachTarget(cxl: CxlRecord, region: CxlRegionRecord, position: number): void {
	const index = region.targets[position];
	if (index === undefined || index < 0) return;
	if (region.state === 'commit' || region.state === 'reset-pending') {
		resetTargets(cxl, region, region.ways);
		region.state = 'active';
	}
	const decoder = decoderAt(cxl, index);
	for (const port of pathOf(cxl, decoder.port)) detachPort(cxl, port, region, index);
	if (region.state === 'active') {
		region.state = 'interleave-active';
		teardownTargets(cxl, region);
	}
	region.targets[position] = -1;
	Object.assign(decoder, { start: 0, bytes: 0 });
}

/** Region by the name that sysfs shows. */
export function regionByName(cxl: CxlRecord, name: string): CxlRegionRecord | null {
	const match = /^region(\d+)$/.exec(name);
	const region = match ? regionById(cxl, Number(match[1])) : null;
	return region !== null && regionName(region) === name ? region : null;
}
