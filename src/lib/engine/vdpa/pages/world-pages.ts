import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../../base/units.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import type { VmRecord } from '../../state/records.ts';
import type { NicGuestRecord } from '../../state/vdpa-records.ts';
import type { World } from '../../state/world.ts';
import type { Pages, PinResult } from '../ports.ts';
import { evictPages } from './evict.ts';
import { populatePages } from './populate.ts';
import { addRuns, noRuns, ownMemory, type Runs } from './runs.ts';
import { isHuge, needsWork, type Process } from './process.ts';

/**
 * Pages of a world as vhost-vdpa pins them: an address of a QEMU process, the guest page behind it, the frame behind that
 * (Linux 7.1.8 drivers/vhost/vdpa.c, vhost_vdpa_pa_map; mm/gup.c). What is pinned follows from the kernel's entries
 * (hypervisor/device-pins.ts), so that nothing has to be written per page.
 */
export function worldPages(world: World, guest: NicGuestRecord, instance: 0 | 1): Pages {
	return {
		pin: (hva, bytes) => pin(world, guest, instance, hva, bytes),
		unpin: (hva, bytes) => lookUp(world, guest, instance, hva, bytes).hugePages,
		runsOf: (hva, bytes) => lookUp(world, guest, instance, hva, bytes).lengths
	};
}

/** How a range lies in memory. */
function lookUp(world: World, guest: NicGuestRecord, instance: 0 | 1, hva: number, bytes: number): Runs {
	const runs = noRuns(world);
	const process = processOf(world, guest, instance);
	for (const part of partsOf(guest, instance, hva, bytes)) addPart(runs, process, part);
	return runs;
}

interface Part {
	/** −1: memory of QEMU itself, which has no frames in this world and is one run. */
	readonly firstGfn: number;
	readonly bytes: number;
}

/** A range of the process, section by section; what lies between is QEMU's own. */
function partsOf(guest: NicGuestRecord, instance: 0 | 1, hva: number, bytes: number): Part[] {
	const sections = guest.sections
		.map((section) => ({ from: section.hva[instance], bytes: section.bytes, firstGfn: section.firstGfn }))
		.filter((section) => section.from < hva + bytes && hva < section.from + section.bytes)
		.sort((a, b) => a.from - b.from);
	const parts: Part[] = [];
	let at = hva;
	for (const section of sections) {
		if (section.from > at) parts.push({ firstGfn: -1, bytes: section.from - at });
		const from = Math.max(at, section.from);
		const to = Math.min(hva + bytes, section.from + section.bytes);
		parts.push({ firstGfn: section.firstGfn + (from - section.from) / PAGE_BYTES, bytes: to - from });
		at = to;
	}
	if (at < hva + bytes) parts.push({ firstGfn: -1, bytes: hva + bytes - at });
	return parts;
}

function addPart(runs: Runs, process: Process, part: Part): void {
	if (part.firstGfn < 0) ownMemory(runs, part.bytes);
	else addRuns(runs, process, part.firstGfn, part.bytes / PAGE_BYTES);
}

/** The process and the host that it runs on: the VM's, or for a process that waits for a migration the device's. */
function processOf(world: World, guest: NicGuestRecord, instance: 0 | 1): Process {
	const vm = world.r.vms[guest.vm] as VmRecord;
	const nic = world.r.vdpa.nics.find((each) => each.vm === guest.vm && each.ends[instance] !== null);
	const host = vm.instances[instance] >= 0 ? vm.instances[instance] : (nic?.ends[instance]?.host ?? -1);
	return { world, vmIndex: guest.vm, vm, instance, zone: world.r.hosts[host]?.normalZone ?? -1 };
}

function pin(world: World, guest: NicGuestRecord, instance: 0 | 1, hva: number, bytes: number): PinResult {
	const process = processOf(world, guest, instance);
	const runs = noRuns(world);
	const work: PinWork = { coldPages: 0, hugeColdPages: 0, evictedPages: 0, caughtUp: false };
	let problem: string | null = null;
	for (const part of partsOf(guest, instance, hva, bytes)) {
		if (part.firstGfn >= 0) problem = prepare(process, part.firstGfn, part.bytes / PAGE_BYTES, work);
		if (problem !== null) break;
		addPart(runs, process, part);
	}
	if (work.evictedPages > 0) refreshSpeed(world, process.vm);
	if (problem !== null) return { ok: false, errno: 'ENOMEM', detail: problem };
	const { coldPages, evictedPages } = work;
	return { ok: true, runs: runs.lengths, coldPages, evictedPages, huge: { pages: runs.hugePages, coldPages: work.hugeColdPages } };
}

interface PinWork {
	coldPages: number;
	hugeColdPages: number;
	evictedPages: number;
	caughtUp: boolean;
}

/** Every page is there and where it may be pinned, guest block by guest block; or why not. */
function prepare(process: Process, firstGfn: number, pages: number, work: PinWork): string | null {
	const end = firstGfn + pages;
	for (let gfn = firstGfn; gfn < end;) {
		const next = Math.min(end, gfn - (gfn % PAGES_PER_BLOCK) + PAGES_PER_BLOCK);
		if (needsWork(process, gfn, next - gfn)) {
			if (!work.caughtUp) catchUp(process.world, process.vmIndex);
			work.caughtUp = true;
			const cold = populatePages(process, gfn, next - gfn);
			if (!cold.ok) return cold.detail;
			const evicted = evictPages(process, gfn, next - gfn);
			if (!evicted.ok) return evicted.detail;
			work.coldPages += cold.pages;
			if (isHuge(process, gfn)) work.hugeColdPages += cold.pages;
			work.evictedPages += evicted.pages;
		}
		gfn = next;
	}
	return null;
}
