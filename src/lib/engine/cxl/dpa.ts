import type { CxlDecoderRecord, CxlMode, CxlRecord } from '../state/cxl-records.ts';
import { decodersOf, memdevOf, portAt } from './find.ts';

/** Device memory of endpoint decoders (Linux 7.2 drivers/cxl/core/hdm.c). Each answers null or an errno. */

/** Capacity that every allocation is a multiple of (core/port.c, dpa_size_store). */
export const DPA_UNIT = 256 * 2 ** 20;

interface Partition {
	readonly mode: CxlMode;
	readonly start: number;
	readonly bytes: number;
}

/** RAM first, persistent memory behind it (core/memdev.c, cxl_mem_dpa_fetch): only partitions that hold something. */
function partitionsOf(cxl: CxlRecord, decoder: CxlDecoderRecord): Partition[] {
	const { ramBytes, pmemBytes } = memdevOf(cxl, decoder);
	const all: Partition[] = [
		{ mode: 'ram', start: 0, bytes: ramBytes },
		{ mode: 'pmem', start: ramBytes, bytes: pmemBytes }
	];
	return all.filter((partition) => partition.bytes > 0);
}

/** mode: which partition the decoder will take from (cxl_dpa_set_part). */
export function setMode(cxl: CxlRecord, decoder: CxlDecoderRecord, word: string): string | null {
	const mode = word.trim();
	if (mode !== 'ram' && mode !== 'pmem') return 'EINVAL';
	if (decoder.enabled) return 'EBUSY';
	if (!partitionsOf(cxl, decoder).some((partition) => partition.mode === mode)) return 'EINVAL';
	decoder.mode = mode;
	return null;
}

/** dpa_size: what was there is given back first, then the new size is taken; 0 only gives back. */
export function setDpaSize(cxl: CxlRecord, decoder: CxlDecoderRecord, bytes: number): string | null {
	if (bytes % DPA_UNIT !== 0) return 'EINVAL';
	const freed = freeDpa(cxl, decoder);
	if (freed !== null || bytes === 0) return freed;
	return allocateDpa(cxl, decoder, bytes);
}

/** Only the highest decoder gives back, and only one that is in no region. */
function freeDpa(cxl: CxlRecord, decoder: CxlDecoderRecord): string | null {
	if (decoder.dpaBytes === 0) return null;
	const port = portAt(cxl, decoder.port);
	if (decoder.region >= 0 || decoder.enabled || decoder.id !== port.hdmEnd) return 'EBUSY';
	Object.assign(decoder, { dpaStart: -1, dpaBytes: 0, skipBytes: 0 });
	port.hdmEnd -= 1;
	return null;
}

/** Behind what the partition gave last; what lies unused in partitions below is skipped and lost. */
function allocateDpa(cxl: CxlRecord, decoder: CxlDecoderRecord, bytes: number): string | null {
	if (decoder.region >= 0 || decoder.enabled) return 'EBUSY';
	const partitions = partitionsOf(cxl, decoder);
	const at = partitions.findIndex((partition) => partition.mode === decoder.mode);
	const partition = partitions[at];
	if (partition === undefined) return 'EBUSY';
	const start = endOfUse(cxl, decoder, partition);
	if (bytes > partition.start + partition.bytes - start) return 'ENOSPC';
	const port = portAt(cxl, decoder.port);
	if (port.hdmEnd + 1 !== decoder.id) return 'EBUSY';
	let skipStart = partition.start;
	for (let below = at - 1; below >= 0; below -= 1) {
		const other = partitions[below] as Partition;
		skipStart = endOfUse(cxl, decoder, other);
		if (skipStart > other.start) break;
	}
	Object.assign(decoder, { dpaStart: start, dpaBytes: bytes, skipBytes: at > 0 ? partition.start - skipStart : 0 });
	port.hdmEnd += 1;
	return null;
}

/** One past the last byte that decoders of this device took or skipped in a partition; its start when there is none. */
function endOfUse(cxl: CxlRecord, decoder: CxlDecoderRecord, partition: Partition): number {
	let end = partition.start;
	for (const index of decodersOf(cxl, decoder.port)) {
		const other = cxl.decoders[index] as CxlDecoderRecord;
		if (other.dpaBytes === 0) continue;
		const ranges = [
			[other.dpaStart, other.dpaStart + other.dpaBytes],
			[other.dpaStart - other.skipBytes, other.dpaStart]
		] as const;
		for (const [from, to] of ranges) {
			const low = Math.max(from, partition.start);
			const high = Math.min(to, partition.start + partition.bytes);
			if (low < high) end = Math.max(end, high);
		}
	}
	return end;
}
