import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { BLOCK_BYTES, MEMORY_BLOCK_BYTES, PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { firstWord } from '../hypervisor/dirty-log.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { freeGuestBlock } from '../mm/space/give-back.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { forgetWritten } from '../mm/space/written.ts';
import type { VmRecord } from '../state/records.ts';
import type { NicGuestRecord, SectionRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { contextOf, guestOf } from './context.ts';
import { dimmSection } from './listener/layout.ts';
import { planOf, type ChangeKind } from './switching/plan.ts';
import { nicsBusy, runAtOnce } from './switching/run.ts';

/**
 * DIMMs of a VM with vDPA devices (QEMU 10.2.2 hw/mem/pc-dimm.c, memory-device.c). The listener of every device hears of a
 * section in the instant in which it comes or goes; the main thread is busy for as long as the change says.
 */

/** Pages of all sections: the numbers of guest pages end there. */
const pagesOf = (guest: NicGuestRecord): number =>
	guest.sections.reduce((end, one) => Math.max(end, one.firstGfn + one.bytes / PAGE_BYTES), 0);

const MIGRATING = ['setup', 'active', 'device', 'pre-switchover', 'cancelling'];

function mayPlug(world: World, vm: VmRecord, guest: NicGuestRecord, what: string): Outcome<null, ReasonId> {
	if (MIGRATING.includes(vm.status) && !guest.hotplugWhileMigrating) return refused('migrating', `${what} not allowed while migrating`);
	if (nicsBusy(world, guest.vm)) return refused('nic-busy', `a change of a device of ${vm.id} is under way`);
	return ok(null);
}

export function plugDimm(world: World, vmIndex: number, bytes: number): Outcome<SectionRecord, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const guest = guestOf(world, vmIndex);
	const may = mayPlug(world, vm, guest, 'device_add');
	if (!may.ok) return may;
	if (!Number.isSafeInteger(bytes) || bytes <= 0 || bytes % MEMORY_BLOCK_BYTES !== 0)
		return refused('bad-command', `bytes: ${bytes} is not a multiple of 128 MiB`);
	if (guest.freeSlots === 0) return refused('no-slot', 'the specified amount of memory slots is in use');
	const firstGfn = pagesOf(guest);
	const section = dimmSection(guest, bytes, firstGfn);
	if (section === null || (firstGfn + bytes / PAGE_BYTES) / PAGES_PER_BLOCK > vm.guestBlockCount)
		return refused('no-slot', `not enough space left for ${bytes / MEMORY_BLOCK_BYTES} × 128 MiB in device memory`);
	catchUp(world, vmIndex);
	vm.pageCount = Math.max(vm.pageCount, firstGfn + bytes / PAGE_BYTES);
	guest.sections.push(section);
	guest.sections.sort((a, b) => a.gpa - b.gpa);
	guest.freeSlots -= 1;
	logNewPages(world, vm, firstGfn, bytes);
	tellListeners(world, vmIndex, 'plug', section);
	if (frameOf(world, vm, vm.running, firstGfn) >= 0) vm.populatedPages = pagesOf(guest);
	return ok(section);
}

/** The last DIMM goes: first its maps and pins, then its pages. */
export function unplugDimm(world: World, vmIndex: number): Outcome<SectionRecord, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const guest = guestOf(world, vmIndex);
	const may = mayPlug(world, vm, guest, 'device_del');
	if (!may.ok) return may;
	const section = guest.sections.filter((one) => one.kind === 'dimm').sort((a, b) => b.firstGfn - a.firstGfn)[0];
	if (!section) return refused('no-dimm', `${vm.id} has no DIMM`);
	catchUp(world, vmIndex);
	tellListeners(world, vmIndex, 'unplug', section);
	guest.sections.splice(guest.sections.indexOf(section), 1);
	guest.freeSlots += 1;
	freePages(world, vm, section);
	vm.populatedPages = Math.min(vm.populatedPages, pagesOf(guest));
	// A migration under way goes on over the pages that it began with: what is gone travels as zero pages.
	if (!vm.logging) vm.pageCount = pagesOf(guest);
	return ok(section);
}

/** region_add or region_del of every device that listens, on both hosts. */
function tellListeners(world: World, vmIndex: number, kind: ChangeKind, section: SectionRecord): void {
	for (const [nicIndex, nic] of world.r.vdpa.nics.entries()) {
		if (nic.vm !== vmIndex) continue;
		for (const instance of [0, 1] as const) {
			if (!nic.ends[instance]?.listener) continue;
			const context = contextOf(world, nicIndex, instance);
			const steps = planOf(kind, context, false, section.id);
			nic.changes.push(runAtOnce(context, kind, steps, world.r.hosts[context.end.host]?.id ?? ''));
		}
	}
}

/** Memory that comes while a migration runs has to go to the target as a whole: it begins in KVM's log. */
function logNewPages(world: World, vm: VmRecord, firstGfn: number, bytes: number): void {
	if (!vm.logging) return;
	const { c } = world;
	const pages = bytes / PAGE_BYTES;
	c.kvmLog.fill(0xffffffff, firstWord(vm) + (firstGfn >>> 5), firstWord(vm) + ((firstGfn + pages) >>> 5));
	const block = vm.firstGuestBlock + firstGfn / PAGES_PER_BLOCK;
	c.guestLoggedCount.fill(PAGES_PER_BLOCK, block, block + bytes / BLOCK_BYTES);
	vm.loggedPages += pages;
}

function freePages(world: World, vm: VmRecord, section: SectionRecord): void {
	const first = section.firstGfn / PAGES_PER_BLOCK;
	for (let guestBlock = first; guestBlock < first + section.bytes / BLOCK_BYTES; guestBlock += 1) {
		for (const instance of [0, 1] as const) freeGuestBlock(world, vm, instance, guestBlock);
		forgetWritten(world, vm, guestBlock);
	}
}
