/**
 * What a switch costs. Each preset is our own fit to a published table, and says which; a scenario may set each figure
 * otherwise. The table behind a preset counts as a regression test only, every other one as a prediction.
 */
export interface VdpaFigures {
	/** Everything of one switch that does not depend on the guest's memory: suspend, indices, reset, set-up, replay, resume. */
	readonly fixedNs: number;
	/** Pinning one 4 KiB page that the process has touched before. */
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

export interface VdpaPreset {
	readonly title: string;
	readonly sentence: string;
	readonly source: string;
	/** Published tables that the preset was fitted on (vdpa/tables). */
	readonly fittedOn: readonly string[];
	readonly figures: VdpaFigures;
}

const small = { nullKeyNs: 100, runNs: 500, callNs: 6_000, evictNs: 600 };

export const VDPA_PRESETS = {
	sw2023: {
		title: 'December 2023, mlx5, 4 KiB pages',
		sentence: 'Fragmented 4 KiB pages, keys made one after the other, slow set-up of the queues.',
		source: 'Si-Wei Liu, vdpa-net downtime series, December 2023; our fit',
		fittedOn: ['T1'],
		figures: { ...small, fixedNs: 2_000_000_000, pinNs: 635, coldPinNs: 1_380, unpinNs: 45, keyNs: 4_900_000 }
	},
	seed2023: {
		title: 'July 2023, as the thread tells it',
		sentence: 'A guest of 128 GiB loses its network for 4 to 5 seconds.',
		source: 'Si-Wei Liu and E. Pérez, qemu-devel, 17 July 2023; our fit',
		fittedOn: ['S2'],
		figures: { ...small, fixedNs: 300_000_000, pinNs: 90, coldPinNs: 196, unpinNs: 35, keyNs: 1_000_000 }
	},
	dt2024: {
		title: '2024, mlx5 with parallel keys',
		sentence: 'Huge pages, keys made in parallel, old keys freed later.',
		source: 'D. Tatulea, mlx5_vdpa series, August 2024; our fit',
		fittedOn: ['T2', 'T3'],
		figures: { ...small, fixedNs: 250_000_000, pinNs: 75, coldPinNs: 163, unpinNs: 35, keyNs: 300_000 }
	},
	ideal: {
		title: 'what if',
		sentence: 'Queues are ready at once; pins and keys cost what they cost in 2024.',
		source: 'our what-if: J. Palmer’s pin timings, June 2025',
		fittedOn: ['T3'],
		figures: { ...small, fixedNs: 25_000_000, pinNs: 75, coldPinNs: 163, unpinNs: 35, keyNs: 300_000 }
	}
} as const satisfies Record<string, VdpaPreset>;
export type VdpaPresetId = keyof typeof VDPA_PRESETS;

/** How the fixed part is shared out among its steps, in parts per thousand. Our simplification: only their sum is published. */
export const FIXED_SHARES = { suspend: 60, indices: 40, reset: 100, queues: 500, replay: 150, resume: 150 } as const;
export type FixedPart = keyof typeof FIXED_SHARES;
