import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { forEachDevicePin } from '../hypervisor/device-pins.ts';
import { zoneOfBlock } from '../mm/buddy.ts';
import { frameOf, wholeBlockOf } from '../mm/space/mapping.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { pagesHeldBy } from '../vdpa/kernel/held.ts';

/** Statements about what vDPA devices have pinned. */

/** No page that a device holds lies in ZONE_MOVABLE, and each is there (Linux 7.2.13 mm/gup.c, folio_is_longterm_pinnable). */
export function devicePinsLie(world: World): string | null {
	let found: string | null = null;
	for (const guest of world.r.vdpa.guests) {
		const vm = world.r.vms[guest.vm] as VmRecord;
		for (const instance of [0, 1])
			forEachDevicePin(world, guest.vm, instance, (nic, firstGfn, pages) => {
				for (let gfn = firstGfn; gfn < firstGfn + pages && found === null;) {
					const whole = wholeBlockOf(world, vm, instance, gfn >>> 9);
					const next = whole >= 0 ? gfn - (gfn % PAGES_PER_BLOCK) + PAGES_PER_BLOCK : gfn + 1;
					const problem = misplaced(world, whole >= 0 ? whole : Math.floor(frameOf(world, vm, instance, gfn) / PAGES_PER_BLOCK));
					if (problem !== null) found = `${vm.id} gfn ${gfn}: pinned by ${nic.id}, ${problem}`;
					gfn = next;
				}
			});
	}
	return found;
}

function misplaced(world: World, block: number): string | null {
	if (block < 0) return 'backed by nothing';
	return world.r.zones[zoneOfBlock(world, block)]?.name === 'MOVABLE' ? `in ZONE_MOVABLE, block ${block}` : null;
}

/** mm.pinned_vm of a process is what its devices hold; a page that two of them hold counts twice. */
export function pinnedPagesAddUp(world: World): string | null {
	for (const guest of world.r.vdpa.guests)
		for (const owner of [0, 1] as const) {
			let held = 0;
			for (const nic of world.r.vdpa.nics)
				for (const end of nic.vm === guest.vm ? nic.ends : []) if (end?.kernel.owner === owner) held += pagesHeldBy(end.kernel);
			if (held !== guest.pinnedPages[owner])
				return `${world.r.vms[guest.vm]?.id}, process ${owner}: its devices hold ${held} pages, ${guest.pinnedPages[owner]} are counted`;
		}
	return null;
}
