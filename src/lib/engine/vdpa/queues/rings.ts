import { assert } from '../../../base/assert.ts';
import type { RingRecord } from '../../state/vdpa-records.ts';
import type { ColumnSet } from '../../state/columns.ts';

/**
 * Split virtqueues in columns (virtio 1.2, 2.7). A ring is its record and `entries` rows from `first`: row i holds descriptor i,
 * place i of the avail ring and place i of the used ring. Indices run modulo 2^16 and are taken modulo the size for a place;
 * whether the other side is told follows VIRTIO_F_EVENT_IDX (2.7.10).
 */
export const INDEX_MASK = 0xffff;

/** Flags of a descriptor: another follows; the device writes; it was written to another page than meant; somebody has it. */
export const NEXT = 1;
export const WRITE = 2;
export const MISPLACED = 64;
export const IN_USE = 128;

export function newRing(entries: number): RingRecord {
	return {
		availIndex: 0,
		usedIndex: 0,
		lastAvailIndex: 0,
		lastUsedIndex: 0,
		freeHead: 0,
		freeCount: entries,
		availEvent: 0,
		usedEvent: 0,
		kicks: 0,
		calls: 0,
		kicksSaved: 0,
		callsSaved: 0
	};
}

/** Empty, with all descriptors free: as the driver finds it after a reset. Counts of kicks and calls go on. */
export function resetRing(c: ColumnSet, ring: RingRecord, first: number, entries: number): void {
	ring.availIndex = 0;
	ring.usedIndex = 0;
	ring.lastAvailIndex = 0;
	ring.lastUsedIndex = 0;
	ring.freeHead = 0;
	ring.freeCount = entries;
	ring.availEvent = 0;
	ring.usedEvent = 0;
	for (let row = 0; row < entries; row += 1) {
		c.ringFlags.set(first + row, 0);
		c.ringNext.set(first + row, row + 1 === entries ? 0 : row + 1);
	}
}

export const distance = (later: number, earlier: number): number => (later - earlier) & INDEX_MASK;

/** The event lies among the entries that are new (virtio 1.2, 2.7.10.1: vring_need_event). */
export function needsEvent(event: number, now: number, before: number): boolean {
	return ((now - event - 1) & INDEX_MASK) < ((now - before) & INDEX_MASK);
}

/** Takes a free descriptor; −1 without one. */
export function takeDescriptor(c: ColumnSet, ring: RingRecord, first: number, address: number, bytes: number, flags: number): number {
	if (ring.freeCount === 0) return -1;
	const slot = ring.freeHead;
	const row = first + slot;
	ring.freeHead = c.ringNext.get(row);
	ring.freeCount -= 1;
	c.ringAddress.set(row, address);
	c.ringBytes.set(row, bytes);
	c.ringFlags.set(row, flags | IN_USE);
	return slot;
}

/** Gives the descriptors of a chain back to the free ones. */
export function freeChain(c: ColumnSet, ring: RingRecord, first: number, head: number): void {
	let slot = head;
	for (;;) {
		const row = first + slot;
		const flags = c.ringFlags.get(row);
		assert((flags & IN_USE) !== 0, `descriptor ${slot} is given back twice`);
		c.ringFlags.set(row, 0);
		const next = c.ringNext.get(row);
		if ((flags & NEXT) === 0) {
			c.ringNext.set(row, ring.freeHead);
			break;
		}
		ring.freeCount += 1;
		slot = next;
	}
	ring.freeCount += 1;
	ring.freeHead = head;
}

/** Offers a chain. The driver tells the device later, for a whole batch (`publish`). */
export function offer(c: ColumnSet, ring: RingRecord, first: number, entries: number, head: number): void {
	c.ringAvail.set(first + (ring.availIndex & (entries - 1)), head);
	ring.availIndex = (ring.availIndex + 1) & INDEX_MASK;
}

/** The driver has offered what lies behind `before`; true if the device wants to be told. */
export function publish(ring: RingRecord, before: number): boolean {
	if (ring.availIndex === before) return false;
	if (needsEvent(ring.availEvent, ring.availIndex, before)) {
		ring.kicks += 1;
		return true;
	}
	ring.kicksSaved += 1;
	return false;
}

export const hasAvail = (ring: RingRecord): boolean => ring.lastAvailIndex !== ring.availIndex;

/** Head of the next chain that is offered, without taking it. */
export function peekAvail(c: ColumnSet, ring: RingRecord, first: number, entries: number): number {
	return c.ringAvail.get(first + (ring.lastAvailIndex & (entries - 1)));
}

export function takeAvail(c: ColumnSet, ring: RingRecord, first: number, entries: number): number {
	const head = c.ringAvail.get(first + (ring.lastAvailIndex & (entries - 1)));
	ring.lastAvailIndex = (ring.lastAvailIndex + 1) & INDEX_MASK;
	return head;
}

/** The consumer has looked: it wants to be told of the next entry that comes. */
export function awaitAvail(ring: RingRecord): void {
	ring.availEvent = ring.availIndex;
}

/** Returns a chain with the number of bytes written; returns its place in the used ring. Tells the driver if that wants it. */
export function giveUsed(c: ColumnSet, ring: RingRecord, first: number, entries: number, head: number, bytes: number): number {
	const place = ring.usedIndex & (entries - 1);
	c.ringUsed.set(first + place, head);
	c.ringUsedBytes.set(first + place, bytes);
	const before = ring.usedIndex;
	ring.usedIndex = (before + 1) & INDEX_MASK;
	if (needsEvent(ring.usedEvent, ring.usedIndex, before)) ring.calls += 1;
	else ring.callsSaved += 1;
	return place;
}

export const hasUsed = (ring: RingRecord): boolean => ring.lastUsedIndex !== ring.usedIndex;

/** Place of the next used entry that the driver takes back. */
export const usedPlace = (ring: RingRecord, entries: number): number => ring.lastUsedIndex & (entries - 1);

export function takeUsed(ring: RingRecord): void {
	ring.lastUsedIndex = (ring.lastUsedIndex + 1) & INDEX_MASK;
}
