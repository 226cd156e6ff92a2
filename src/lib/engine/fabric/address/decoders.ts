import type { HdmDecoderRecord, PortDecoderRecord } from '../../state/fabric-records.ts';
import { waysOfCode } from './encoding.ts';
import { offsetInDevice, portTarget, wayOf } from './interleave.ts';

/** HDM decoders: which one claims an address, and what it makes of it (CXL 4.0 8.2.4.20). */

/** DPA at which each decoder starts: skip(0), then skip + the one before + its share of it. */
export function dpaBases(decoders: readonly HdmDecoderRecord[]): number[] {
	let next = 0;
	return decoders.map((decoder) => {
		const base = next + decoder.skip;
		next = base + decoder.bytes / (waysOfCode(decoder.ways) || 1);
		return base;
	});
}

export interface EndpointHit {
	readonly index: number;
	readonly offset: number;
	readonly way: number;
	readonly dpaBase: number;
	readonly dpa: number;
}

/** What the committed decoder that covers the address makes of it; null when none does. */
export function endpointHit(decoders: readonly HdmDecoderRecord[], hpa: number): EndpointHit | null {
	let next = 0;
	for (let index = 0; index < decoders.length; index++) {
		const decoder = decoders[index] as HdmDecoderRecord;
		const dpaBase = next + decoder.skip;
		const offset = hpa - decoder.baseHpa;
		if (decoder.committed && offset >= 0 && offset < decoder.bytes) {
			const { granularity, ways } = decoder;
			return { index, offset, way: wayOf(offset, granularity, ways), dpaBase, dpa: dpaBase + offsetInDevice(offset, granularity, ways) };
		}
		next = dpaBase + decoder.bytes / (waysOfCode(decoder.ways) || 1);
	}
	return null;
}

/** Place in a port's list that its decoder picks; null when none claims the address. */
export function portHit(
	decoders: readonly PortDecoderRecord[],
	hpa: number
): { readonly index: number; readonly way: number; readonly target: number } | null {
	for (let index = 0; index < decoders.length; index++) {
		const decoder = decoders[index] as PortDecoderRecord;
		if (!decoder.committed || hpa < decoder.baseHpa || hpa >= decoder.baseHpa + decoder.bytes) continue;
		const way = portTarget(hpa, decoder.granularity, decoder.ways);
		return { index, way, target: decoder.targets[way] as number };
	}
	return null;
}
