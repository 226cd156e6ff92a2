import { describe, expect, it } from 'vitest';
import { BlockKind, RowKind, usePayload, UseClass, vmPayload } from '../../src/lib/engine/contract/words.ts';
import { allocate, allocateRun, isolateBlocks, migratetypeOf, release, unisolateBlocks, walkList } from '../../src/lib/engine/mm/buddy.ts';
import { blockOfId } from '../../src/lib/engine/mm/buddy/lists.ts';
import { ensureRows, setFolio, setWhole } from '../../src/lib/engine/mm/frames.ts';
import { zoneIndex } from '../../src/lib/engine/mm/os/os.ts';
import type { World } from '../../src/lib/engine/state/world.ts';
import { machineLists } from '../../src/lib/engine/whole/machine-zones.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { machine } from '../support/machines.ts';
import { ISOLATE, MOVABLE, RECLAIMABLE, SlowZone, UNMOVABLE } from './slow-zone.ts';

/** 192 MiB of node 0 below 4 GiB: what the kernel left free after boot, in the middle of its own pages. */
function zoneAfterBoot(): { world: World; zone: number; slow: SlowZone; blocks: number[] } {
	const { world } = machine('-machine q35 -m 192M -smp 1');
	const zone = zoneIndex(world, 0, 0, 'DMA32');
	const slow = new SlowZone();
	const first = world.r.memories[0]?.firstBlock ?? 0;
	const blocks = Array.from({ length: 88 }, (_, at) => first + 8 + at);
	for (const block of blocks) slow.types.set(block, migratetypeOf(world, block));
	for (const type of [UNMOVABLE, MOVABLE, RECLAIMABLE])
		for (let order = 0; order <= 10; order += 1) for (const start of listed(world, zone, type, order)) slow.begin(type, order, start);
	return { world, zone, slow, blocks };
}

function listed(world: World, zone: number, type: number, order: number): number[] {
	return walkList(world, zone, type, order).map((id) => blockOfId(world, order, id) * 512 + (order >= 9 ? 0 : id % 512));
}

/** Says what allocated frames are: user pages on an LRU list, or the kernel's. */
function use(world: World, slow: SlowZone, frame: number, order: number, movable: boolean): void {
	const block = Math.floor(frame / 512);
	for (let at = frame; movable && at < frame + 2 ** order; at += 1) slow.movableUsed.add(at);
	if (order >= 9)
		for (let at = 0; at < 2 ** (order - 9); at += 1)
			if (movable) setWhole(world, block + at, BlockKind.huge, vmPayload(0, 0));
			else setWhole(world, block + at, BlockKind.use, usePayload(UseClass.kernel, 0));
	else {
		ensureRows(world, block);
		setFolio(world, block, frame % 512, order, movable ? RowKind.vm : RowKind.slab, 0, 0);
	}
}

function giveBack(world: World, slow: SlowZone, frame: number, order: number): void {
	for (let at = frame; at < frame + 2 ** order; at += 1) slow.movableUsed.delete(at);
	release(world, frame, order);
	slow.release(frame, order);
}

function expectSame(world: World, zone: number, slow: SlowZone, where: string): void {
	for (const type of [UNMOVABLE, MOVABLE, RECLAIMABLE])
		for (let order = 0; order <= 10; order += 1)
			expect(listed(world, zone, type, order), `${where}, type ${type}, order ${order}`).toEqual(slow.starts(type, order));
	for (let order = 0; order <= 10; order += 1)
		expect(new Set(listed(world, zone, ISOLATE, order)), `${where}, isolated, order ${order}`).toEqual(
			new Set(slow.starts(ISOLATE, order))
		);
	expect(machineLists(world), where).toBeNull();
}

describe('a zone with types and isolation', () => {
	const seen = { claimed: 0, stolen: 0, refused: 0, isolated: 0, run: 0 };

	it.each([0, 1, 2, 3, 4].map((offset) => seedOr(700) + offset))('gives the frames that the slow one gives, seed %i', (seed) => {
		const chance = new Chance(seed);
		const { world, zone, slow, blocks } = zoneAfterBoot();
		const held: { frame: number; order: number }[] = [];
		for (let step = 0; step < 1200; step += 1) {
			const where = `seed ${seed}, step ${step}`;
			const filling = Math.floor(step / 300) % 2 === 0;
			const dice = chance.whole(0, 99);
			if (dice < 3) {
				const block = chance.pick(blocks);
				const count = chance.whole(1, Math.min(5, (blocks.at(-1) as number) - block + 1));
				for (let at = block; at < block + count; at += 1) if (!slow.isolated.has(at)) slow.isolate(at);
				isolateBlocks(world, 0, block, count);
				seen.isolated += 1;
			} else if (dice < 6 && slow.isolated.size > 0) {
				const block = chance.pick([...slow.isolated]);
				const count = chance.whole(1, 3);
				for (let at = block; at < block + count; at += 1) if (slow.isolated.has(at)) slow.unisolate(at);
				unisolateBlocks(world, 0, block, count);
			} else if (dice < 10) {
				// As many single pages in one step as one chunk gives.
				const [frame, pages] = allocateRun(world, zone, 0, MOVABLE, chance.whole(1, 700), false);
				for (let at = 0; at < pages; at += 1) expect(slow.allocate(0, MOVABLE, false), where).toBe(frame + at);
				for (let at = 0; at < pages; at += 512)
					if (pages >= 512) setWhole(world, Math.floor((frame + at) / 512), BlockKind.use, usePayload(UseClass.other, 0));
				for (let at = 0; at < pages; at += 1) {
					use(world, slow, frame + at, 0, true);
					held.push({ frame: frame + at, order: 0 });
				}
				if (pages > 1) seen.run += 1;
			} else if (held.length === 0 || dice < (filling ? 88 : 30)) {
				const order = chance.pick([0, 0, 1, 3, chance.whole(0, 10), chance.whole(5, 10)]);
				const type = chance.pick([UNMOVABLE, MOVABLE, MOVABLE, RECLAIMABLE]);
				const noFragment = chance.whole(0, 3) === 0;
				const types = new Map(slow.types);
				const frame = allocate(world, zone, order, type, noFragment);
				expect(frame, `${where}, order ${order}, type ${type}`).toBe(slow.allocate(order, type, noFragment));
				if (frame < 0) {
					seen.refused += 1;
					continue;
				}
				const block = Math.floor(frame / 512);
				if (types.get(block) !== slow.types.get(block)) seen.claimed += 1;
				else if (types.get(block) !== type) seen.stolen += 1;
				use(world, slow, frame, order, type === MOVABLE);
				held.push({ frame, order });
			} else {
				const [gone] = held.splice(chance.whole(0, held.length - 1), 1);
				if (gone) giveBack(world, slow, gone.frame, gone.order);
			}
			const wrong = blocks.find((block) => migratetypeOf(world, block) !== slow.types.get(block));
			expect(wrong, `${where}: type of this block`).toBeUndefined();
			if (step % 150 === 0) expectSame(world, zone, slow, where);
		}
		for (const { frame, order } of held) giveBack(world, slow, frame, order);
		for (const block of [...slow.isolated].sort((a, b) => a - b)) {
			slow.unisolate(block);
			unisolateBlocks(world, 0, block, 1);
		}
		expectSame(world, zone, slow, `seed ${seed}, end`);
		expect(world.r.oses[0]?.isolated).toEqual([]);
	});

	it('met every way of getting memory', () => {
		for (const [what, times] of Object.entries(seen)) expect(times, `${what}: ${JSON.stringify(seen)}`).toBeGreaterThan(5);
	});
});
