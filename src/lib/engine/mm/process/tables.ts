import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import type { World } from '../../state/world.ts';
import { allocRun } from '../alloc/page-alloc.ts';
import { putPage } from '../move/land.ts';
import { nodeOfCpu, ownerOfArea } from '../os/os.ts';
import { areasOf, newArea } from '../space/areas.ts';
import { frameOf, mapPage } from '../space/mapping.ts';
import type { Toucher } from './where.ts';

/**
 * Page tables (reference 14, inferred from Linux 7.2.13 mm/memory.c): one page that cannot move per 2 MiB of 4 KiB mappings,
 * from the node of the faulting CPU; the area's policy does not rule it. Tables of upper levels are left out, and a table is
 * given back only when its process ends (our simplification).
 */
const TABLES = '[page tables]';

/** The 2 MiB step at `guestBlock` is about to be mapped by base pages. */
export function chargeTables(world: World, { os, process, area }: Toucher, guestBlock: number): void {
	const bookkeeping = areasOf(world, os, process.id).find((other) => other.kind === 'kernel');
	const tables = bookkeeping ?? newArea(world, { os, process: process.id, name: TABLES, kind: 'kernel', pageCount: tableLimit(world) });
	if (!tables) return;
	const page = (area.firstGuestBlock + guestBlock) % tables.pageCount;
	if (frameOf(world, tables, 0, page) >= 0) return;
	const [run] = allocRun(
		world,
		{ os, gfp: 'kernel', order: 0, node: nodeOfCpu(world, os, process.cpu), nodemask: null, process: process.id },
		1
	);
	if (!run) return;
	putPage(world, ownerOfArea(world, tables.slot), page, run[0], 0);
	mapPage(world, tables, 0, page, run[0]);
}

/** One possible table per 2 MiB that areas of the world can take. */
const tableLimit = (world: World): number => Math.max(PAGES_PER_BLOCK, world.capacities.guestBlock);
