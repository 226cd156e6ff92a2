import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { KERNEL_COSTS } from '../cost-table/kernel.ts';

/** How the guest's memory is backed: pages of 4 KiB each by itself, or huge pages of 2 MiB. */
export type BackingPages = 'thp' | '4k';

/**
 * What a page of 4 KiB costs as part of a huge page, as a share of one by itself. Pin and unpin: measured with maps of 16 GiB for
 * VFIO, which takes the same way through mm/gup.c; first touch: populating a guest's memory. That they hold for every preset is
 * our simplification (vdpa-huge-share).
 */
export const HUGE_SHARES = {
	pin: KERNEL_COSTS.pinMapThpMsPerGiB.default / KERNEL_COSTS.pinMap4kMsPerGiB.default,
	unpin: KERNEL_COSTS.unpinUnmapThpMsPerGiB.default / KERNEL_COSTS.unpinUnmap4kMsPerGiB.default,
	touch: KERNEL_COSTS.eptPopulate2mUs.default / PAGES_PER_BLOCK / KERNEL_COSTS.eptPopulate4kUs.default
} as const;

/**
 * What a switch costs. Each preset is our own fit to a published table, and says which; a scenario may set each figure
 * otherwise. The table behind a preset counts as a regression test only, every other one as a prediction.
 */
export interface VdpaFigures {
	/** Everything of one switch that does not depend on the guest's memory: suspend, indices, reset, set-up, replay, resume. */
	readonly fixedNs: number;
	/** Pinning one page of 4 KiB that is no part of a huge page, and that the process has touched before. */
	readonly pinNs: number;
	/** Pinning one that nobody has touched yet: it has to be found and cleared first. */
	readonly coldPinNs: number;
	readonly unpinNs: number;
	/** One direct key, at most 1 GiB (devices that build their map anew). */
	readonly keyNs: number;
	/** One key that covers a hole of at most 1 GiB. */
	readonly nullKeyNs: number;
	/** One contiguous run into the platform's IOMMU, or out of it. */
	readonly runNs: number;
	/** One small message: an ioctl, or a ring's INVALIDATE. */
	readonly callNs: number;
	/** One folio that has to leave ZONE_MOVABLE before it is pinned, per 4 KiB page. */
	readonly evictNs: number;
}

export type PagePrices = Pick<VdpaFigures, 'pinNs' | 'coldPinNs' | 'unpinNs'>;

/** What a page of 4 KiB costs in memory that is backed like this. */
export function pagePrices({ pinNs, coldPinNs, unpinNs }: PagePrices, pages: BackingPages): PagePrices {
	if (pages === '4k') return { pinNs, coldPinNs, unpinNs };
	const huge = pinNs * HUGE_SHARES.pin;
	return { pinNs: huge, coldPinNs: huge + (coldPinNs - pinNs) * HUGE_SHARES.touch, unpinNs: unpinNs * HUGE_SHARES.unpin };
}

/** The other way: prices that were found with huge pages, for pages by themselves. */
function fromHuge({ pinNs, coldPinNs, unpinNs }: PagePrices): PagePrices {
	const alone = pinNs / HUGE_SHARES.pin;
	return { pinNs: alone, coldPinNs: alone + (coldPinNs - pinNs) / HUGE_SHARES.touch, unpinNs: unpinNs / HUGE_SHARES.unpin };
}

export interface VdpaPreset {
	readonly title: string;
	readonly sentence: string;
	readonly source: string;
	/** How the guest was backed whose figures these are; where that is not said, our reading of them. */
	readonly pages: BackingPages;
	/** Published tables that the preset was fitted on (vdpa/tables). */
	readonly fittedOn: readonly string[];
	readonly figures: VdpaFigures;
}

const small = { nullKeyNs: 100, runNs: 500, callNs: 6_000, evictNs: 600 };
/** J. Palmer, June 2025: slopes of two straight lines, with huge pages. */
const PINNED_2025: PagePrices = { pinNs: 75, coldPinNs: 163, unpinNs: 35 };

export const VDPA_PRESETS = {
	sw2023: {
		title: 'December 2023, mlx5, 4 KiB pages',
		sentence: 'Fragmented 4 KiB pages, keys made one after the other, slow set-up of the queues.',
		source: 'Si-Wei Liu, vdpa-net downtime series, December 2023; our fit',
		pages: '4k',
		fittedOn: ['T1'],
		figures: { ...small, fixedNs: 2_000_000_000, pinNs: 635, coldPinNs: 1_380, unpinNs: 45, keyNs: 4_900_000 }
	},
	seed2023: {
		title: 'July 2023, as the thread tells it',
		sentence: 'A guest of 128 GiB loses its network for 4 to 5 seconds.',
		source: 'Si-Wei Liu and E. Pérez, qemu-devel, 17 July 2023; our fit',
		pages: '4k',
		fittedOn: ['S2'],
		figures: { ...small, fixedNs: 300_000_000, pinNs: 90, coldPinNs: 196, unpinNs: 35, keyNs: 1_000_000 }
	},
	dt2024: {
		title: '2024, mlx5 with parallel keys',
		sentence: 'Huge pages, keys made in parallel, old keys freed later.',
		source: 'D. Tatulea, mlx5_vdpa series, August 2024; our fit',
		pages: 'thp',
		fittedOn: ['T2', 'T3'],
		figures: { ...small, ...fromHuge(PINNED_2025), fixedNs: 250_000_000, keyNs: 300_000 }
	},
	ideal: {
		title: 'what if',
		sentence: 'Queues are ready at once; pins and keys cost what they cost in 2024.',
		source: 'our what-if: J. Palmer’s pin timings, June 2025',
		pages: 'thp',
		fittedOn: ['T3'],
		figures: { ...small, ...fromHuge(PINNED_2025), fixedNs: 25_000_000, keyNs: 300_000 }
	}
} as const satisfies Record<string, VdpaPreset>;
export type VdpaPresetId = keyof typeof VDPA_PRESETS;

/** How the fixed part is shared out among its steps, in parts per thousand. Our simplification: only their sum is published. */
export const FIXED_SHARES = { suspend: 60, indices: 40, reset: 100, queues: 500, replay: 150, resume: 150 } as const;
export type FixedPart = keyof typeof FIXED_SHARES;
