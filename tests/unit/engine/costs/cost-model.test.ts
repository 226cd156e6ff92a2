/**
 * Goal: costs come out in the engine's base units, whole and without hand-made powers of ten.
 * Method: one cost of every unit against its value written out.
 */
import { describe, expect, it } from 'vitest';
import { costBytes, costBytesPerSecond, costNs, costNsForBytes, defaultCosts, type TimeCost } from '$lib/engine/costs/cost-model.ts';
import { COST_NAMES, COST_TABLE } from '$lib/engine/contract/cost-table.ts';

const costs = defaultCosts();

describe('base units', () => {
	it('turns ns, µs, ms and s into nanoseconds', () => {
		expect(costNs(costs, 'cxlSwitchedReadLatencyNs')).toBe(600);
		expect(costNs(costs, 'cxlDoorbellUs')).toBe(1060);
		expect(costNs(costs, 'blockOnlineMs')).toBe(1_460_000);
		expect(costNs(costs, 'virtioMemRetryMinS')).toBe(50_000_000_000);
		expect(costNs(costs, 'iommuMapBatched4kNs')).toBe(2);
	});
	it('turns every time of the table into a whole number', () => {
		for (const name of COST_NAMES)
			if (['ns', 'us', 'ms', 's'].includes(COST_TABLE[name].unit))
				expect(Number.isSafeInteger(costNs(costs, name as TimeCost)), name).toBe(true);
	});
	it('turns decimal, binary and bit rates into bytes per second', () => {
		expect(costBytesPerSecond(costs, 'migratePages2mGBps')).toBe(10_880_000_000);
		expect(costBytesPerSecond(costs, 'maxBandwidthMiBps')).toBe(134_217_728);
		expect(costBytesPerSecond(costs, 'netLinkGbps')).toBe(3_125_000_000);
		expect(costBytesPerSecond(costs, 'dirtyRateWebMBps')).toBe(60_000_000);
		expect(costBytesPerSecond(costs, 'virtioMemPlugVfioGiBps')).toBe(5_100_273_664);
	});
	it('turns sizes into bytes', () => {
		expect(costBytes(costs, 'dirtyLlcMiB')).toBe(33_554_432);
		expect(costBytes(costs, 'vcpuStateKiB')).toBe(16_384);
		expect(costBytes(costs, 'pageHeaderBytes')).toBe(8);
	});
	it('multiplies a cost per GiB', () => {
		expect(costNsForBytes(costs, 'pinMap4kMsPerGiB', 128 * 1024 ** 3)).toBe(2_240_000_000);
		expect(costNsForBytes(costs, 'pinMap4kMsPerGiB', 4096)).toBe(67);
		expect(() => costNsForBytes(costs, 'pinMap4kMsPerGiB', -1)).toThrow(/pinMap4kMsPerGiB/);
	});
});
