import { costNs } from '../costs/cost-model.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { devicePinsOn } from './device-pins.ts';
import { pinsOnFolio } from './pins.ts';

/** How often migrate_pages() tries a folio that somebody refers to (Linux 7.2.13 mm/migrate.c). */

/** Passes of one migrate_pages() call in a synchronous mode: 3 asynchronous and 7 synchronous. */
export const MIGRATE_PASSES = 10;

/** One unmap pass over a batch: a TLB shootdown to the VM's CPUs. */
export function passNs(world: World, vm: VmRecord): number {
	return costNs(world.costs, 'tlbShootdownBaseUs') + vm.vcpus * costNs(world.costs, 'tlbShootdownPerCpuUs');
}

/** How many passes until the references on a folio are gone; MIGRATE_PASSES = it stays. */
export function passesNeeded(world: World, vmIndex: number, gfn: number, order: number, lastsNs: number): number {
	if (world.r.vms[vmIndex]?.passThrough) return MIGRATE_PASSES;
	const first = gfn - (gfn % (1 << order));
	if (devicePinsOn(world, vmIndex, first, 1 << order) !== null) return MIGRATE_PASSES;
	let passes = 0;
	for (const pin of pinsOnFolio(world, vmIndex, gfn, order)) {
		if (pin.term === 'long' || pin.untilNs < 0) return MIGRATE_PASSES;
		passes = Math.max(passes, Math.ceil((pin.untilNs - world.r.nowNs) / lastsNs));
	}
	return Math.min(passes, MIGRATE_PASSES);
}
