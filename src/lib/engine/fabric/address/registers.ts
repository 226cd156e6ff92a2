import type { HdmDecoderRecord, PortDecoderRecord } from '../../state/fabric-records.ts';
import { DECODER_COUNTS } from './encoding.ts';

/**
 * The HDM decoder capability as software reads it: 64-bit values as hexadecimal texts (CXL 4.0 8.2.4.20; stride 20h from
 * offset 10h). Bits 27 to 0 of base and size are zero: 256 MiB is their unit.
 */
export interface DecoderRegisters {
	readonly offset: string;
	readonly base: string;
	readonly size: string;
	readonly control: string;
	/** Ports: target list. Devices: DPA skip. */
	readonly last: string;
}
const LOCK = 1 << 8;
const COMMIT = 1 << 9;
const COMMITTED = 1 << 10;
/** Target range type: host-only coherent; 0 is device coherent. */
const HOST_ONLY = 1 << 12;
const BACK_INVALIDATE = 1 << 13;

const hex = (value: bigint): string => `0x${value.toString(16).padStart(16, '0')}`;
const offsetOf = (index: number): string => `0x${(0x10 + 0x20 * index).toString(16)}`;

function control(one: { granularity: number; ways: number; locked: boolean; committed: boolean }, coherent: boolean): bigint {
	return BigInt(
		one.granularity |
			(one.ways << 4) |
			(one.locked ? LOCK : 0) |
			(one.committed ? COMMIT | COMMITTED : 0) |
			(coherent ? BACK_INVALIDATE : HOST_ONLY)
	);
}

export function endpointRegisters(decoder: HdmDecoderRecord, index: number): DecoderRegisters {
	return {
		offset: offsetOf(index),
		base: hex(BigInt(decoder.baseHpa)),
		size: hex(BigInt(decoder.bytes)),
		control: hex(control(decoder, decoder.backInvalidate)),
		last: hex(BigInt(decoder.skip))
	};
}

export function portRegisters(decoder: PortDecoderRecord, index: number): DecoderRegisters {
	let targets = 0n;
	decoder.targets.forEach((target, way) => (targets |= BigInt(target) << BigInt(8 * way)));
	return {
		offset: offsetOf(index),
		base: hex(BigInt(decoder.baseHpa)),
		size: hex(BigInt(decoder.bytes)),
		control: hex(control(decoder, false)),
		last: hex(targets)
	};
}

/** Capability code of a number of decoders: the least one that has so many. */
export function countCode(decoders: number): number {
	return DECODER_COUNTS.findIndex((count) => count >= decoders);
}
