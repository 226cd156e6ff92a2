import { assert } from '../../base/assert.ts';
import { PAGE_BYTES, PAGES_PER_BLOCK } from '../../base/units.ts';
import { costBytes } from '../costs/cost-model.ts';
import { BLOCK_ORDER, BlockKind, MapKind, RowKind, vmPayload, wordKind } from '../contract/words.ts';
import { CLEAR_CHUNK_PAGES, clearBlock, clearDirty, clearDirtyBlock, isLogged, nextDirty } from '../hypervisor/dirty-log.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { clearMissing, clearMissingBlock } from '../hypervisor/missing.ts';
import { frameOf, mapPage, mapWhole, wholeBlockOf } from '../mm/space/mapping.ts';
import { copyContent, detailOf, ensureRows, readStamp, setFolio, setWhole, stampOf, wholeWord, writeStamp } from '../mm/frames.ts';
import { allocateOnDram, allocateOnPool, blockOfFrame, smallListsEmpty } from '../mm/zones.ts';
import { writtenOf } from '../mm/space/written.ts';
import type { OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { recount } from './instances.ts';
import { vmOf } from './operation.ts';
import { noteSent } from './qemu/note.ts';

/** Pages over the wire, in the order of QEMU's cyclic scan, into the memory of the target's process. */

/** Bytes that a page costs on the wire. */
export function pageWireBytes(world: World): number {
	return PAGE_BYTES + costBytes(world.costs, 'pageHeaderBytes');
}

/** Between which of its two processes the VM's pages cross: behind the switch of post-copy the guest runs where they arrive. */
export function endsOf(vm: VmRecord): { readonly from: number; readonly to: number } {
	return vm.fetch ? { from: 1 - vm.running, to: vm.running } : { from: vm.running, to: 1 - vm.running };
}

/** A process, and the host that backs its memory. */
interface Place {
	readonly instance: number;
	readonly host: number;
}
const arrival = (operation: OperationRecord, vm: VmRecord): Place => ({ instance: endsOf(vm).to, host: operation.target });

/** Gives every page of one process a frame, touched or not: what pinning all of it does. */
export function backWhole(world: World, operation: OperationRecord, instance: number): void {
	const vm = vmOf(world, operation);
	const place: Place = { instance, host: vm.instances[instance] as number };
	for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1) {
		if (wholeBlockOf(world, vm, instance, guestBlock) >= 0 || targetBlock(world, operation, vm, guestBlock, place) >= 0) continue;
		const first = guestBlock * PAGES_PER_BLOCK;
		for (let gfn = first; gfn < first + PAGES_PER_BLOCK; gfn += 1)
			if (frameOf(world, vm, instance, gfn) < 0) backPage(world, operation, vm, gfn, place);
	}
	recount(world, vm);
}

export interface Sent {
	readonly pages: number;
	readonly bytes: number;
}

/** Sends up to `limit` dirty pages from the cursor on, wrapping once. Their content is read now. */
export function sendPages(world: World, operation: OperationRecord, limit: number): Sent {
	const vm = vmOf(world, operation);
	const full = pageWireBytes(world);
	const zero = costBytes(world.costs, 'zeroPageWireBytes');
	let left = Math.min(limit, operation.dirtyPages);
	let bytes = 0;
	let pages = 0;
	while (left > 0) {
		let gfn = nextDirty(world, vm, operation.cursor);
		if (gfn < 0) {
			operation.cursor = 0;
			gfn = nextDirty(world, vm, 0);
			assert(gfn >= 0, `${left} pages are dirty by count, none by bitmap`);
		}
		armChunk(world, operation, gfn);
		const guestBlock = gfn >>> 9;
		const wholeDirty = (gfn & 511) === 0 && world.c.guestDirtyCount.get(vm.firstGuestBlock + guestBlock) === PAGES_PER_BLOCK;
		if (wholeDirty && left >= PAGES_PER_BLOCK) {
			const zeroes = sendBlock(world, operation, vm, guestBlock);
			if (zeroes >= 0) {
				bytes += (PAGES_PER_BLOCK - zeroes) * full + zeroes * zero;
				pages += PAGES_PER_BLOCK;
				left -= PAGES_PER_BLOCK;
				operation.cursor = gfn + PAGES_PER_BLOCK;
				continue;
			}
		}
		bytes += sendPage(world, operation, vm, gfn) ? full : zero;
		pages += 1;
		left -= 1;
		operation.cursor = gfn + 1;
	}
	operation.dirtyPages -= pages;
	operation.pagesMoved = vm.pageCount - operation.dirtyPages;
	operation.networkBytes += bytes;
	const normal = full === zero ? pages : Math.round((bytes - pages * zero) / (full - zero));
	noteSent(operation, normal, pages - normal, bytes);
	return { pages, bytes };
}

