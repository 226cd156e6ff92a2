import type { CxlDecoderRecord, CxlRecord, CxlRegionRecord, CxlRegionRef } from '../state/cxl-records.ts';
import { decoderAt, decodersOf, pathOf, portAt, refOf } from './find.ts';

/**
 * Decoder registers are committed from the memory device up, and reset from the host bridge down (Linux 7.2
 * drivers/cxl/core/region.c, cxl_region_decode_commit and _reset; core/hdm.c, cxl_decoder_commit and _reset). On one port
 * decoders commit in ascending order only; one that is reset out of order blocks what comes after it.
 */
export function commitRegion(cxl: CxlRecord, region: CxlRegionRecord): string | null {
	if (region.state === 'commit' || region.state === 'reset-pending') return null;
	if (region.state !== 'active') return 'ENXIO';
	// Before memory appears the caches must forget what they speculated; a guest that knows it is one cannot (x86).
	if (!cxl.invalidates) return 'ENXIO';
	for (const [at, index] of region.targets.entries()) {
		for (const port of pathOf(cxl, decoderAt(cxl, index).port)) {
			const refused = commitDecoder(cxl, decoderAt(cxl, (refOf(portAt(cxl, port), region.id) as CxlRegionRef).decoder));
			if (refused === null) continue;
			resetDecoder(cxl, decoderAt(cxl, index));
			resetTargets(cxl, region, at);
			return refused;
		}
	}
	region.state = 'commit';
	return null;
}

function commitDecoder(cxl: CxlRecord, decoder: CxlDecoderRecord): string | null {
	const port = portAt(cxl, decoder.port);
	if (port.passthrough || decoder.enabled) return null;
	if (port.commitEnd + 1 !== decoder.id) return 'EBUSY';
	port.commitEnd += 1;
	decoder.enabled = true;
	return null;
}

/** The last `count` positions of a region first. */
export function resetTargets(cxl: CxlRecord, region: CxlRegionRecord, count: number): void {
	for (let at = count - 1; at >= 0; at -= 1) {
		const index = region.targets[at];
		if (index === undefined || index < 0) continue;
		for (const port of pathOf(cxl, decoderAt(cxl, index).port).reverse()) {
			const ref = refOf(portAt(cxl, port), region.id);
			if (ref !== null) resetDecoder(cxl, decoderAt(cxl, ref.decoder));
		}
	}
}

function resetDecoder(cxl: CxlRecord, decoder: CxlDecoderRecord): void {
	const port = portAt(cxl, decoder.port);
	if (port.passthrough || !decoder.enabled) return;
	if (port.commitEnd === decoder.id) reap(cxl, decoder);
	decoder.enabled = false;
}

/** The highest one goes, and with it those below that were reset before their turn (cxl_port_commit_reap). */
function reap(cxl: CxlRecord, decoder: CxlDecoderRecord): void {
	const port = portAt(cxl, decoder.port);
	port.commitEnd -= 1;
	const below = decodersOf(cxl, decoder.port)
		.map((index) => decoderAt(cxl, index))
		.filter((other) => other.id < decoder.id)
		.reverse();
	for (const other of below) if (port.commitEnd === other.id && !other.enabled) port.commitEnd -= 1;
}

/** commit ← 0: the driver lets go, then every decoder. */
export function resetRegion(cxl: CxlRecord, region: CxlRegionRecord): void {
	if (region.state !== 'commit' && region.state !== 'reset-pending') return;
	resetTargets(cxl, region, region.ways);
	region.state = 'active';
}
