/** Ways in which QEMU measures how fast a guest dirties its memory (QEMU 10.2.2 qapi/migration.json DirtyRateMeasureMode). */
export const DIRTY_RATE_MODES = {
	'page-sampling': 'pages picked at random are looked at twice',
	'dirty-ring': 'each vCPU’s ring of dirtied pages is counted',
	'dirty-bitmap': 'every page is logged for the time'
} as const;
export type DirtyRateMode = keyof typeof DIRTY_RATE_MODES;
