import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER, MapKind } from '../../contract/words.ts';
import { emit } from '../../sim/trace.ts';
import type { AreaRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { osRecord } from '../os/os.ts';
import { areasOf, forEachRun, freeArea, newArea } from '../space/areas.ts';
import { mapPage, mapWhole } from '../space/mapping.ts';
import { areasHaveRoom, describedSteps } from '../space/room.ts';
import { copyWritten } from '../space/written.ts';
import { holdsOn } from '../move/folio.ts';
import { breakCopies, type Faulted } from './fault.ts';

/**
 * fork(2), Linux 7.2.13 kernel/fork.c and mm/memory.c: private pages are shared until one side writes; pages that are pinned
 * are copied for the child at once (copy_present_page); of shared memory no entries are copied, the child faults them in.
 * Pipes and registered buffers stay with the parent (our simplification: no shared file descriptors).
 */
export function forkProcess(world: World, os: number, parent: ProcessRecord): ProcessRecord | 'ENOMEM' {
	const record = osRecord(world, os);
	const pid = record.nextPid;
	const child: ProcessRecord = {
		...parent,
		id: `${parent.id}-${pid}`,
		pid,
		policy: { ...parent.policy, nodes: [...parent.policy.nodes] },
		parent: parent.id
	};
	const steps = areasOf(world, os, parent.id).reduce((sum, area) => sum + describedSteps(world, area), 0);
	if (!areasHaveRoom(world, steps)) return 'ENOMEM';
	const copies: AreaRecord[] = [];
	world.r.processes.push(child);
	for (const area of areasOf(world, os, parent.id)) {
		// Huge pages of the pool stay with the parent, as after madvise(MADV_DONTFORK) (our simplification).
		if (area.kind === 'pipe' || area.kind === 'kernel' || area.kind === 'hugetlb') continue;
		const copy = newArea(world, {
			os,
			process: child.id,
			name: area.name,
			kind: area.kind,
			pageCount: area.pageCount,
			secure: area.secure,
			device: area.device,
			zoneWish: area.zoneWish
		});
		if (copy === null) {
			for (const made of copies) freeArea(world, made);
			world.r.processes.pop();
			return 'ENOMEM';
		}
		copies.push(copy);
		inherit(world, area, copy, child);
	}
	record.nextPid += 1;
	emit(world, {
		kind: 'process',
		rule: 'fork',
		cause: null,
		host: record.id,
		vm: null,
		values: { process: parent.id, child: child.id, pid },
		text: `${parent.id} forks: ${child.id}, pid ${pid}`
	});
	return child;
}

function inherit(world: World, area: AreaRecord, copy: AreaRecord, child: ProcessRecord): void {
	copy.family = area.family;
	copy.startHva = area.startHva;
	copy.policy = area.policy === null ? null : { ...area.policy, nodes: [...area.policy.nodes] };
	copy.hugePages = area.hugePages;
	copy.hugeAdvised = area.hugeAdvised;
	copy.holes = area.holes.map(([first, pages]) => [first, pages]);
	copyWritten(world, area, copy);
	if (area.kind !== 'anonymous') return;
	copy.zeroRuns = area.zeroRuns.map(([first, pages]) => [first, pages]);
	copy.swapped = area.swapped;
	osRecord(world, area.os).settings.swapUsedPages += area.swapped;
	const pinned: [number, number][] = [];
	forEachRun(world, area, (frame, page, pages, order) => {
		if (pages === PAGES_PER_BLOCK && page % PAGES_PER_BLOCK === 0 && frame % PAGES_PER_BLOCK === 0)
			mapWhole(world, copy, 0, page / PAGES_PER_BLOCK, frame / PAGES_PER_BLOCK, order === BLOCK_ORDER ? MapKind.huge : MapKind.run);
		else for (let at = 0; at < pages; at += 1) mapPage(world, copy, 0, page + at, frame + at);
		for (const hold of holdsOn(world, area, page, pages, frame))
			if (hold.term !== 'get') pinned.push([Math.max(page, hold.firstPage), Math.min(page + pages, hold.firstPage + hold.pageCount)]);
	});
	const faulted: Faulted = { outcome: 'ok', hugeFolios: 0, basePages: 0 };
	for (const [first, end] of pinned)
		breakCopies(world, { os: area.os, process: child, area: copy, pinning: false }, first, end - first, faulted);
}
