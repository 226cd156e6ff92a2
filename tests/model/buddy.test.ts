import { describe, expect, it } from 'vitest';
import { BlockKind, Migratetype, RowKind, usePayload, UseClass } from '../../src/lib/engine/contract/words.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { allocate, freeChunks, release, walkList } from '../../src/lib/engine/mm/buddy.ts';
import { ensureRows, setFolio, setWhole } from '../../src/lib/engine/mm/frames.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectSound, host, open, smallWorld } from '../support/worlds.ts';
import { SlowBuddy } from './slow-buddy.ts';

/** Host C has 256 MiB, 128 of them ZONE_MOVABLE with nothing in it: 64 blocks, 32 chunks of order 10. */
function emptyZone(): { simulation: Simulation; world: World; zone: number; first: number } {
	const simulation = open(smallWorld({ hosts: [host('A', 512), host('B', 512), host('C', 256)] }));
	const { world } = simulation;
	const zone = world.r.hosts[2]?.movableZone ?? -1;
	const first = ((world.r.memories[2]?.firstBlock ?? 0) + 64) * 512;
	return { simulation, world, zone, first };
}

/** What a caller of `allocate` says of its frames. */
function use(world: World, frame: number, order: number): void {
	const block = Math.floor(frame / 512);
	if (order >= 9)
		for (let at = block; at < block + (1 << (order - 9)); at += 1) setWhole(world, at, BlockKind.use, usePayload(UseClass.other, 0));
	else {
		ensureRows(world, block);
		setFolio(world, block, frame % 512, order, RowKind.other, -1, 0);
	}
}

/** Starts of the free chunks of an order, from head to tail, as frames. */
function listed(world: World, zone: number, order: number): number[] {
	return walkList(world, zone, Migratetype.movable, order).map((id) =>
		order >= 9 ? id * 512 : (world.c.structureBlock.get(Math.floor(id / 512)) - 1) * 512 + (id % 512)
	);
}

describe('the buddy allocator', () => {
	it.each([0, 1, 2, 3, 4, 5].map((offset) => seedOr(300) + offset))('gives the frames that the slow one gives, seed %i', (seed) => {
		const chance = new Chance(seed);
		const { simulation, world, zone, first } = emptyZone();
		const slow = new SlowBuddy(first, 64 * 512);
		const held: { frame: number; order: number }[] = [];
		const highest = chance.pick([2, 10, 10]);
		for (let step = 0; step < 3000; step += 1) {
			const filling = Math.floor(step / 500) % 2 === 0;
			if (held.length === 0 || chance.whole(0, 9) < (filling ? 7 : 3)) {
				const order = chance.whole(0, chance.pick([highest, 0, 3]));
				const frame = allocate(world, zone, order, Migratetype.movable);
				expect(frame, `seed ${seed}, step ${step}, order ${order}`).toBe(slow.allocate(order));
				if (frame < 0) continue;
				use(world, frame, order);
				held.push({ frame, order });
			} else {
				const [gone] = held.splice(chance.whole(0, held.length - 1), 1);
				if (!gone) continue;
				release(world, gone.frame, gone.order);
				slow.release(gone.frame, gone.order);
			}
			if (step % 250 === 0)
				for (let order = 0; order <= 10; order += 1)
					expect(listed(world, zone, order), `seed ${seed}, step ${step}, list ${order}`).toEqual(slow.lists[order]);
		}
		expectSound(simulation, `seed ${seed}`);
		for (const { frame, order } of held) {
			release(world, frame, order);
			slow.release(frame, order);
		}
		expect(freeChunks(world, zone)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32]);
		expect(listed(world, zone, 10)).toEqual(slow.lists[10]);
	});

	it('begins with the freshly onlined chunks in address order', () => {
		const { world, zone, first } = emptyZone();
		expect(listed(world, zone, 10)).toEqual(Array.from({ length: 32 }, (_, index) => first + index * 1024));
	});

	/** Runs of consecutive frames among `count` single pages. */
	function runs(world: World, zone: number, count: number): number {
		let last = -2;
		let found = 0;
		for (let page = 0; page < count; page += 1) {
			const frame = allocate(world, zone, 0, Migratetype.movable);
			use(world, frame, 0);
			if (frame !== last + 1) found += 1;
			last = frame;
		}
		return found;
	}

	it('gives one run on a fresh node, a few after some use, very many after much (M-9: 1, 14, 15 038 of 16 384)', () => {
		expect(runs(emptyZone().world, emptyZone().zone, 16_384)).toBe(1);

		const some = emptyZone();
		const early = Array.from({ length: 4096 }, () => {
			const frame = allocate(some.world, some.zone, 0, Migratetype.movable);
			use(some.world, frame, 0);
			return frame;
		});
		for (const frame of early.slice(0, 2048)) if (Math.floor(frame / 256) % 2 === 0) release(some.world, frame, 0);
		const afterSome = runs(some.world, some.zone, 16_384);
		expect(afterSome).toBeGreaterThan(1);
		expect(afterSome).toBeLessThan(200);

		const much = emptyZone();
		const chance = new Chance(9);
		const all: number[] = [];
		for (let page = 0; page < 32_768; page += 1) {
			const frame = allocate(much.world, much.zone, 0, Migratetype.movable);
			use(much.world, frame, 0);
			all.push(frame);
		}
		for (let at = all.length - 1; at > 0; at -= 1) {
			const other = chance.whole(0, at);
			[all[at], all[other]] = [all[other] as number, all[at] as number];
		}
		for (const frame of all.slice(0, 17_000)) release(much.world, frame, 0);
		expect(runs(much.world, much.zone, 16_384)).toBeGreaterThan(5000);
		expectSound(much.simulation);
	});
});
