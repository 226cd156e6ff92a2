import { mix32 } from '../../../base/hash.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import type { NicGuestRecord, SectionRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import { firstRingGfn, guestRingPages } from './layout.ts';

/** Different pages that the driver of one queue draws before it begins again with the first. */
export const POOL_PAGES = 1024;

/** Bytes of all guest memory that there is. */
export function memoryBytes(guest: NicGuestRecord): number {
	let bytes = 0;
	for (const section of guest.sections) bytes += section.bytes;
	return bytes;
}

/** Pages that the rings of a VM's devices fill, from `firstRingGfn` on. */
export function ringPagesOf(world: World, vm: number): number {
	let pages = 0;
	for (const nic of world.r.vdpa.nics) if (nic.vm === vm) for (const queue of nic.queues) pages += guestRingPages(queue.entries);
	return pages;
}

/** Guest memory as the driver draws from it: how much there is, and which pages hold rings. */
export interface DriverMemory {
	readonly pages: number;
	readonly firstRing: number;
	readonly ringEnd: number;
}

export function driverMemory(world: World, guest: NicGuestRecord): DriverMemory {
	const firstRing = firstRingGfn((guest.sections[0] as SectionRecord).bytes / PAGE_BYTES);
	return { pages: memoryBytes(guest) / PAGE_BYTES, firstRing, ringEnd: firstRing + ringPagesOf(world, guest.vm) };
}

/** Page of the n-th draw of a queue: any page of the guest; −1 where that page holds a ring. */
export function pageOfDraw(memory: DriverMemory, sections: readonly SectionRecord[], seed: number, queue: number, draw: number): number {
	let left = Math.floor((mix32(seed, queue, draw % POOL_PAGES) / 4294967296) * memory.pages);
	for (let index = 0; index < sections.length; index += 1) {
		const section = sections[index] as SectionRecord;
		const count = section.bytes / PAGE_BYTES;
		if (left < count) {
			const gfn = section.firstGfn + left;
			return gfn >= memory.firstRing && gfn < memory.ringEnd ? -1 : gfn;
		}
		left -= count;
	}
	return -1;
}
