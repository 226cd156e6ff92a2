import type { CxlRecord, CxlRegionRecord, CxlRegionRef } from '../state/cxl-records.ts';
import { canInterleave, encodedGranularity, encodedWays, isPowerOfTwo } from './encode.ts';
import { decoderAt, dportTowards, pathOf, portAt, refOf } from './find.ts';

/**
 * Once all positions of a region are taken, every port on the way is programmed from the top down: ways, granularity and target
 * list of its decoder follow from those of the port above (Linux 7.2 drivers/cxl/core/region.c, cxl_region_setup_targets,
 * cxl_port_setup_targets).
 */
export function setupTargets(cxl: CxlRecord, region: CxlRegionRecord): string | null {
	for (const index of region.targets) {
		const endpoint = decoderAt(cxl, index).port;
		for (const port of pathOf(cxl, endpoint).reverse()) {
			if (port === endpoint) continue;
			const refused = setupPort(cxl, region, port, index);
			if (refused === null) continue;
			teardownTargets(cxl, region);
			return refused;
		}
	}
	return null;
}

function setupPort(cxl: CxlRecord, region: CxlRegionRecord, at: number, index: number): string | null {
	const port = portAt(cxl, at);
	const ref = refOf(port, region.id) as CxlRegionRef;
	const decoder = decoderAt(cxl, ref.decoder);
	const dport = dportTowards(cxl, at, decoderAt(cxl, index).port);
	if (!isPowerOfTwo(ref.targetCount)) return 'EINVAL';
	if (ref.targetsSet > 0) {
		if (decoder.targets.slice(0, ref.targetsSet).includes(dport)) return checkPeer(cxl, region, at, index, distanceAt(cxl, region, at));
	} else {
		const programmed = program(cxl, region, at, ref);
		if (programmed !== null) return programmed;
	}
	if (ref.targetsSet === ref.targetCount) return 'ENXIO';
	decoder.targets = [...decoder.targets.slice(0, ref.targetsSet), dport];
	ref.targetsSet += 1;
	return null;
}

/** Ways and granularity of this port's decoder, and its range. */
function program(cxl: CxlRecord, region: CxlRegionRecord, at: number, ref: CxlRegionRef): string | null {
	const port = portAt(cxl, at);
	const parent = portAt(cxl, port.parent);
	const decoder = decoderAt(cxl, ref.decoder);
	let parentWays = decoderAt(cxl, region.root).ways;
	let parentGranularity = region.granularityBytes;
	if (parent.kind === 'root') {
		// Address bits of ports follow powers of two also below a window of 3, 6 or 12 ways.
		if (!isPowerOfTwo(parentWays)) parentWays /= 3;
	} else {
		const above = decoderAt(cxl, (refOf(parent, region.id) as CxlRegionRef).decoder);
		parentWays = above.ways;
		parentGranularity = above.granularityBytes;
	}
	const ways = ref.targetCount;
	const granularityBytes = parentGranularity * parentWays;
	if (encodedGranularity(parentGranularity) < 0 || encodedWays(parentWays) < 0 || encodedWays(ways) < 0) return 'EINVAL';
	if (encodedGranularity(granularityBytes) < 0) return 'EINVAL';
	if (ways > 8 || ways > port.targetCount) return 'ENXIO';
	if (!canInterleave(ways, granularityBytes, port.passthrough ? 'passthrough' : 'port')) return 'ENXIO';
	Object.assign(decoder, { ways, granularityBytes, start: region.start, bytes: region.bytes });
	return null;
}

/** How far apart the positions are that one dport of this port serves. */
function distanceAt(cxl: CxlRecord, region: CxlRegionRecord, at: number): number {
	let distance = decoderAt(cxl, region.root).ways;
	for (let port = at; portAt(cxl, port).kind !== 'root'; port = portAt(cxl, port).parent)
		distance *= refOf(portAt(cxl, port), region.id)?.targetCount ?? 1;
	return distance;
}

/** Who shares a dport must stand at the right distance (check_last_peer). */
function checkPeer(cxl: CxlRecord, region: CxlRegionRecord, at: number, index: number, distance: number): string | null {
	const { position, port } = decoderAt(cxl, index);
	const peer = region.targets[position - distance];
	if (position < distance || peer === undefined || peer < 0) return 'ENXIO';
	return dportTowards(cxl, at, port) === dportTowards(cxl, at, decoderAt(cxl, peer).port) ? null : 'ENXIO';
}

/** What is left of the region on its ports forgets its range (cxl_port_reset_targets); a port that it has left keeps it. */
export function teardownTargets(cxl: CxlRecord, region: CxlRegionRecord): void {
	for (const index of region.targets) {
		if (index < 0) continue;
		const endpoint = decoderAt(cxl, index).port;
		for (const at of pathOf(cxl, endpoint)) {
			if (at === endpoint) continue;
			const ref = refOf(portAt(cxl, at), region.id);
			if (ref === null) continue;
			ref.targetsSet = 0;
			Object.assign(decoderAt(cxl, ref.decoder), { start: 0, bytes: 0 });
		}
	}
}
