import FlatQueue from 'flatqueue';
import { describe, expect, it } from 'vitest';
import { CLASS_OF, EventKind, type EventKindValue } from '../../src/lib/engine/sim/event-kinds.ts';
import { nextEventNs, schedule, takeEvent } from '../../src/lib/engine/sim/event-queue.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { open, tinyWorld } from '../support/worlds.ts';

const KINDS = Object.values(EventKind) as EventKindValue[];

function emptyQueue() {
	const { world } = open(tinyWorld());
	while (nextEventNs(world) !== null) takeEvent(world);
	return world;
}

describe('the queue of pending events', () => {
	it.each([0, 1, 2].map((offset) => seedOr(40) + offset))(
		'gives what a sorted array gives, ties in order of class and arrival, seed %i',
		(seed) => {
			const chance = new Chance(seed);
			const world = emptyQueue();
			const slow: { atNs: number; kind: EventKindValue; a: number; arrived: number }[] = [];
			for (let step = 0; step < 4000; step += 1) {
				if (slow.length === 0 || (slow.length < 250 && chance.whole(0, 9) < (Math.floor(step / 400) % 2 === 0 ? 7 : 3))) {
					const event = {
						atNs: world.r.nowNs + chance.whole(0, chance.pick([0, 3, 1000])),
						kind: chance.pick(KINDS),
						a: step,
						arrived: step
					};
					schedule(world, event.atNs, event.kind, event.a, 0);
					slow.push(event);
					continue;
				}
				slow.sort(
					(one, other) =>
						one.atNs - other.atNs || (CLASS_OF[one.kind] as number) - (CLASS_OF[other.kind] as number) || one.arrived - other.arrived
				);
				const wanted = slow.shift();
				const taken = takeEvent(world);
				expect([taken.atNs, taken.kind, taken.a], `seed ${seed}, step ${step}`).toEqual([wanted?.atNs, wanted?.kind, wanted?.a]);
				world.r.nowNs = taken.atNs;
			}
		}
	);

	it('gives the times that flatqueue gives', () => {
		const chance = new Chance(seedOr(41));
		const world = emptyQueue();
		const flat = new FlatQueue<number>();
		for (let index = 0; index < 300; index += 1) {
			const at = chance.whole(0, 1_000_000);
			flat.push(index, at);
			schedule(world, at, EventKind.sample, index, 0);
		}
		while (flat.length > 0) {
			expect(nextEventNs(world)).toBe(flat.peekValue());
			flat.pop();
			takeEvent(world);
		}
		expect(nextEventNs(world)).toBeNull();
	});

	it('leaves equal bytes behind whatever went through it', () => {
		const world = emptyQueue();
		for (let index = 0; index < 100; index += 1) schedule(world, (index * 7919) % 101, EventKind.transit, index, 1);
		for (let index = 0; index < 100; index += 1) takeEvent(world);
		for (const column of [world.c.eventTime, world.c.eventOrder, world.c.eventKind, world.c.eventA, world.c.eventB])
			expect(column.data.every((value) => value === 0)).toBe(true);
	});

	it('refuses the past and overflow', () => {
		const world = emptyQueue();
		world.r.nowNs = 10;
		expect(() => schedule(world, 9, EventKind.sample, 0, 0)).toThrow('event 1 at 9, now 10');
		expect(() => {
			for (;;) schedule(world, 10, EventKind.sample, 0, 0);
		}).toThrow('full');
		expect(world.r.eventPending).toBe(world.capacities.event);
	});
});