/**
 * Re-arms write protection for the chunks that the next `limit` pages reach. When a slice begins, not when it has ended: what
 * the guest writes meanwhile may have gone out before and has to go again.
 */
export function armChunks(world: World, operation: OperationRecord, limit: number): void {
	if (operation.parameters.clearLog === 'sync' || !operation.clearPending.includes(true)) return;
	const vm = vmOf(world, operation);
	catchUp(world, operation.vm);
	const first = operation.cursor >>> 9;
	let left = limit;
	for (let step = 0; step < vm.guestBlockCount && left > 0; step += 1) {
		const guestBlock = (first + step) % vm.guestBlockCount;
		const dirty = world.c.guestDirtyCount.get(vm.firstGuestBlock + guestBlock);
		if (dirty > 0) armChunk(world, operation, guestBlock * PAGES_PER_BLOCK);
		left -= dirty;
	}
}

/** Re-arms write protection for the chunk of `gfn`, once per round, just before its first page goes out. */
function armChunk(world: World, operation: OperationRecord, gfn: number): void {
	const chunk = Math.floor(gfn / CLEAR_CHUNK_PAGES);
	if (!operation.clearPending[chunk]) return;
	operation.clearPending[chunk] = false;
	if (operation.parameters.clearLog === 'sync') return;
	const vm = vmOf(world, operation);
	const first = (chunk * CLEAR_CHUNK_PAGES) / PAGES_PER_BLOCK;
	const end = Math.min(vm.guestBlockCount, first + CLEAR_CHUNK_PAGES / PAGES_PER_BLOCK);
	for (let guestBlock = first; guestBlock < end; guestBlock += 1) clearBlock(world, vm, guestBlock);
}

/** A whole dirty block at once; returns the number of zero pages in it, or −1 when it has to go page by page. */
function sendBlock(world: World, operation: OperationRecord, vm: VmRecord, guestBlock: number): number {
	const source = wholeBlockOf(world, vm, endsOf(vm).from, guestBlock);
	if (source < 0 || operation.toFile || world.r.faults.some((fault) => STREAM_FAULTS.includes(fault))) return -1;
	const target = targetBlock(world, operation, vm, guestBlock);
	if (target < 0) return -1;
	copyContent(world, source, target);
	clearDirtyBlock(world, vm, guestBlock);
	if (vm.fetch) clearMissingBlock(world, vm, guestBlock);
	const detail = detailOf(world, source);
	if (detail < 0) return world.c.blockContent.get(source) === 0 ? PAGES_PER_BLOCK : 0;
	let zeroes = 0;
	for (let row = 0; row < PAGES_PER_BLOCK; row += 1) if (world.c.contentStamp.get(detail * PAGES_PER_BLOCK + row) === 0) zeroes += 1;
	return zeroes;
}

/** The block that backs a whole guest block at the target, allocated at the first touch; −1 if it is backed page by page. */
function targetBlock(world: World, operation: OperationRecord, vm: VmRecord, guestBlock: number, place = arrival(operation, vm)): number {
	const { instance, host } = place;
	const present = wholeBlockOf(world, vm, instance, guestBlock);
	if (present >= 0) {
		const kind = wordKind(wholeWord(world, present));
		return kind === BlockKind.huge || kind === BlockKind.run ? present : -1;
	}
	if (frameOf(world, vm, instance, guestBlock * PAGES_PER_BLOCK) >= 0) return -1;
	const huge = placesHuge(world, operation);
	const zone = intoDax(operation) ? vm.poolZones[vm.running] : (world.r.hosts[host] as { movableZone: number }).movableZone;
	// Post-copy leaves pieces of blocks behind every page that was asked for; what arrives whole takes a whole one (our simplification).
	if (!huge && operation.strategy !== 'postcopy' && !smallListsEmpty(world, zone)) return -1;
	const frame = takeFrame(world, operation, vm, host, BLOCK_ORDER);
	if (frame < 0) return -1;
	const block = blockOfFrame(frame);
	setWhole(world, block, huge ? BlockKind.huge : BlockKind.run, vmPayload(operation.vm, guestBlock));
	mapWhole(world, vm, instance, guestBlock, block, huge ? MapKind.huge : MapKind.run);
	if (vm.fetch) countBacked(world, vm, operation, PAGES_PER_BLOCK);
	return block;
}

