import { GIB } from '../../../base/units.ts';
import { parallelSpeed, type SwitchChoice } from '../../contract/vdpa/choice.ts';
import type { VdpaFigures } from '../../contract/vdpa/figures.ts';
import type { GapPart } from '../../contract/vdpa/status.ts';
import type { KernelWork } from '../kernel/result.ts';

/** What the kernel did, in time: counts × figures (vDPA reference, section 7). */
export type PartTimes = Partial<Record<GapPart, number>>;

/** Beliefs that make a part of it free (contract/beliefs.ts). */
const FREE_PARTS: Readonly<Record<string, readonly GapPart[]>> = {
	'pins-are-free': ['evict', 'pin', 'unpin', 'map', 'unmap', 'keys'],
	'switch-is-bookkeeping': ['evict', 'pin', 'unpin', 'map', 'unmap', 'keys']
};

export function timesOf(work: KernelWork, figures: VdpaFigures, choice: SwitchChoice, belief: string | null): PartTimes {
	const together = parallelSpeed(choice.workers);
	const warm = work.pinned - work.cold;
	const keys = work.rebuilds.reduce(
		(sum, build) => sum + (build.bytes / GIB) * figures.keyNs + build.direct * figures.callNs + build.nulls * figures.nullKeyNs,
		0
	);
	const times: PartTimes = {
		evict: work.evicted * figures.evictNs,
		pin: (warm * figures.pinNs + work.cold * figures.coldPinNs) / together,
		unpin: (work.unpinned * figures.unpinNs) / together,
		map: work.mappedRuns * figures.runNs,
		unmap: work.unmappedRuns * figures.runNs,
		keys
	};
	const result: PartTimes = {};
	for (const part of Object.keys(times) as GapPart[]) {
		const ns = Math.round(times[part] ?? 0);
		if (ns > 0 && !(FREE_PARTS[belief ?? '']?.includes(part) ?? false)) result[part] = ns;
	}
	return result;
}
