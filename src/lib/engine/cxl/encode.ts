/**
 * Ways and granularities as registers hold them (CXL r4.0 8.2.4.20; Linux 7.2 drivers/cxl/cxl.h, ways_to_eiw and
 * granularity_to_eig), and what a component can do with them (drivers/cxl/core/region.c, check_interleave_cap).
 */

const WAYS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 3: 8, 6: 9, 12: 10 };

/** −1: no such ways. */
export const encodedWays = (ways: number): number => WAYS[ways] ?? -1;

/** 256 B << code, code 0 to 6; −1: no such granularity. */
export function encodedGranularity(bytes: number): number {
	return GRANULARITIES.indexOf(bytes);
}
const GRANULARITIES: readonly number[] = [256, 512, 1024, 2048, 4096, 8192, 16384];

export function isPowerOfTwo(value: number): boolean {
	if (!Number.isInteger(value) || value < 1) return false;
	let power = 1;
	while (power < value) power *= 2;
	return power === value;
}

/**
 * QEMU's decoders interleave in address bits 8 to 14; those of ports in 1, 2, 4 or 8 ways, those of memory devices also in 3, 6,
 * 12 and 16 (hw/cxl/cxl-component-utils.c, hdm_init_common). A passthrough does anything.
 */
export function canInterleave(ways: number, granularityBytes: number, who: 'device' | 'port' | 'passthrough'): boolean {
	if (who === 'passthrough') return true;
	const code = encodedWays(ways);
	if (code < 0 || (who === 'port' && code > 3)) return false;
	// Of three ways no address bit is taken out: the device divides.
	if (code === 0 || code === 8) return true;
	const highest = code + encodedGranularity(granularityBytes) + (code > 8 ? -1 : 7);
	return highest <= 14;
}
