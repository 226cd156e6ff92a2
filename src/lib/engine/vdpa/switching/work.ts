import { GIB } from '../../../base/units.ts';
import { parallelSpeed, type SwitchChoice } from '../../contract/vdpa/choice.ts';
import { pagePrices, type VdpaFigures } from '../../contract/vdpa/figures.ts';
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
	const { huge } = work;
	const alone = pagePrices(figures, '4k');
	const within = pagePrices(figures, 'thp');
	const coldAlone = work.cold - huge.cold;
	const warmAlone = work.pinned - huge.pinned - coldAlone;
	const pinNs =
		warmAlone * alone.pinNs + coldAlone * alone.coldPinNs + (huge.pinned - huge.cold) * within.pinNs + huge.cold * within.coldPinNs;
	const unpinNs = (work.unpinned - huge.unpinned) * alone.unpinNs + huge.unpinned * within.unpinNs;
	const keys = work.rebuilds.reduce(
		(sum, build) => sum + (build.bytes / GIB) * figures.keyNs + build.direct * figures.callNs + build.nulls * figures.nullKeyNs,
		0
	);
	const times: PartTimes = {
		evict: work.evicted * figures.evictNs,
		pin: pinNs / together,
		unpin: unpinNs / together,
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
