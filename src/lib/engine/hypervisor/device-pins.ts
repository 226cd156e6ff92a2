import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { MapKind, mapKind, mapMemory } from '../contract/words.ts';
import { frameOf, mappingRow } from '../mm/space/mapping.ts';
import type { VmRecord } from '../state/records.ts';
import type { NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';

/**
 * Long-term pins of vDPA devices. They are not kept page by page: what a device pins is what the kernel's entries and its held
 * ranges say (Linux 7.1.8 drivers/vhost/vdpa.c), and a guest has millions of pages.
 */
export interface DevicePins {
	readonly nic: string;
	readonly pages: number;
}

/** Guest pages that are held through one process, stretch by stretch; a page that two maps hold comes twice. */
export function forEachDevicePin(
	world: World,
	vmIndex: number,
	instance: number,
	visit: (nic: NicRecord, firstGfn: number, pages: number) => void
): void {
	const { guests, nics } = world.r.vdpa;
	if (nics.length === 0) return;
	const sections = guests.find((guest) => guest.vm === vmIndex)?.sections ?? [];
	for (const nic of nics) {
		const end = nic.vm === vmIndex ? nic.ends[instance as 0 | 1] : null;
		if (!end) continue;
		const { kernel } = end;
		const held = (hva: number, bytes: number): void => {
			for (const section of sections) {
				// Entries are addresses in the process of the owner.
				const base = section.hva[kernel.owner === 1 ? 1 : 0];
				const from = Math.max(hva, base);
				const to = Math.min(hva + bytes, base + section.bytes);
				if (from < to) visit(nic, section.firstGfn + (from - base) / PAGE_BYTES, (to - from) / PAGE_BYTES);
			}
		};
		for (const range of kernel.heldRanges) held(range.hva, range.bytes);
		for (const space of kernel.spaces) for (const entry of space.entries) if (entry.pinnedPages > 0) held(entry.uaddr, entry.bytes);
	}
}

/** First device that holds one of these guest pages of the running process, and how many of them; null for none. */
export function devicePinsOn(world: World, vmIndex: number, gfn: number, pages: number): DevicePins | null {
	// Memory that is registered for RDMA is held whole.
	if (world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running' && operation.registered))
		return { nic: 'the RDMA registration', pages };
	let found: { nic: string; pages: number } | null = null;
	forEachDevicePin(world, vmIndex, (world.r.vms[vmIndex] as VmRecord).running, (nic, firstGfn, count) => {
		const shared = Math.min(firstGfn + count, gfn + pages) - Math.max(firstGfn, gfn);
		if (shared <= 0) return;
		if (found === null) found = { nic: nic.id, pages: shared };
		else if (found.nic === nic.id) found.pages += shared;
	});
	return found;
}

/** Pages that devices hold in each memory, on behalf of any process. */
export function devicePinsByMemory(world: World): number[] {
	const { r, c } = world;
	const counts = r.memories.map(() => 0);
	for (const operation of r.operations) {
		if (operation.state !== 'running' || !operation.registered) continue;
		for (const host of [operation.source, operation.target]) {
			const { memory } = r.hosts[host] as { memory: number };
			counts[memory] = (counts[memory] as number) + (r.vms[operation.vm] as VmRecord).pageCount;
		}
	}
	for (const guest of r.vdpa.guests) {
		const vm = r.vms[guest.vm] as VmRecord;
		for (const instance of [0, 1])
			forEachDevicePin(world, guest.vm, instance, (nic, firstGfn, pages) => {
				// An entry is one run of frames and so in one memory; a held range may be in several.
				const whole = nic.ends[instance as 0 | 1]?.kernel.heldRanges.length === 0;
				for (let gfn = firstGfn; gfn < firstGfn + pages;) {
					const word = c.mapWord.data[mappingRow(vm, instance, gfn >>> 9)] as number;
					const detail = mapKind(word) === MapKind.detail;
					const memory = detail
						? memoryOfFrame(world, frameOf(world, vm, instance, gfn))
						: mapKind(word) === MapKind.none
							? -1
							: mapMemory(word);
					const step = whole ? pages : detail ? 1 : PAGES_PER_BLOCK - (gfn % PAGES_PER_BLOCK);
					const next = Math.min(firstGfn + pages, gfn + step);
					if (memory >= 0) counts[memory] = (counts[memory] as number) + (next - gfn);
					gfn = next;
				}
			});
	}
	return counts;
}

function memoryOfFrame(world: World, frame: number): number {
	const block = Math.floor(frame / PAGES_PER_BLOCK);
	return world.r.memories.findIndex((each) => block >= each.firstBlock && block < each.firstBlock + each.blockCount);
}
