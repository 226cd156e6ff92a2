import { PAGE_BYTES } from '../../../base/units.ts';
import { lose, misplace, passed, recordRecent } from './course.ts';
import { access, accessPage, DONE, FAULTED, reachedGfn } from './dma.ts';
import { reclaim, refill } from './guest-driver.ts';
import { awaitAvail, giveUsed, hasAvail, peekAvail, takeAvail } from './rings.ts';
import { serverWrites, type Lane, type Slice } from './slice.ts';

/** The device on the guest's own rings: passthrough. Buffers are named by guest addresses, and its map has to know them. */

/** Reads or writes the buffer of a descriptor of the guest's ring. A buffer inside one page is the common case. */
function serve(slice: Slice, lane: Lane, head: number, bytes: number, write: boolean, atNs: number): number {
	const { c } = slice.world;
	const row = lane.queue.firstEntry + head;
	const gpa = c.ringAddress.get(row);
	const outcome =
		(gpa % PAGE_BYTES) + bytes <= PAGE_BYTES
			? accessPage(slice, lane, gpa, c.ringBuffer.get(row), write, atNs)
			: access(slice, lane, gpa, gpa, bytes, write, atNs);
	const meant = c.ringBuffer.get(row);
	const state = outcome === DONE ? 'used' : outcome === FAULTED ? 'faulted' : 'wrong';
	recordRecent(lane.queue, head, gpa, gpa, bytes, meant, outcome === DONE ? meant : reachedGfn(slice, lane, gpa, write), state, atNs);
	return outcome;
}

/** Returns a buffer to the guest's ring. */
export function returnToGuest(slice: Slice, lane: Lane, head: number, bytes: number): void {
	const { queue } = lane;
	const place = giveUsed(slice.world.c, queue.guest, queue.firstEntry, queue.entries, head, bytes);
	const used = queue.used - queue.descriptors;
	serverWrites(lane, used + 2);
	serverWrites(lane, used + 4 + 8 * place);
}

/** Whoever serves the guest's ring wants to be told of the next buffer. */
export function awaitGuest(lane: Lane): void {
	awaitAvail(lane.queue.guest);
	serverWrites(lane, lane.queue.used - lane.queue.descriptors + 4 + 8 * lane.queue.entries);
}

/** A packet comes in. */
export function receiveDirect(slice: Slice, lane: Lane, bytes: number, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	if (!hasAvail(guest)) {
		lose(slice, atNs);
		return;
	}
	const head = takeAvail(c, guest, queue.firstEntry, queue.entries);
	const outcome = serve(slice, lane, head, bytes, true, atNs);
	returnToGuest(slice, lane, head, outcome === FAULTED ? 0 : bytes);
	if (outcome === DONE) passed(slice, true, atNs, slice.deviceNs);
	else if (outcome === FAULTED) {
		slice.nic.traffic.faulted += 1;
		lose(slice, atNs);
	} else misplace(slice, atNs);
	reclaim(slice, lane);
	if (refill(slice, lane, atNs)) awaitGuest(lane);
}

/** Sends what is due up to a time. */
export function drainDirect(slice: Slice, lane: Lane, upToNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	let worked = false;
	while (lane.live && hasAvail(guest)) {
		const row = queue.firstEntry + peekAvail(c, guest, queue.firstEntry, queue.entries);
		const dueNs = c.ringDue.get(row);
		if (dueNs < 0 || dueNs > upToNs) return;
		sendDirect(slice, lane, dueNs);
		worked = true;
	}
	if (worked) awaitGuest(lane);
}

/** Sends the next packet of the ring at `atNs`. */
export function sendDirect(slice: Slice, lane: Lane, atNs: number): void {
	const { c } = slice.world;
	const { queue } = lane;
	const head = takeAvail(c, queue.guest, queue.firstEntry, queue.entries);
	const row = queue.firstEntry + head;
	const outcome = serve(slice, lane, head, c.ringBytes.get(row), false, atNs);
	returnToGuest(slice, lane, head, 0);
	finishSend(slice, outcome, atNs, c.ringSince.get(row));
}

/** What became of a packet that was to go out. */
export function finishSend(slice: Slice, outcome: number, atNs: number, sinceNs: number): void {
	if (outcome === DONE) passed(slice, false, atNs, atNs - sinceNs);
	else if (outcome === FAULTED) {
		slice.nic.traffic.faulted += 1;
		lose(slice, atNs);
	} else misplace(slice, atNs);
}
