import { NS_PER_S } from '../../../base/units.ts';
import type { KernelSpaceRecord } from '../../state/vdpa-records.ts';
import type { NicContext } from '../ports.ts';
import { keysAsTheyCome, keysOf, NO_KEYS, type Keys } from './keys.ts';
import type { KernelWork } from './result.ts';

/** What the device is told when the kernel's list changes (Linux 7.1.8 drivers/vhost/vdpa.c, vhost_vdpa_map and its opposite). */

/** Old keys are freed by a worker so much later (Linux 7.1.8 drivers/vdpa/mlx5/core/mr.c, MLX5_VDPA_MR_GC_TRIGGER_MS). */
const FREED_AFTER_NS = 2 * NS_PER_S;

const buildsMaps = (context: NicContext): boolean => context.nic.traits.translation === 'set-map';

/** A driver that works on the owner's page tables copies the list and makes no keys (vdpa_sim). */
const makesKeys = (context: NicContext): boolean => buildsMaps(context) && !context.nic.traits.useVa;

/** Entries came in, one after the other; `at` is the place of the first. */
export function toldMapped(context: NicContext, space: KernelSpaceRecord, at: number, count: number, work: KernelWork): void {
	if (!buildsMaps(context)) {
		work.mappedRuns += count;
		return;
	}
	if (context.end.kernel.inBatch) return;
	// Outside a batch each contiguous run is a change of its own, and each change builds everything.
	const { entries } = space;
	const each = makesKeys(context)
		? keysAsTheyCome(entries.slice(0, at), entries.slice(at, at + count), entries.slice(at + count))
		: new Array<Keys>(count).fill(NO_KEYS);
	for (const keys of each) build(context, space, keys, work);
	findAgain(space);
}

/** Entries went: once per message for a driver that builds its map, once per entry for others. */
export function toldUnmapped(context: NicContext, space: KernelSpaceRecord, count: number, work: KernelWork): void {
	if (!buildsMaps(context)) work.unmappedRuns += count;
	else if (!context.end.kernel.inBatch) buildMap(context, space, work);
}

/** set_map: the whole address space anew, if this driver has such a call. */
export function buildMap(context: NicContext, space: KernelSpaceRecord, work: KernelWork): void {
	if (!buildsMaps(context)) return;
	build(context, space, makesKeys(context) ? keysOf(space.entries) : NO_KEYS, work);
	findAgain(space);
}

function build(context: NicContext, space: KernelSpaceRecord, keys: Keys, work: KernelWork): void {
	retire(context, space);
	const { direct, nulls, unitBytes } = keys;
	space.keys = { direct, nulls, unitBytes, builds: (space.keys?.builds ?? 0) + 1 };
	work.rebuilds.push({ asid: space.asid, ...keys });
}

/** A map that is built has all entries, those too that were lost at a reset. */
function findAgain(space: KernelSpaceRecord): void {
	for (const entry of space.entries) if (entry.lost) delete entry.lost;
}

/** The present keys wait to be freed: the direct ones and the one that lists them. Null keys are one and the same. */
function retire(context: NicContext, space: KernelSpaceRecord): void {
	const { nowNs } = context;
	const freeAtNs = nowNs + FREED_AFTER_NS;
	if ((space.oldKeys[0]?.freeAtNs ?? Infinity) <= nowNs) space.oldKeys = space.oldKeys.filter((old) => old.freeAtNs > nowNs);
	if (!space.keys || space.keys.direct === 0) return;
	const keys = space.keys.direct + 1;
	const last = space.oldKeys.at(-1);
	if (last?.freeAtNs === freeAtNs) last.keys += keys;
	else space.oldKeys.push({ keys, freeAtNs });
}

/**
 * A reset with CLEAN_MAP: the parent driver drops its own map. The kernel's list and its pins stay; what the IOMMU of the
 * platform holds is no map of the driver's.
 */
export function dropDriverMaps(context: NicContext): void {
	if (context.nic.traits.translation === 'iommu') return;
	for (const space of context.end.kernel.spaces) {
		retire(context, space);
		if (space.keys) space.keys = { direct: 0, nulls: 0, unitBytes: 0, builds: space.keys.builds };
		for (const entry of space.entries) entry.lost = true;
	}
}
