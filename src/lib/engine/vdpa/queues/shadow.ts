import { formatAddress } from '../../../base/address.ts';
import { assert } from '../../../base/assert.ts';
import { PAGE_BYTES } from '../../../base/units.ts';
import { logWrite } from '../../hypervisor/dirty-log.ts';
import type { QueueRecord } from '../../state/vdpa-records.ts';
import type { ColumnSet } from '../../state/columns.ts';
import { findByTarget } from '../iova/tree.ts';
import { halt, lose, misplace, passed, recordRecent } from './course.ts';
import { awaitGuest, finishSend, returnToGuest } from './device.ts';
import { access, accessPage, DONE, FAULTED, reachedGfn, WRONG } from './dma.ts';
import { reclaim, refill } from './guest-driver.ts';
import { gfnOfGpa } from './reach.ts';
import {
	awaitAvail,
	freeChain,
	giveUsed,
	hasAvail,
	hasUsed,
	INDEX_MASK,
	MISPLACED,
	NEXT,
	offer,
	peekAvail,
	publish,
	resetRing,
	takeAvail,
	takeDescriptor,
	takeUsed,
	usedPlace,
	WRITE
} from './rings.ts';
import type { Lane, Slice, Window } from './slice.ts';

/**
 * Shadow virtqueues (QEMU 10.2.2 hw/virtio/vhost-shadow-virtqueue.c). QEMU takes each element off the guest's ring, looks up
 * its addresses by guest address in the tree, and offers it on a ring of its own; what the device returns it returns to the
 * guest, and marks as written exactly the bytes that the device says it wrote. Payloads are not copied.
 */

/** Results of offering an element: done, no free descriptor, an address that the tree does not know. */
const ADDED = 0;
const ENOSPC = 1;
const EINVAL = 2;

/** What the tree says of each section of guest memory. */
function windowsOf(slice: Slice): readonly Window[] {
	if (slice.windows !== null) return slice.windows;
	const windows: Window[] = [];
	const { end, guest } = slice;
	if (end !== null)
		for (const section of guest.sections) {
			const found = findByTarget(end.tree.guest, BigInt(section.gpa), BigInt(section.bytes - 1));
			if (found !== null) windows.push({ gpa: Number(found.target), bytes: Number(found.size) + 1, iova: Number(found.iova) });
		}
	slice.windows = windows;
	return windows;
}

/** Device address of a range of guest memory, −1 if no map holds all of it. */
function lookUp(windows: readonly Window[], gpa: number, bytes: number): number {
	for (let index = 0; index < windows.length; index += 1) {
		const window = windows[index] as Window;
		if (gpa >= window.gpa && gpa + bytes <= window.gpa + window.bytes) return window.iova + (gpa - window.gpa);
	}
	return -1;
}

/** Bytes of a buffer that lie in the section of its first one: a buffer that crosses sections is split. */
function pieceBytes(slice: Slice, gpa: number, bytes: number): number {
	for (const section of slice.guest.sections)
		if (gpa >= section.gpa && gpa < section.gpa + section.bytes) return Math.min(bytes, section.gpa + section.bytes - gpa);
	return bytes;
}

/** Offers the element at `head` of the guest's ring on the shadow ring. */
function add(slice: Slice, lane: Lane, head: number): number {
	const { c } = slice.world;
	const { queue } = lane;
	const { shadow } = queue;
	const row = queue.firstEntry + head;
	const gpa = c.ringAddress.get(row);
	const bytes = c.ringBytes.get(row);
	const write = c.ringFlags.get(row) & WRITE;
	const windows = windowsOf(slice);
	let pieces = 0;
	for (let offset = 0; offset < bytes;) {
		const piece = pieceBytes(slice, gpa + offset, bytes - offset);
		if (lookUp(windows, gpa + offset, piece) < 0) return EINVAL;
		offset += piece;
		pieces += 1;
	}
	if (pieces > shadow.freeCount) return ENOSPC;
	let first = -1;
	for (let offset = 0; offset < bytes;) {
		const piece = pieceBytes(slice, gpa + offset, bytes - offset);
		const last = offset + piece === bytes;
		const iova = lookUp(windows, gpa + offset, piece);
		const slot = takeDescriptor(c, shadow, queue.shadowEntry, iova, piece, write | (last ? 0 : NEXT));
		if (first < 0) first = slot;
		offset += piece;
	}
	c.ringBuffer.set(queue.shadowEntry + first, head);
	offer(c, shadow, queue.shadowEntry, queue.entries, first);
	return ADDED;
}

