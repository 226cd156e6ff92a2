import type { MachineZoneStatus } from '../../engine/contract/machine-status.ts';

/** The watermarks of one zone on a line from 0 to a little beyond the highest: what lies further is cut and said. */
export interface Ruler {
	readonly endPages: number;
	readonly marks: readonly {
		readonly name: 'min' | 'low' | 'high' | 'promo';
		readonly pages: number;
		readonly share: number;
	}[];
	/** Share of the line that free memory covers, 0 … 1. */
	readonly freeShare: number;
	/** Free memory goes on beyond the end of the line. */
	readonly cut: boolean;
	/** What the level means. */
	readonly state: 'below min' | 'below low' | 'below high' | 'above high';
}

const BEYOND = 1.3;

export function rulerOf(zone: MachineZoneStatus): Ruler {
	const top = Math.max(zone.min, zone.low, zone.high, zone.promo, 1);
	const endPages = Math.min(Math.max(zone.managedPages, top), Math.ceil(top * BEYOND));
	const share = (pages: number): number => Math.min(1, pages / endPages);
	return {
		endPages,
		marks: (['min', 'low', 'high', 'promo'] as const).map((name) => ({
			name,
			pages: zone[name],
			share: share(zone[name])
		})),
		freeShare: share(zone.freePages),
		cut: zone.freePages > endPages,
		state:
			zone.freePages < zone.min
				? 'below min'
				: zone.freePages < zone.low
					? 'below low'
					: zone.freePages < zone.high
						? 'below high'
						: 'above high'
	};
}

/** What the page allocator does at this level (Linux 7.2.13 mm/page_alloc.c, mm/vmscan.c). */
export const RULER_WORDS: Readonly<Record<Ruler['state'], string>> = {
	'below min': 'below min: only requests that may use reserves are served',
	'below low': 'below low: kswapd is awake, requests still succeed',
	'below high': 'between low and high: kswapd goes on if it is awake',
	'above high': 'above high: nobody reclaims'
};