/** A move by reference whose extents are device-dax copies into the mapping, not into the DRAM of a host (reference/dax.ts). */
const intoDax = (operation: OperationRecord): boolean => operation.strategy === 'transit' && operation.parameters.backing === 'dax';

const takeFrame = (world: World, operation: OperationRecord, vm: VmRecord, host: number, order: number): number =>
	intoDax(operation) ? allocateOnPool(world, vm, order) : allocateOnDram(world, host, order);

/** The process into which pages arrive is the one that runs: what backs the guest grows. */
function countBacked(world: World, vm: VmRecord, operation: OperationRecord, pages: number): void {
	const { memory } = world.r.hosts[operation.target] as { memory: number };
	vm.pagesByMemory[memory] = (vm.pagesByMemory[memory] ?? 0) + pages;
}

/**
 * Whether the target backs a page with a huge folio at its first touch. Not where post-copy may follow: a huge folio would
 * bring pages that have not arrived (QEMU 10.2.2 migration/postcopy-ram.c, nhp_range: MADV_NOHUGEPAGE).
 */
const placesHuge = (world: World, operation: OperationRecord): boolean =>
	operation.strategy !== 'postcopy' && (world.scenario.vms[operation.vm] as { pages: string }).pages === 'thp';

/** Faults of the stream, planted on purpose; each happens once. */
const STREAM_FAULTS = ['lost-page', 'stale-resend', 'foreign-page'];

function takeFault(world: World, fault: string): boolean {
	const at = world.r.faults.indexOf(fault);
	if (at >= 0) world.r.faults.splice(at, 1);
	return at >= 0;
}

/** One page. True if it went in full, false as a zero page. */
function sendPage(world: World, operation: OperationRecord, vm: VmRecord, gfn: number): boolean {
	clearDirty(world, vm, gfn);
	return placePage(world, operation, vm, gfn);
}

/** A page of the source arrives in the target's process. True if it went in full. */
export function placePage(world: World, operation: OperationRecord, vm: VmRecord, gfn: number): boolean {
	const { from, to } = endsOf(vm);
	const source = frameOf(world, vm, from, gfn);
	let stamp = source < 0 ? 0 : readStamp(world, blockOfFrame(source), source % PAGES_PER_BLOCK);
	if (operation.toFile) return stamp !== 0;
	if (vm.fetch) clearMissing(world, vm, gfn);
	if (stamp !== 0 && world.r.faults.length > 0) {
		if (!vm.fetch && takeFault(world, 'lost-page')) return true;
		// A page that the guest may touch at any time: it finds zeroes.
		if (vm.fetch && takeFault(world, 'lost-page')) stamp = 0;
		const count = writtenOf(world, vm, gfn);
		// A page that the log names goes again and heals: the older copy has to be the last.
		if (count > 1 && !isLogged(world, vm, gfn) && takeFault(world, 'stale-resend')) stamp = stampOf(operation.vm, gfn, count - 1);
		if (takeFault(world, 'foreign-page')) stamp = stampOf(operation.vm, gfn ^ 1, count);
	}
	let target = frameOf(world, vm, to, gfn);
	if (target < 0 && stamp === 0 && (!vm.fetch || source < 0)) return false;
	if (target < 0) target = backPage(world, operation, vm, gfn);
	writeStamp(world, blockOfFrame(target), target % PAGES_PER_BLOCK, stamp);
	return stamp !== 0;
}

/** First touch of a page at the target: a huge folio for a THP guest, one base page otherwise. */
function backPage(world: World, operation: OperationRecord, vm: VmRecord, gfn: number, place = arrival(operation, vm)): number {
	const { instance, host } = place;
	if (placesHuge(world, operation)) {
		const block = targetBlock(world, operation, vm, gfn >>> 9, place);
		if (block >= 0) return block * PAGES_PER_BLOCK + (gfn & 511);
	}
	const frame = takeFrame(world, operation, vm, host, 0);
	assert(frame >= 0, `host ${host} ran out of memory although room was checked`);
	const block = blockOfFrame(frame);
	ensureRows(world, block);
	setFolio(world, block, frame % PAGES_PER_BLOCK, 0, RowKind.vm, operation.vm, gfn);
	mapPage(world, vm, instance, gfn, frame);
	if (vm.fetch) countBacked(world, vm, operation, 1);
	return frame;
}
