import { assert } from '../../base/assert.ts';
import type { CxlDecoderRecord, CxlMemdevRecord, CxlPortRecord, CxlRecord, CxlRegionRecord, CxlRegionRef } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';

/** Where things of the CXL topology are, and what they are called. */

export const cxlOf = (world: World, os: number): CxlRecord | null => world.r.cxl.find((record) => record.os === os) ?? null;

export function portAt(cxl: CxlRecord, index: number): CxlPortRecord {
	const port = cxl.ports[index];
	assert(port !== undefined, `there is no CXL port ${index}`);
	return port;
}
export function decoderAt(cxl: CxlRecord, index: number): CxlDecoderRecord {
	const decoder = cxl.decoders[index];
	assert(decoder !== undefined, `there is no CXL decoder ${index}`);
	return decoder;
}

export const portName = (port: CxlPortRecord): string =>
	port.kind === 'root' ? `root${port.id}` : port.kind === 'endpoint' ? `endpoint${port.id}` : `port${port.id}`;
export const decoderName = (cxl: CxlRecord, decoder: CxlDecoderRecord): string => `decoder${portAt(cxl, decoder.port).id}.${decoder.id}`;
export const memdevName = (memdev: CxlMemdevRecord): string => `mem${memdev.id}`;
export const regionName = (region: CxlRegionRecord): string => `region${region.id}`;

/** Index of a decoder by name, −1 when there is none. */
export const decoderByName = (cxl: CxlRecord, name: string): number =>
	cxl.decoders.findIndex((decoder) => decoderName(cxl, decoder) === name);
export const regionById = (cxl: CxlRecord, id: number): CxlRegionRecord | null => cxl.regions.find((region) => region.id === id) ?? null;

/** Decoders of a port (indices), by id. */
export function decodersOf(cxl: CxlRecord, port: number): number[] {
	return cxl.decoders.flatMap((decoder, index) => (decoder.port === port ? [index] : []));
}

/** Ports from an endpoint up to the one below the root. */
export function pathOf(cxl: CxlRecord, endpoint: number): number[] {
	const path: number[] = [];
	for (let at = endpoint; portAt(cxl, at).kind !== 'root'; at = portAt(cxl, at).parent) path.push(at);
	return path;
}

/** The port below `port` on the way to `endpoint`; −1 at the endpoint itself. */
function nextTowards(cxl: CxlRecord, port: number, endpoint: number): number {
	const path = pathOf(cxl, endpoint);
	return path[path.indexOf(port) - 1] ?? -1;
}

/** The switch between `port` and `endpoint` (cxl_ep->next); −1 where the endpoint is next. */
export function portBetween(cxl: CxlRecord, port: number, endpoint: number): number {
	const next = nextTowards(cxl, port, endpoint);
	return next === endpoint ? -1 : next;
}

/** Dport of `port` that leads to `endpoint`. */
export function dportTowards(cxl: CxlRecord, port: number, endpoint: number): number {
	const next = nextTowards(cxl, port, endpoint);
	return next < 0 ? -1 : portAt(cxl, next).parentDport;
}

/** Dport of the root that leads to an endpoint: the UID of its host bridge. */
export function bridgeOf(cxl: CxlRecord, endpoint: number): number {
	return portAt(cxl, pathOf(cxl, endpoint).at(-1) as number).parentDport;
}

export const refOf = (port: CxlPortRecord, region: number): CxlRegionRef | null => port.refs.find((ref) => ref.region === region) ?? null;

/** Memory device of an endpoint decoder. */
export function memdevOf(cxl: CxlRecord, decoder: CxlDecoderRecord): CxlMemdevRecord {
	const memdev = cxl.memdevs[portAt(cxl, decoder.port).memdev];
	assert(memdev !== undefined, 'a decoder of an endpoint belongs to a memory device');
	return memdev;
}
