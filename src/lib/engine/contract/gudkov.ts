import { GIB } from '../../base/units.ts';
import { precopyMeasuredCurve, type DirtyCurve } from './closed-forms/index.ts';
import type { CostTable } from './costs.ts';

/** The memcached VM of Gudkov's mail: periods in milliseconds, dirty samples of 512 pages each. */
export const GUDKOV_CURVE: DirtyCurve = {
	windowS: [0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.5, 2, 3, 4.001, 6, 8, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60],
	pages: [33, 78, 119, 151, 217, 236, 293, 336, 425, 505, 620, 756, 898, 1204, 1457, 1723, 1934, 2141, 2328, 2522, 2675, 2958].map(
		(samples) => samples * 512
	)
};

/** His predictor on that VM; binary link units, as his cells demand. */
export function gudkovSeconds(linkGbps: number, limitS: number, costs: CostTable): number {
	const result = precopyMeasuredCurve({
		pages: 8_392_704,
		zeroPages: 10_060 * 512,
		pageBytes: 4096,
		headerBytes: costs.pageHeaderBytes,
		zeroPageBytes: costs.zeroPageWireBytes,
		curve: GUDKOV_CURVE,
		bytesPerSecond: (linkGbps * GIB) / 8,
		downtimeLimitS: limitS
	});
	return result.converges ? result.totalS : Infinity;
}
