import { GIB, MIB } from '../../base/units.ts';
import type { LoopCase } from './closed-forms/index.ts';

/**
 * Cases in which a run of the engine is held against the fluid loop (decision D16): time and bytes 3 %, downtime 15 %,
 * syncs ±1. The reference values are `qemuLikeLoop` of each case, computed where they are shown.
 */
export interface EngineComparison {
	readonly id: string;
	readonly what: string;
	readonly loop: LoopCase;
}

const LIMIT_S = 0.3;

export const ENGINE_COMPARISONS: readonly EngineComparison[] = [
	{
		id: 'A',
		what: '8 GiB at QEMU’s default of 128 MiB/s, 20 MB/s into 1 GB',
		loop: {
			memoryBytes: 8 * GIB,
			bandwidthGBps: (128 * MIB) / 1e9,
			dirtyGBps: 0.02,
			workingSetBytes: 1e9,
			downtimeLimitS: LIMIT_S
		}
	},
	{
		id: 'B',
		what: '8 GiB at 1.25 GB/s, 200 MB/s into 1 GB',
		loop: {
			memoryBytes: 8 * GIB,
			bandwidthGBps: 1.25,
			dirtyGBps: 0.2,
			workingSetBytes: 1e9,
			downtimeLimitS: LIMIT_S
		}
	},
	{
		id: 'C',
		what: '64 GiB at 3.125 GB/s, 1 GB/s into 4 GB',
		loop: {
			memoryBytes: 64 * GIB,
			bandwidthGBps: 3.125,
			dirtyGBps: 1,
			workingSetBytes: 4e9,
			downtimeLimitS: LIMIT_S
		}
	},
	{
		id: 'D',
		what: '16 GiB at 1.25 GB/s, 2 GB/s into 6 GB: never ends',
		loop: {
			memoryBytes: 16 * GIB,
			bandwidthGBps: 1.25,
			dirtyGBps: 2,
			workingSetBytes: 6e9,
			downtimeLimitS: LIMIT_S,
			untilS: 120
		}
	},
	{
		id: 'D-throttled',
		what: 'The same with auto-converge',
		loop: {
			memoryBytes: 16 * GIB,
			bandwidthGBps: 1.25,
			dirtyGBps: 2,
			workingSetBytes: 6e9,
			downtimeLimitS: LIMIT_S,
			autoConverge: true
		}
	},
	{
		id: 'E',
		what: '16 GiB at 1.25 GB/s, 2 GB/s into 300 MB',
		loop: {
			memoryBytes: 16 * GIB,
			bandwidthGBps: 1.25,
			dirtyGBps: 2,
			workingSetBytes: 300e6,
			downtimeLimitS: LIMIT_S
		}
	},
	{
		id: 'F',
		what: '128 GiB at 10 GB/s, 4 GB/s into 16 GB',
		loop: {
			memoryBytes: 128 * GIB,
			bandwidthGBps: 10,
			dirtyGBps: 4,
			workingSetBytes: 16e9,
			downtimeLimitS: LIMIT_S
		}
	}
];
