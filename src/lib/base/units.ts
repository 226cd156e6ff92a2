import { assert, AssertionError } from './assert.ts';
import type { Brand } from './brand.ts';

/** Integer nanoseconds of simulated time, 0 … 2^53 (104 days). */
export type Nanoseconds = Brand<number, 'Nanoseconds'>;

export const KIB = 1024;
export const MIB = 1024 * 1024;
export const GIB = 1024 * 1024 * 1024;
export const TIB = GIB * 1024;
export const MB = 1_000_000;
export const GB = 1_000_000_000;

export const NS_PER_US = 1_000;
export const NS_PER_MS = 1_000_000;
export const NS_PER_S = 1_000_000_000;

/** 4 KiB, the base page of x86-64 (Linux include/linux/mm.h). */
export const PAGE_BYTES = 4096;
/** 2 MiB: one pageblock, one THP (pageblock_order 9; Linux include/linux/pageblock-flags.h). */
export const PAGES_PER_BLOCK = 512;
export const BLOCK_BYTES = PAGE_BYTES * PAGES_PER_BLOCK;
/** 128 MiB, the smallest memory block of x86-64 (Linux arch/x86/include/asm/sparsemem.h). */
export const BLOCKS_PER_MEMORY_BLOCK = 64;
export const MEMORY_BLOCK_BYTES = BLOCK_BYTES * BLOCKS_PER_MEMORY_BLOCK;

/** Asserts that `value` is a whole number of nanoseconds in range and brands it. */
export function nanoseconds(value: number): Nanoseconds {
	assert(Number.isSafeInteger(value) && value >= 0, `not a time in nanoseconds: ${value}`);
	return value as Nanoseconds;
}

/**
 * Time to pass `bytes` at `bytesPerSecond`, in whole nanoseconds, rounded up, never 0.
 * Exact enough for one batch: the quotient is below 2^53 for every legal pair.
 */
export function transferNs(bytes: number, bytesPerSecond: number): number {
	if (!(bytes >= 0 && bytesPerSecond > 0))
		throw new AssertionError(`transfer of ${bytes} B at ${bytesPerSecond} B/s`);
	return Math.max(1, Math.ceil((bytes / bytesPerSecond) * NS_PER_S));
}
