import { PAGE_BYTES } from '../../../base/units.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import type { QueueRecord } from '../../state/vdpa-records.ts';
import { memoryBytes, pageOfDraw } from './driver-memory.ts';
import { gpaOfGfn } from './reach.ts';
import { distance, freeChain, hasUsed, IN_USE, INDEX_MASK, offer, publish, takeDescriptor, takeUsed, usedPlace, WRITE } from './rings.ts';
import { cpuWrites, type Lane, type Slice } from './slice.ts';

/**
 * virtio-net in the guest (Linux 7.1.8 drivers/net/virtio_net.c, drivers/virtio/virtio_ring.c). A receive queue is kept full of
 * buffers of one page and filled again when more than half of a poll's budget is free; a packet to send takes one buffer, and
 * what was sent is taken back before the next one. The driver uses the page of a buffer
 * again, but for some that stay with the program that wanted what is in them (our simplification).
 */
const NAPI_BUDGET = 64;
/** One page in so many that came in stays with a program. Our simplification. */
export const KEPT_ONE_IN = 64;

/** Free descriptors beyond which a receive queue is filled again (virtnet_receive). */
export const refillAt = (entries: number): number => Math.min(NAPI_BUDGET, entries) / 2;

/** A page for the next buffer. How many were drawn before decides; pages that nothing backs are passed over. */
export function drawPage(slice: Slice, queue: QueueRecord): number {
	const { world, vm, guest, nic, memory } = slice;
	for (let attempt = 0; attempt < 64; attempt += 1) {
		queue.draws += 1;
		const gfn = pageOfDraw(memory, guest.sections, nic.traffic.pageSeed, queue.index, queue.draws);
		if (gfn >= 0 && frameOf(world, vm, vm.running, gfn) >= 0) return gfn;
	}
	return memory.firstRing - 1;
}

/**
 * Memory was plugged or taken away: the next buffers draw new pages from what is there now. Buffers whose page is gone get
 * another at once, also those that a device already has: our simplification of a driver that lets go before memory goes.
 * Returns the descriptors that changed.
 */
export function followMemory(slice: Slice, queue: QueueRecord): number[] {
	const bytes = memoryBytes(slice.guest);
	if (queue.drawnBytes === bytes) return [];
	queue.drawnBytes = bytes;
	queue.redraws = queue.entries;
	const { world, guest } = slice;
	const changed: number[] = [];
	for (let slot = 0; slot < queue.entries; slot += 1) {
		const row = queue.firstEntry + slot;
		const gfn = world.c.ringBuffer.get(row);
		if (gpaOfGfn(guest.sections, gfn) >= 0) continue;
		const next = drawPage(slice, queue);
		world.c.ringBuffer.set(row, next);
		if ((world.c.ringFlags.get(row) & IN_USE) === 0) continue;
		world.c.ringAddress.set(row, gpaOfGfn(guest.sections, next));
		changed.push(slot);
	}
	return changed;
}

/** Offers one buffer of `bytes`: the page of its place, or of a new one. Returns the descriptor, −1 when the ring is full. */
function post(slice: Slice, lane: Lane, bytes: number, flags: number, atNs: number, dueNs: number): number {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	if (guest.freeCount === 0) return -1;
	const row = queue.firstEntry + guest.freeHead;
	// A packet to send is wherever the guest has it; of those that came in, one in so many is kept by whom it was for.
	const moves = queue.kind === 'transmit' || (guest.availIndex + 1) % KEPT_ONE_IN === 0;
	if (queue.redraws > 0 || moves) c.ringBuffer.set(row, drawPage(slice, queue));
	if (queue.redraws > 0) queue.redraws -= 1;
	const gpa = gpaOfGfn(slice.guest.sections, c.ringBuffer.get(row));
	const slot = takeDescriptor(c, guest, queue.firstEntry, gpa, bytes, flags);
	c.ringSince.set(row, atNs);
	c.ringDue.set(row, dueNs);
	const place = guest.availIndex & (queue.entries - 1);
	offer(c, guest, queue.firstEntry, queue.entries, slot);
	const avail = 16 * queue.entries;
	cpuWrites(lane, 16 * slot);
	cpuWrites(lane, avail + 2);
	cpuWrites(lane, avail + 4 + 2 * place);
	return slot;
}

/** Fills a receive queue if enough of it is free; true if whoever serves it is to be told. */
export function refill(slice: Slice, lane: Lane, atNs: number, all = false): boolean {
	const { guest, entries } = lane.queue;
	if (guest.freeCount === 0 || (!all && guest.freeCount <= refillAt(entries))) return false;
	const before = guest.availIndex;
	while (guest.freeCount > 0) post(slice, lane, PAGE_BYTES, WRITE, atNs, -1);
	return publish(guest, before);
}

/** Takes back what was used. A receive queue wants to be told of the next one; a transmit queue does not as long as it has room. */
export function reclaim(slice: Slice, lane: Lane): void {
	const { c } = slice.world;
	const { queue } = lane;
	const { guest } = queue;
	if (!hasUsed(guest)) return;
	while (hasUsed(guest)) {
		const head = c.ringUsed.get(queue.firstEntry + usedPlace(guest, queue.entries));
		takeUsed(guest);
		freeChain(c, guest, queue.firstEntry, head);
	}
	if (queue.kind === 'receive') {
		guest.usedEvent = guest.lastUsedIndex;
		cpuWrites(lane, 18 * queue.entries + 4);
	}
}

/** A packet of `bytes` is to go out; false: the ring is full, and the packet is dropped. */
export function send(slice: Slice, lane: Lane, bytes: number, atNs: number, dueNs: number): boolean {
	const { queue } = lane;
	const { guest } = queue;
	reclaim(slice, lane);
	if (guest.freeCount === 0) {
		// virtqueue_enable_cb_delayed: told when three quarters of what is out have come back.
		const pending = distance(guest.availIndex, guest.lastUsedIndex);
		guest.usedEvent = (guest.lastUsedIndex + Math.floor((pending * 3) / 4)) & INDEX_MASK;
		return false;
	}
	// virtqueue_disable_cb with event indices writes 0: a call once per 2^16 packets.
	guest.usedEvent = 0;
	const before = guest.availIndex;
	post(slice, lane, bytes, 0, atNs, dueNs);
	publish(guest, before);
	return true;
}
