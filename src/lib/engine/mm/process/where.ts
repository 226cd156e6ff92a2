import { BLOCK_ORDER } from '../../contract/words.ts';
import type { AreaRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { placement } from '../alloc/mempolicy.ts';
import { allocRun, type AllocRequest } from '../alloc/page-alloc.ts';

/** Where pages of an area come from when it faults or is moved by its policy (Linux 7.2.13 mm/mempolicy.c, vma_alloc_folio). */

/** Who touches what. */
export interface Toucher {
	readonly os: number;
	readonly process: ProcessRecord;
	readonly area: AreaRecord;
	/** Inside a long-term pin: nothing movable is asked for. */
	readonly pinning: boolean;
}

export interface Wanted extends Toucher {
	readonly page: number;
	readonly order: number;
}

export interface Source {
	readonly request: AllocRequest;
	/** PREFERRED_MANY: the whole list, when the mask gave nothing. */
	readonly then: AllocRequest | null;
	/** Pages from this one on that the same request serves. */
	readonly pages: number;
}

/** Secure memory and pipes are GFP_HIGHUSER, never movable (mm/secretmem.c, virt/kvm/guest_memfd.c, fs/pipe.c). */
export const isMovableKind = (area: AreaRecord): boolean => area.kind === 'anonymous' || area.kind === 'shared';

export function sourceOf(world: World, wanted: Wanted): Source {
	const { os, process, area, page, order, pinning } = wanted;
	// The mask is worked out before PF_MEMALLOC_PIN takes __GFP_MOVABLE away (mm/page_alloc.c, current_gfp_context): inside a pin,
	// memory bound to nodes without a kernel zone finds nothing.
	const at = placement(world, os, process, area, order === BLOCK_ORDER ? page >>> BLOCK_ORDER : page, isMovableKind(area));
	const request: AllocRequest = {
		os,
		gfp: isMovableKind(area) ? (order === BLOCK_ORDER ? 'thp' : 'movable') : 'user',
		order,
		node: at.node,
		nodemask: at.nodemask,
		pinning,
		process: process.id,
		zoneWish: area.zoneWish,
		advised: area.hugeAdvised,
		interleaved: at.interleaved
	};
	if (!at.thenAll) return { request, then: null, pages: at.pages };
	return { request: { ...request, noReclaim: true }, then: { ...request, nodemask: null }, pages: at.pages };
}

/** Frames for so many pages (a multiple of the order), as runs; fewer when memory ran out. */
export function takeFrames(world: World, source: Source, pages: number): [frame: number, pages: number][] {
	const runs = allocRun(world, source.request, pages);
	if (source.then === null) return runs;
	const got = runs.reduce((sum, run) => sum + run[1], 0);
	return got < pages ? [...runs, ...allocRun(world, source.then, pages - got)] : runs;
}
