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
 * QEMU's decoders interleave in address bits 8 to 14, in 1, 2, 4 or 8 ways (hw/cxl/cxl-component-utils.c, hdm_init_common: the
 * bits for 3, 6, 12 and 16 ways are 0). A passthrough does anything.
 */
export function canInterleave(ways: number, granularityBytes: number, passthrough: boolean): boolean {
	if (passthrough) return true;
	if (ways !== 1 && ways !== 2 && ways !== 4 && ways !== 8) return false;
	if (ways === 1) return true;
	return encodedWays(ways) + encodedGranularity(granularityBytes) + 7 <= 14;
}
