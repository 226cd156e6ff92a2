import type { CxlDecoderRecord, CxlPortRecord, CxlRecord, CxlRegionRecord, CxlRegionRef } from '../state/cxl-records.ts';
import { canInterleave } from './encode.ts';
import { bridgeOf, decoderAt, decodersOf, pathOf, portAt, portBetween, refOf, regionById } from './find.ts';
import { setupTargets } from './targets.ts';

/**
 * An endpoint decoder joins a region at a position (Linux 7.2 drivers/cxl/core/region.c, cxl_region_attach and what it calls).
 * Every check is the kernel's, in its order; each answers null or an errno.
 */
export function attachTarget(cxl: CxlRecord, region: CxlRegionRecord, index: number, position: number): string | null {
	const decoder = decoderAt(cxl, index);
	if (!canInterleave(region.ways, region.granularityBytes, 'device')) return 'ENXIO';
	if (decoder.mode === 'none') return 'ENODEV';
	if (decoder.mode !== region.mode) return 'EINVAL';
	if (region.state !== 'idle' && region.state !== 'interleave-active') return 'EBUSY';
	if (region.state === 'idle') return 'ENXIO';
	if (countOf(region) >= region.ways) return 'EINVAL';
	if (decoder.dpaBytes === 0) return 'ENXIO';
	if (decoder.dpaBytes * region.ways !== region.bytes) return 'EINVAL';
	const wrong = validatePosition(cxl, region, index, position) ?? attachPosition(cxl, region, index, position);
	if (wrong !== null) return wrong;
	region.targets[position] = index;
	decoder.position = position;
	if (countOf(region) === region.ways) {
		const refused = setupTargets(cxl, region);
		if (refused !== null) return refused;
		region.state = 'active';
	}
	decoder.ways = region.ways;
	decoder.granularityBytes = region.granularityBytes;
	decoder.start = region.start;
	decoder.bytes = region.bytes;
	return null;
}

const countOf = (region: CxlRegionRecord): number => region.targets.filter((target) => target >= 0).length;

/** cxl_region_validate_position: one decoder per position, one position per memory device. */
function validatePosition(cxl: CxlRecord, region: CxlRegionRecord, index: number, position: number): string | null {
	const there = region.targets[position];
	if (there === undefined) return 'ENXIO';
	if (there === index) return null;
	if (there >= 0) return 'EBUSY';
	const { port } = decoderAt(cxl, index);
	return region.targets.some((target) => target >= 0 && decoderAt(cxl, target).port === port) ? 'EBUSY' : null;
}

/** The window says which host bridge serves a position; then every port on the way takes note (cxl_region_attach_position). */
function attachPosition(cxl: CxlRecord, region: CxlRegionRecord, index: number, position: number): string | null {
	const root = decoderAt(cxl, region.root);
	const endpoint = decoderAt(cxl, index).port;
	if (root.targets[position % root.ways] !== bridgeOf(cxl, endpoint)) return 'ENXIO';
	const path = pathOf(cxl, endpoint);
	for (const port of path) {
		const refused = attachPort(cxl, port, region, index);
		if (refused === null) continue;
		for (const other of path) detachPort(cxl, other, region, index);
		return refused;
	}
	return null;
}

/** cxl_port_attach_region. */
function attachPort(cxl: CxlRecord, at: number, region: CxlRegionRecord, index: number): string | null {
	const port = portAt(cxl, at);
	const endpoint = decoderAt(cxl, index).port;
	let ref = refOf(port, region.id);
	let counted = false;
	if (ref !== null) {
		// The same decoder a second time is found out on the first port above it, which then lets go of both.
		if (at !== endpoint && ref.endpoints.includes(index)) return 'EBUSY';
		const next = portBetween(cxl, at, endpoint);
		if (next < 0 || !ref.endpoints.some((other) => portBetween(cxl, at, decoderAt(cxl, other).port) === next)) {
			ref.targetCount += 1;
			counted = true;
		}
	} else {
		const free = at === endpoint ? index : freeDecoder(cxl, at);
		// Ranges of a port's decoders must ascend: a region below one that is there already finds no place.
		if (free < 0 || port.refs.some((other) => startOf(cxl, other.region) >= region.start)) return 'EBUSY';
		if (decoderAt(cxl, free).region >= 0) return 'EBUSY';
		ref = { region: region.id, decoder: free, endpoints: [], targetCount: 1, targetsSet: 0 };
		port.refs.push(ref);
		counted = true;
	}
	if (at !== endpoint && ref.targetCount > port.targetCount) {
		if (counted) ref.targetCount -= 1;
		if (ref.endpoints.length === 0) freeRef(cxl, port, ref);
		return 'ENXIO';
	}
	ref.endpoints.push(index);
	decoderAt(cxl, ref.decoder).region = region.id;
	return null;
}

function startOf(cxl: CxlRecord, id: number): number {
	const region = regionById(cxl, id);
	return region === null || region.bytes === 0 ? -1 : region.start;
}

/** The next decoder that may be committed, if all before it are (match_free_decoder, check_commit_order); −1: none. */
function freeDecoder(cxl: CxlRecord, at: number): number {
	const { commitEnd } = portAt(cxl, at);
	const all = decodersOf(cxl, at);
	const place = all.findIndex((index) => decoderAt(cxl, index).id === commitEnd + 1);
	const index = all[place];
	if (index === undefined || decoderAt(cxl, index).region >= 0) return -1;
	return all.slice(0, place).every((earlier) => decoderAt(cxl, earlier).enabled) ? index : -1;
}

/**
 * cxl_port_detach_region. Right above its memory devices a port does not count a target less while others remain: what then
 * comes back makes one too many (as in the kernel).
 */
export function detachPort(cxl: CxlRecord, at: number, region: CxlRegionRecord, index: number): void {
	const port = portAt(cxl, at);
	const ref = refOf(port, region.id);
	if (ref === null) return;
	const had = ref.endpoints.includes(index);
	if (had) ref.endpoints.splice(ref.endpoints.indexOf(index), 1);
	if (had && ref.decoder !== index) {
		const next = portBetween(cxl, at, decoderAt(cxl, index).port);
		if (!ref.endpoints.some((other) => portBetween(cxl, at, decoderAt(cxl, other).port) === next)) ref.targetCount -= 1;
	}
	if (ref.endpoints.length === 0) freeRef(cxl, port, ref);
}

function freeRef(cxl: CxlRecord, port: CxlPortRecord, ref: CxlRegionRef): void {
	const decoder: CxlDecoderRecord = decoderAt(cxl, ref.decoder);
	if (decoder.region === ref.region) decoder.region = -1;
	port.refs = port.refs.filter((other) => other !== ref);
}
