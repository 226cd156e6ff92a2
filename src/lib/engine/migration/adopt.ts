import { refused, ok, type Outcome } from '../../base/outcome.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import type { Hpa } from '../../base/address.ts';
import { BlockKind, MapKind, wordKind } from '../contract/words.ts';
import { runInTag } from '../fabric/extents.ts';
import { dpaToFrame, frameToDpa, toDpa, toHpa } from '../fabric/gfam.ts';
import { mapPage, mappingRow, mapWhole } from '../mm/space/mapping.ts';
import { attachBlocks, detachBlocks } from '../mm/buddy.ts';
import { wholeWord } from '../mm/frames.ts';
import { emit } from '../sim/trace.ts';
import type { ExtentRecord, HostRecord, OperationRecord, VmRecord, ZoneRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { descriptorSlots, frameNamed } from '../superpage/descriptors.ts';
import { dropInstance, recount } from './instances.ts';
import { hostName, vmOf } from './operation.ts';
import { mapBlocks, unmapAll } from './relabel.ts';

/**
 * The target takes over by reference (decision D4): it reads the descriptors, reaches every page through its own decoder and
 * maps it, without a copy. Allocator ownership of the extents passes with the VM.
 */

/** Builds the target's mapping from the descriptors; done before the stop, so that only the word is left to flip. */
export function mapByReference(world: World, operation: OperationRecord): Outcome<number, 'not-switched'> {
	const vm = vmOf(world, operation);
	const instance = 1 - vm.running;
	const host = world.r.hosts[operation.target] as HostRecord;
	vm.instances[instance] = operation.target;
	const misled = countMisled(world, operation);
	if (!misled.ok) return misled;
	if (misled.value > 0) operation.misledPages = misled.value;
	let pages = 0;
	for (const slot of descriptorSlots(world, operation.vm)) {
		const firstGfn = world.c.descriptorFirstGfn.get(slot);
		const count = world.c.descriptorPages.get(slot);
		const offset = world.c.descriptorOffset.get(slot);
		const reached = mapRange(world, operation, vm, instance, host, firstGfn, count, offset);
		if (!reached.ok) return reached;
		pages += count;
	}
	operation.agreedPages = pages - misled.value;
	return ok(pages);
}

function mapRange(
	world: World,
	operation: OperationRecord,
	vm: VmRecord,
	instance: number,
	host: HostRecord,
	firstGfn: number,
	count: number,
	offset: number
): Outcome<null, 'not-switched'> {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	const firstFrame = (world.r.memories[pool] as { firstBlock: number }).firstBlock * PAGES_PER_BLOCK;
	for (let page = 0; page < count;) {
		const blocks = mapWholeBlocks(world, operation, vm, instance, host, firstGfn + page, count - page, offset + page);
		if (blocks > 0) {
			page += blocks * PAGES_PER_BLOCK;
			continue;
		}
		const frame = reach(world, operation, host, named(world, operation, offset + page));
		if (!frame.ok) return frame;
		const gfn = firstGfn + page;
		const block = (firstFrame + frame.value) / PAGES_PER_BLOCK;
		const aligned = gfn % PAGES_PER_BLOCK === 0 && Number.isInteger(block) && count - page >= PAGES_PER_BLOCK;
		const kind = aligned ? wordKind(wholeWord(world, block)) : -1;
		if (kind === BlockKind.huge || kind === BlockKind.run) {
			mapWhole(world, vm, instance, gfn / PAGES_PER_BLOCK, block, kind === BlockKind.huge ? MapKind.huge : MapKind.run);
			page += PAGES_PER_BLOCK;
		} else {
			mapPage(world, vm, instance, gfn, firstFrame + frame.value);
			page += 1;
		}
		world.c.mapSecondStage.set(mappingRow(vm, instance, Math.floor(gfn / PAGES_PER_BLOCK)), kind === BlockKind.huge ? 2 : 1);
	}
	return ok(null);
}

/**
 * The longest range of whole blocks from here on, at once: one extent is linear on the device, one decoder is linear in the
 * host, so that two ends that are reached in place say the same of all pages between them. 0 where pages have to be asked.
 */
function mapWholeBlocks(
	world: World,
	operation: OperationRecord,
	vm: VmRecord,
	instance: number,
	host: HostRecord,
	gfn: number,
	pages: number,
	offset: number
): number {
	if (gfn % PAGES_PER_BLOCK !== 0 || pages < PAGES_PER_BLOCK) return 0;
	const run = operation.parameters.naming === 'tag' ? runInTag(world, operation.extents, offset) : { frame: offset, pages };
	if (run === null) return 0;
	const blocks = Math.floor(Math.min(pages, run.pages) / PAGES_PER_BLOCK);
	if (blocks === 0) return 0;
	const first = reach(world, operation, host, run.frame);
	const last = reach(world, operation, host, run.frame + blocks * PAGES_PER_BLOCK - 1);
	if (!first.ok || !last.ok || first.value % PAGES_PER_BLOCK !== 0) return 0;
	const memory = world.r.memories.findIndex((record) => record.kind === 'pool');
	const pool = world.r.memories[memory] as { firstBlock: number; blockCount: number };
	const block = first.value / PAGES_PER_BLOCK;
	if (last.value - first.value !== blocks * PAGES_PER_BLOCK - 1 || block + blocks > pool.blockCount) return 0;
	return mapBlocks(world, vm, instance, gfn / PAGES_PER_BLOCK, pool.firstBlock + block, memory, blocks);
}

/** Tag offset → device address → this host's address → back through its decoder: the check that the target makes. */
function reach(world: World, operation: OperationRecord, host: HostRecord, deviceFrame: number): Outcome<number, 'not-switched'> {
	if (deviceFrame < 0) return refused('not-switched', 'a descriptor points beyond the tag');
	const hpa = toHpa(host, frameToDpa(deviceFrame));
	if (!hpa.ok) return hpa;
	// Planted fault: the target believes the source's host address and takes its own base away.
	const address = world.r.faults.includes('wrong-window-base') ? ((hpa.value + 64 * PAGES_PER_BLOCK * PAGE_BYTES) as Hpa) : hpa.value;
	const dpa = toDpa(host, address);
	if (!dpa.ok) return dpa;
	return ok(dpaToFrame(dpa.value));
}

const named = (world: World, operation: OperationRecord, offset: number): number =>
	frameNamed(world, operation.extents, operation.parameters.naming, offset);

/**
 * What a range leads to that calls a page by the address which the source's host has for it: the target's own decoder takes
 * its own base away from it. With equal windows that is the page that was meant; else another one, or nothing at all. Where
 * the guest's pages are is kept as it is; a guest that would find other pages does not live to touch them (our simplification).
 */
function mislead(world: World, operation: OperationRecord, device: number): Outcome<boolean, 'not-switched'> {
	const source = toHpa(world.r.hosts[operation.source] as HostRecord, frameToDpa(device));
	if (!source.ok) return source;
	const dpa = toDpa(world.r.hosts[operation.target] as HostRecord, source.value);
	return dpa.ok ? ok(dpaToFrame(dpa.value) !== device) : dpa;
}

/** Every page of the ranges by a host address: how many lead elsewhere, or that one leads nowhere. */
function countMisled(world: World, operation: OperationRecord): Outcome<number, 'not-switched'> {
	let misled = 0;
	// A wrong belief: the data is there, so the addresses at which the source has it will do.
	if (world.r.belief === 'data-is-there') return ok(misled);
	if (operation.parameters.naming !== 'host') return ok(misled);
	for (const slot of descriptorSlots(world, operation.vm)) {
		const pages = world.c.descriptorPages.get(slot);
		const offset = world.c.descriptorOffset.get(slot);
		for (let page = 0; page < pages; page += 1) {
			const found = mislead(world, operation, offset + page);
			if (!found.ok) return found;
			if (found.value) misled += 1;
		}
	}
	return ok(misled);
}

/** After the commit: the source's node forgets the extents without emptying them, the target's node takes them on. */
export function passExtents(world: World, operation: OperationRecord, cause: number): void {
	const vm = vmOf(world, operation);
	const source = vm.running;
	const zone = vm.poolZones[1 - source] as number;
	(world.r.zones[zone] as ZoneRecord).host = operation.target;
	for (const index of operation.extents) {
		const extent = world.r.extents[index] as ExtentRecord;
		const first = (world.r.memories[extent.memory] as { firstBlock: number }).firstBlock + extent.firstBlock;
		const free = world.r.faults.includes('double-adoption') ? Infinity : detachBlocks(world, first, extent.blockCount);
		attachBlocks(world, zone, first, extent.blockCount, free);
		extent.onlineOn = operation.target;
	}
	if (operation.parameters.backing === 'dax' && !vm.dax) dropInstance(world, operation.vm, source);
	else unmapAll(world, vm, source);
	if (operation.parameters.backing === 'dax') vm.dax = true;
	vm.instances[source] = -1;
	vm.running = 1 - source;
	vm.ownerHost = operation.target;
	swapTwo(world, vm);
	recount(world, vm);
	emit(world, {
		kind: 'adopt',
		rule: 'adopt',
		cause,
		vm: vm.id,
		operation: operation.id,
		host: hostName(world, operation.target),
		values: { extents: operation.extents.length, pages: vm.populatedPages },
		text: `${hostName(world, operation.target)} adopts ${vm.populatedPages} pages where they lie; nothing is copied`
	});
}

/** Planted fault: two guest blocks are mapped crosswise. */
function swapTwo(world: World, vm: VmRecord): void {
	const at = world.r.faults.indexOf('two-frames-swapped');
	if (at < 0) return;
	world.r.faults.splice(at, 1);
	const a = mappingRow(vm, vm.running, 3);
	const b = mappingRow(vm, vm.running, 5);
	const word = world.c.mapWord.get(a);
	world.c.mapWord.set(a, world.c.mapWord.get(b));
	world.c.mapWord.set(b, word);
}