/** QEMU takes what the guest offers, as long as there is room (vhost_handle_guest_kick). */
export function forward(slice: Slice, lane: Lane, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest, shadow } = queue;
	const before = shadow.availIndex;
	while (queue.halted === null) {
		let head = queue.parkedSlot;
		if (head < 0) {
			if (!hasAvail(guest)) {
				awaitGuest(lane);
				break;
			}
			head = takeAvail(c, guest, queue.firstEntry, queue.entries);
			queue.inFlight += 1;
		}
		const result = add(slice, lane, head);
		queue.parkedSlot = result === ENOSPC ? head : -1;
		if (result === ENOSPC) break;
		if (result === EINVAL) invalid(slice, lane, head, atNs);
	}
	if (publish(shadow, before)) awaitAvail(shadow);
}

function invalid(slice: Slice, lane: Lane, head: number, atNs: number): void {
	const { c } = slice.world;
	const row = lane.queue.firstEntry + head;
	const gpa = c.ringAddress.get(row);
	recordRecent(lane.queue, head, gpa, -1, c.ringBytes.get(row), gfnOfGpa(slice.guest, gpa), -1, 'unanswered', atNs);
	halt(slice, lane, atNs, 'svq-forward', `Invalid address given by guest: ${formatAddress(gpa)} is not in the IOVA tree (EINVAL)`);
}

/** The device reads or writes the chain of a shadow element. */
function serve(slice: Slice, lane: Lane, first: number, bytes: number, write: boolean, atNs: number): number {
	const { c } = slice.world;
	const { queue } = lane;
	const head = c.ringBuffer.get(queue.shadowEntry + first);
	const row = queue.firstEntry + head;
	const gpa = c.ringAddress.get(row);
	const meant = c.ringBuffer.get(row);
	const iova = c.ringAddress.get(queue.shadowEntry + first);
	const outcome =
		(gpa % PAGE_BYTES) + bytes <= PAGE_BYTES
			? accessPage(slice, lane, iova, meant, write, atNs)
			: serveChain(slice, lane, first, gpa, bytes, write, atNs);
	const state = outcome === DONE ? 'used' : outcome === FAULTED ? 'faulted' : 'wrong';
	recordRecent(queue, head, gpa, iova, bytes, meant, outcome === DONE ? meant : reachedGfn(slice, lane, iova, write), state, atNs);
	return outcome;
}

function serveChain(slice: Slice, lane: Lane, first: number, gpa: number, bytes: number, write: boolean, atNs: number): number {
	const { c } = slice.world;
	const { shadowEntry } = lane.queue;
	let outcome = DONE;
	let slot = first;
	for (let offset = 0; offset < bytes;) {
		const row = shadowEntry + slot;
		const piece = Math.min(bytes - offset, c.ringBytes.get(row));
		const one = access(slice, lane, c.ringAddress.get(row), gpa + offset, piece, write, atNs);
		if (one === FAULTED) return FAULTED;
		if (one === WRONG) outcome = WRONG;
		offset += piece;
		slot = c.ringNext.get(row);
	}
	return outcome;
}

/** A packet comes in: the device takes a shadow buffer now, QEMU hands it to the guest when its thread comes to it. */
export function receiveShadow(slice: Slice, lane: Lane, bytes: number, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { shadow } = queue;
	const { traffic } = slice.nic;
	drainReturns(slice, lane, atNs);
	if (!lane.live || !hasAvail(shadow)) {
		lose(slice, atNs);
		return;
	}
	const first = takeAvail(c, shadow, queue.shadowEntry, queue.entries);
	const outcome = serve(slice, lane, first, bytes, true, atNs);
	if (outcome === FAULTED) {
		traffic.faulted += 1;
		lose(slice, atNs);
	} else if (outcome === WRONG) {
		misplace(slice, atNs);
		const row = queue.shadowEntry + first;
		c.ringFlags.set(row, c.ringFlags.get(row) | MISPLACED);
	}
	// QEMU sleeps only when nothing is left to return: then it wants to be told (shadow_used_idx as event).
	if (!hasUsed(shadow)) shadow.usedEvent = shadow.usedIndex;
	const place = giveUsed(c, shadow, queue.shadowEntry, queue.entries, first, outcome === FAULTED ? 0 : bytes);
	traffic.threadFreeNs = Math.max(atNs, traffic.threadFreeNs) + slice.shadowNs;
	c.ringSince.set(queue.shadowEntry + place, atNs);
	c.ringDue.set(queue.shadowEntry + place, traffic.threadFreeNs);
}

/** Hands on what QEMU's thread has come to up to a time. */
export function drainReturns(slice: Slice, lane: Lane, upToNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	while (hasUsed(queue.shadow)) {
		const dueNs = c.ringDue.get(queue.shadowEntry + usedPlace(queue.shadow, queue.entries));
		if (dueNs > upToNs) return;
		returnOne(slice, lane, dueNs);
		if (slice.vmRuns) fillAgain(slice, lane, dueNs);
	}
}

