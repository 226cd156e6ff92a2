import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { World } from '../../state/world.ts';
import { nodeOfBlock } from '../os/os.ts';
import { sourceOf } from '../process/where.ts';
import type { FolioRun } from './folio.ts';
import type { MigrateOptions } from './migrate.ts';

/**
 * Where movers put pages, as plain values that a walk can keep.
 * node: move_pages and migrate_pages, that node and no other (__GFP_THISNODE), never an OOM kill.
 * policy: mbind, what the new policy of the area says, never an OOM kill (__GFP_RETRY_MAYFAIL).
 * pin: off ZONE_MOVABLE, own node first, then its fallback list; policies do not count (mm/gup.c, alloc_migration_target).
 */
export type PlaceSpec =
	| { readonly kind: 'node'; readonly node: number; readonly process: string }
	| { readonly kind: 'policy'; readonly process: string; readonly area: number }
	| { readonly kind: 'pin'; readonly process: string };

type PolicySpec = Extract<PlaceSpec, { kind: 'policy' }>;

export function placeOf(world: World, os: number, spec: PlaceSpec): MigrateOptions['place'] {
	const base = { os, process: spec.process, advised: true };
	switch (spec.kind) {
		case 'node':
			return (run) => ({ request: { ...base, gfp: gfpOfRun(run), node: spec.node, nodemask: null, thisNode: true }, pages: Infinity });
		case 'pin':
			return (run) => ({
				request: { ...base, gfp: run.order === BLOCK_ORDER ? 'thp' : 'user', node: nodeOfRun(world, run), nodemask: null, pinning: true },
				pages: Infinity
			});
		case 'policy':
			return (run, page) => byPolicy(world, os, spec, run, page);
	}
}

const gfpOfRun = (run: FolioRun) => (run.order === BLOCK_ORDER ? ('thp' as const) : ('movable' as const));
const nodeOfRun = (world: World, run: FolioRun): number => nodeOfBlock(world, Math.floor(run.frame / PAGES_PER_BLOCK));

/** alloc_migration_target_by_mpol. */
function byPolicy(world: World, os: number, spec: PolicySpec, run: FolioRun, page: number): ReturnType<MigrateOptions['place']> {
	// After a fork the frame may belong to another area of the family: the caller's policy counts.
	const area = world.r.areas[spec.area];
	const process = world.r.processes.find((candidate) => candidate.os === os && candidate.id === spec.process);
	if (!area || !process) return { request: { os, gfp: gfpOfRun(run), node: nodeOfRun(world, run), nodemask: null }, pages: Infinity };
	const source = sourceOf(world, { os, process, area, page, order: run.order, pinning: false });
	const request = source.then === null ? source.request : { ...source.then, node: source.request.nodemask?.[0] ?? source.request.node };
	return { request: { ...request, advised: true, retryMayfail: true }, pages: source.pages };
}
