/**
 * Ways and granularities as registers hold them (CXL r4.0 8.2.4.20; Linux 7.2 drivers/cxl/cxl.h, ways_to_eiw and
 * granularity_to_eig), and what a component can do with them (drivers/cxl/core/region.c, check_interleave_cap).
 */

const WAYS: Readonly<Record<number, number>> = { 1: 0, 2: 1, 4: 2, 8: 3, 16: 4, 3: 8, 6: 9, 12: 10 };

/** −1: no such ways. */
export const encodedWays = (ways: number): number => WAYS[ways] ?? -1;

/** 256 B << code, code 0 to 6; −1: no such granularity. */
export function encodedGranularity(bytes: number): number {
	for (let code = 0; code <= 6; code += 1) if (bytes === 256 * 2 ** code) return code;
	return -1;
}

export const isPowerOfTwo = (value: number): boolean => Number.isInteger(value) && value > 0 && 2 ** Math.round(log2(value)) === value;

function log2(value: number): number {
	let bits = 0;
	for (let rest = value; rest > 1; rest /= 2) bits += 1;
	return bits;
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
