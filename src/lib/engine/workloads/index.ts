import type { Workload, WorkloadKind } from '../contract/commands.ts';
import { GIB, MIB, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { costBytesPerSecond, type CostTable, type RateCost } from '../costs/cost-model.ts';
import type { WriterClass } from '../state/records.ts';

/**
 * What guests write: classes of pages with a weight each (live-migration reference 7.1: one exponential does not fit a real
 * guest, two classes do). Rates are the cost model's; sizes and weights are our simplification.
 */
interface Kind {
	readonly rate: RateCost;
	readonly workingSetBytes: number;
	/** Weight in a million, share of the working set, pattern; the rest of the guest gets no writes. */
	readonly classes: readonly { readonly weight: number; readonly share: number; readonly pattern: WriterClass['pattern'] }[];
}

const KINDS: Readonly<Record<WorkloadKind, Kind>> = {
	idle: {
		rate: 'dirtyRateIdleMBps',
		workingSetBytes: 64 * MIB,
		classes: [
			{ weight: 900_000, share: 0.125, pattern: 'uniform' },
			{ weight: 100_000, share: 0.875, pattern: 'uniform' }
		]
	},
	web: {
		rate: 'dirtyRateWebMBps',
		workingSetBytes: 512 * MIB,
		classes: [
			{ weight: 850_000, share: 0.0625, pattern: 'uniform' },
			{ weight: 150_000, share: 0.9375, pattern: 'uniform' }
		]
	},
	database: {
		rate: 'dirtyRateOltpMBps',
		workingSetBytes: GIB,
		classes: [
			{ weight: 700_000, share: 0.125, pattern: 'uniform' },
			{ weight: 200_000, share: 0.75, pattern: 'uniform' },
			{ weight: 100_000, share: 0.125, pattern: 'sequential' }
		]
	},
	'memory-muncher': {
		rate: 'dirtyRateMemtesterMBps',
		workingSetBytes: 256 * MIB,
		classes: [{ weight: 1_000_000, share: 1, pattern: 'uniform' }]
	},
	sequential: {
		rate: 'dirtyRateNoisyVmMBps',
		workingSetBytes: Number.MAX_SAFE_INTEGER,
		classes: [{ weight: 1_000_000, share: 1, pattern: 'sequential' }]
	},
	'two-class': {
		rate: 'dirtyRateRedisWriteMBps',
		workingSetBytes: GIB,
		classes: [
			{ weight: 800_000, share: 0.2, pattern: 'uniform' },
			{ weight: 200_000, share: 0.8, pattern: 'uniform' }
		]
	}
};

/** Page writes per second at full speed. */
export function writesPerSecond(workload: Workload, costs: CostTable): number {
	const bytes = workload.rateBytesPerSecond ?? costBytesPerSecond(costs, KINDS[workload.kind].rate);
	return Math.floor(bytes / PAGE_BYTES);
}

/** Highest rate that integer arithmetic carries exactly: 9 million pages, 36 GB, a second. */
export const MAX_WRITES_PER_SECOND = 9_000_000;

/** The classes of a workload in a guest of `populatedPages`; the working set begins an eighth into it where it fits. */
export function classesOf(workload: Workload, populatedPages: number): WriterClass[] {
	const kind = KINDS[workload.kind];
	const wanted = Math.floor((workload.workingSetBytes ?? kind.workingSetBytes) / PAGE_BYTES);
	const total = Math.max(1, Math.min(wanted, populatedPages));
	const start = Math.min(Math.floor(populatedPages / 8 / 512) * 512, populatedPages - total);
	let at = start;
	let left = total;
	return kind.classes.map((entry, index) => {
		const last = index === kind.classes.length - 1;
		const pages = last ? left : Math.max(1, Math.min(left - (kind.classes.length - 1 - index), Math.floor(total * entry.share)));
		const result: WriterClass = { weight: entry.weight, firstGfn: at, pages: Math.max(1, pages), pattern: entry.pattern, cursor: 0 };
		at += pages;
		left -= pages;
		return result;
	});
}

/** Blocks that a workload writes into in a guest of `bytes`, and one more at each end of its classes. */
export function writtenBlocks(workload: Workload, bytes: number): number {
	return classesOf(workload, bytes / PAGE_BYTES).reduce((sum, one) => sum + Math.ceil(one.pages / PAGES_PER_BLOCK) + 2, 0);
}