/** Everything that the device gave back goes to the guest now (vhost_svq_flush). */
export function flushReturns(slice: Slice, lane: Lane, atNs: number): void {
	while (hasUsed(lane.queue.shadow)) returnOne(slice, lane, atNs);
}

function fillAgain(slice: Slice, lane: Lane, atNs: number): void {
	reclaim(slice, lane);
	const told = refill(slice, lane, atNs);
	// A kick is ignored while an element is parked; what came back made room for that one first.
	if (told || lane.queue.parkedSlot >= 0) forward(slice, lane, atNs);
}

function returnOne(slice: Slice, lane: Lane, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { shadow } = queue;
	const place = queue.shadowEntry + usedPlace(shadow, queue.entries);
	const first = c.ringUsed.get(place);
	const bytes = c.ringUsedBytes.get(place);
	const row = queue.shadowEntry + first;
	const misplaced = (c.ringFlags.get(row) & MISPLACED) !== 0;
	const head = c.ringBuffer.get(row);
	takeUsed(shadow);
	freeChain(c, shadow, queue.shadowEntry, first);
	queue.inFlight -= 1;
	logWritten(slice, c, queue, head, bytes);
	returnToGuest(slice, lane, head, bytes);
	if (bytes > 0 && !misplaced) passed(slice, true, atNs, atNs - c.ringSince.get(place));
}

/** virtqueue_fill: the first `bytes` of the element are marked as written, by the guest's addresses. */
function logWritten(slice: Slice, c: ColumnSet, queue: QueueRecord, head: number, bytes: number): void {
	if (!slice.vm.logging) return;
	const gpa = c.ringAddress.get(queue.firstEntry + head);
	for (let offset = 0; offset < bytes;) {
		const gfn = gfnOfGpa(slice.guest, gpa + offset);
		if (gfn >= 0) logWrite(slice.world, slice.vm, gfn);
		offset += PAGE_BYTES - ((gpa + offset) % PAGE_BYTES);
	}
}

/** Sends what QEMU's thread has come to up to a time. */
export function drainShadow(slice: Slice, lane: Lane, upToNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	let worked = false;
	while (lane.live && hasAvail(guest)) {
		const row = queue.firstEntry + peekAvail(c, guest, queue.firstEntry, queue.entries);
		const dueNs = c.ringDue.get(row);
		if (dueNs < 0 || dueNs > upToNs) break;
		sendShadow(slice, lane, dueNs);
		worked = true;
	}
	if (worked && !hasAvail(guest)) awaitGuest(lane);
}

/** One packet through QEMU and out: taken, looked up, offered, read by the device, given back. */
export function sendShadow(slice: Slice, lane: Lane, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest, shadow } = queue;
	const head = takeAvail(c, guest, queue.firstEntry, queue.entries);
	const row = queue.firstEntry + head;
	queue.inFlight += 1;
	const before = shadow.availIndex;
	const result = add(slice, lane, head);
	assert(result !== ENOSPC, `queue ${queue.index}: the shadow of a transmit queue is empty between two packets`);
	if (result === EINVAL) {
		invalid(slice, lane, head, atNs);
		return;
	}
	if (publish(shadow, before)) awaitAvail(shadow);
	const first = takeAvail(c, shadow, queue.shadowEntry, queue.entries);
	const outcome = serve(slice, lane, first, c.ringBytes.get(row), false, atNs);
	shadow.usedEvent = shadow.usedIndex;
	giveUsed(c, shadow, queue.shadowEntry, queue.entries, first, 0);
	takeUsed(shadow);
	freeChain(c, shadow, queue.shadowEntry, first);
	queue.inFlight -= 1;
	returnToGuest(slice, lane, head, 0);
	finishSend(slice, outcome, atNs, c.ringSince.get(row));
}

/**
 * The end of a shadow queue: elements that are still out go back to the guest's ring (virtqueue_unpop), so that whoever serves
 * it next finds them there, and the ring begins anew at index 0.
 */
export function endShadow(c: ColumnSet, queue: QueueRecord): void {
	const { guest } = queue;
	guest.lastAvailIndex = (guest.lastAvailIndex - queue.inFlight) & INDEX_MASK;
	assert(guest.lastAvailIndex === guest.usedIndex, `queue ${queue.index}: elements came back out of order`);
	queue.inFlight = 0;
	queue.parkedSlot = -1;
	resetRing(c, queue.shadow, queue.shadowEntry, queue.entries);
}
