import { waysOfCode, powerOfTwo } from './encoding.ts';

/**
 * The arithmetic of interleave, exact on numbers below 2^52: division by a power of two is exact in a double, and floor after
 * it too. `granularity` and `ways` are the codes of the registers (encoding.ts); `offset` is host address less decoder base.
 * CXL 4.0 8.2.4.20, implementation note "Device Decode Logic"; Linux 7.3.4 drivers/cxl/core/region.c.
 */
const STRIPE: readonly number[] = [256, 512, 1024, 2048, 4096, 8192, 16384];
const THREE = 8;

/** Which member of the set a byte belongs to, counted from the decoder's base. */
export function wayOf(offset: number, granularity: number, ways: number): number {
	return Math.floor(offset / (STRIPE[granularity] as number)) % waysOfCode(ways);
}

/** Where the byte lies inside its member's part. */
export function offsetInDevice(offset: number, granularity: number, ways: number): number {
	const stripe = STRIPE[granularity] as number;
	const inStripe = offset - Math.floor(offset / stripe) * stripe;
	if (ways < THREE) return Math.floor(offset / (stripe * powerOfTwo(ways))) * stripe + inStripe;
	return Math.floor(Math.floor(offset / (stripe * powerOfTwo(ways - THREE))) / 3) * stripe + inStripe;
}

/** The way back: offset from the decoder's base of a byte of the member at `position`. */
export function offsetInWindow(inDevice: number, position: number, granularity: number, ways: number): number {
	const stripe = STRIPE[granularity] as number;
	const row = Math.floor(inDevice / stripe);
	return (row * waysOfCode(ways) + position) * stripe + (inDevice - row * stripe);
}

/** Index in the target list of a host bridge or switch: address bits above the granularity, of the whole host address. */
export function portTarget(hpa: number, granularity: number, ways: number): number {
	return Math.floor(hpa / (STRIPE[granularity] as number)) % powerOfTwo(ways);
}

/** G-FAM: takes 2^ways-fold interleave out of an offset (CXL 4.0 7.7.2.4). */
export function gfdOffset(offset: number, granularity: number, ways: number): number {
	const stripe = STRIPE[granularity] as number;
	return Math.floor(offset / (stripe * powerOfTwo(ways))) * stripe + (offset - Math.floor(offset / stripe) * stripe);
}

/** G-FAM, the way back: puts the bits of `way` in. */
export function gfdWindowOffset(inDevice: number, way: number, granularity: number, ways: number): number {
	const stripe = STRIPE[granularity] as number;
	const row = Math.floor(inDevice / stripe);
	return (row * powerOfTwo(ways) + way) * stripe + (inDevice - row * stripe);
}
