import { describe, expect, it } from 'vitest';
import type { RingRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import * as rings from '../../../../../src/lib/engine/vdpa/queues/rings.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';
import { nicWorld } from '../../../../support/nic-world.ts';

/** A ring as somebody would write it down: lists, and counters that never wrap. */
class PlainRing {
	free: number[];
	readonly offered: { head: number; slots: number[] }[] = [];
	readonly taken: { head: number; slots: number[] }[] = [];
	readonly used: { head: number; slots: number[]; bytes: number }[] = [];
	avail = 0;
	usedCount = 0;
	availEvent = 0;
	usedEvent = 0;
	kicks = 0;
	calls = 0;
	constructor(entries: number) {
		this.free = Array.from({ length: entries }, (_, slot) => slot);
	}
}

/** The event, a number modulo 2^16, is among the entries numbered from `before` to `now` − 1. */
const among = (event: number, before: number, now: number): boolean => {
	for (let index = before; index < now; index += 1) if (index % 65536 === event % 65536) return true;
	return false;
};

/** As `expect(…).toBe(…)`, for a million of them. */
function same(real: unknown, plain: unknown): void {
	if (real !== plain) expect(real).toBe(plain);
}

describe('a split ring', () => {
	it('does what lists do, over more than 2^16 entries', () => {
		const seed = seedOr(0x51a6);
		console.log(`rings: seed ${seed}`);
		const chance = new Chance(seed);
		const { world, nic } = nicWorld();
		const { c } = world;
		const queue = nic.queues[4] as (typeof nic.queues)[number];
		const entries = queue.entries;
		const first = queue.firstEntry;
		const ring: RingRecord = rings.newRing(entries);
		rings.resetRing(c, ring, first, entries);
		const plain = new PlainRing(entries);
		for (let round = 0; round < 110_000; round += 1) {
			// The driver offers a few chains.
			const before = ring.availIndex;
			const plainBefore = plain.avail;
			for (let chain = chance.whole(0, 3); chain > 0; chain -= 1) {
				const length = chance.whole(1, 3);
				if (plain.free.length < length) continue;
				const slots: number[] = [];
				for (let piece = 0; piece < length; piece += 1) {
					const flags = piece + 1 < length ? rings.NEXT : 0;
					slots.push(rings.takeDescriptor(c, ring, first, 4096 * piece, 10 + piece, flags));
				}
				plain.free.splice(0, length).forEach((slot, at) => same(slots[at], slot));
				rings.offer(c, ring, first, entries, slots[0] as number);
				plain.offered.push({ head: slots[0] as number, slots });
				plain.avail += 1;
			}
			const kick = rings.publish(ring, before);
			same(kick, among(plain.availEvent, plainBefore, plain.avail));
			if (kick) plain.kicks += 1;
			// The device takes some.
			while (chance.once(2) && plain.offered.length > 0) {
				same(rings.hasAvail(ring), true);
				const next = plain.offered.shift() as (typeof plain.offered)[number];
				same(rings.takeAvail(c, ring, first, entries), next.head);
				plain.taken.push(next);
			}
			if (chance.once(3)) {
				rings.awaitAvail(ring);
				plain.availEvent = plain.avail;
			}
			// It gives some back, in any order.
			while (chance.once(2) && plain.taken.length > 0) {
				const [chain] = plain.taken.splice(chance.whole(0, plain.taken.length - 1), 1) as [(typeof plain.taken)[number]];
				rings.giveUsed(c, ring, first, entries, chain.head, round);
				if (among(plain.usedEvent, plain.usedCount, plain.usedCount + 1)) plain.calls += 1;
				plain.usedCount += 1;
				plain.used.push({ ...chain, bytes: round });
			}
			// The driver takes them back.
			while (chance.once(2) && plain.used.length > 0) {
				same(rings.hasUsed(ring), true);
				const place = first + rings.usedPlace(ring, entries);
				const back = plain.used.shift() as (typeof plain.used)[number];
				same(c.ringUsed.get(place), back.head);
				same(c.ringUsedBytes.get(place), back.bytes);
				rings.takeUsed(ring);
				rings.freeChain(c, ring, first, back.head);
				plain.free = [...back.slots, ...plain.free];
			}
			if (chance.once(3)) {
				ring.usedEvent = ring.lastUsedIndex;
				plain.usedEvent = plain.usedCount - plain.used.length;
			}
			same(ring.freeCount, plain.free.length);
			same(ring.kicks, plain.kicks);
			same(ring.calls, plain.calls);
		}
		expect(plain.avail).toBeGreaterThan(65_536);
		expect(ring.availIndex).toBe(plain.avail % 65_536);
		expect(ring.usedIndex).toBe(plain.usedCount % 65_536);
		expect(ring.kicksSaved).toBeGreaterThan(0);
	});

	it('tells the other side as virtio says, also where indices wrap', () => {
		expect(rings.needsEvent(5, 6, 5)).toBe(true);
		expect(rings.needsEvent(4, 6, 5)).toBe(false);
		expect(rings.needsEvent(6, 6, 5)).toBe(false);
		expect(rings.needsEvent(65_535, 2, 65_534)).toBe(true);
		expect(rings.needsEvent(2, 2, 65_534)).toBe(false);
		expect(rings.needsEvent(1, 2, 65_534)).toBe(true);
	});

	it('refuses a descriptor that is given back twice', () => {
		const { world, nic } = nicWorld();
		const queue = nic.queues[4] as (typeof nic.queues)[number];
		const ring = rings.newRing(queue.entries);
		rings.resetRing(world.c, ring, queue.firstEntry, queue.entries);
		const slot = rings.takeDescriptor(world.c, ring, queue.firstEntry, 0, 1, 0);
		rings.freeChain(world.c, ring, queue.firstEntry, slot);
		expect(() => rings.freeChain(world.c, ring, queue.firstEntry, slot)).toThrow(/given back twice/);
	});

	it('has no descriptor to give when all are taken', () => {
		const { world, nic } = nicWorld();
		const queue = nic.queues[4] as (typeof nic.queues)[number];
		const ring = rings.newRing(queue.entries);
		rings.resetRing(world.c, ring, queue.firstEntry, queue.entries);
		for (let index = 0; index < queue.entries; index += 1)
			expect(rings.takeDescriptor(world.c, ring, queue.firstEntry, 0, 1, 0)).toBe(index);
		expect(rings.takeDescriptor(world.c, ring, queue.firstEntry, 0, 1, 0)).toBe(-1);
	});
});
