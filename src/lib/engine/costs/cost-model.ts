import { assert } from '../../base/assert.ts';
import { GIB, KIB, MIB } from '../../base/units.ts';
import { COST_TABLE, type CostNameIn } from '../contract/cost-table.ts';
import type { CostTable } from '../contract/costs.ts';

export { defaultCosts, describeCost, withOverrides, type CostTable } from '../contract/costs.ts';

/**
 * Costs in the base units of the engine: whole nanoseconds, whole bytes, bytes per second. The unit is read from the
 * table, so code never multiplies by a power of ten by hand, and a rate cannot be asked for as a time.
 */

const NANOSECONDS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const;
const BYTES_PER_SECOND = {
	'GB/s': 1e9,
	'MB/s': 1e6,
	'GiB/s': GIB,
	'MiB/s': MIB,
	'Gbit/s': 125e6
} as const;
const BYTES = { B: 1, KiB: KIB, MiB: MIB, MB: 1e6 } as const;

export type TimeCost = CostNameIn<keyof typeof NANOSECONDS>;
export type RateCost = CostNameIn<keyof typeof BYTES_PER_SECOND>;
export type SizeCost = CostNameIn<keyof typeof BYTES>;
export type PerGiBCost = CostNameIn<'ms/GiB'>;

/** A time in whole nanoseconds, rounded to the nearest. */
export function costNs(costs: CostTable, name: TimeCost): number {
	return Math.floor(costs[name] * NANOSECONDS[COST_TABLE[name].unit] + 0.5);
}

/** A rate in whole bytes per second, rounded to the nearest, at least 1. */
export function costBytesPerSecond(costs: CostTable, name: RateCost): number {
	return Math.max(1, Math.floor(costs[name] * BYTES_PER_SECOND[COST_TABLE[name].unit] + 0.5));
}

/** A size in whole bytes, rounded to the nearest. */
export function costBytes(costs: CostTable, name: SizeCost): number {
	return Math.floor(costs[name] * BYTES[COST_TABLE[name].unit] + 0.5);
}

/** The time that `bytes` take at a cost counted per GiB, in whole nanoseconds, rounded to the nearest. */
export function costNsForBytes(costs: CostTable, name: PerGiBCost, bytes: number): number {
	assert(bytes >= 0, `${name} for ${bytes} B`);
	return Math.floor((bytes / GIB) * costs[name] * 1e6 + 0.5);
}
