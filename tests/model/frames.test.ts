import { describe, expect, it } from 'vitest';
import type { OperationRecord, VmRecord } from '../../src/lib/engine/state/records.ts';
import { writePage } from '../../src/lib/engine/hypervisor/guest.ts';
import { foldMapping, frameOf, mapPage, wholeBlockOf } from '../../src/lib/engine/mm/space/mapping.ts';
import { writtenOf } from '../../src/lib/engine/mm/space/written.ts';
import { readStamp, stampOf } from '../../src/lib/engine/mm/frames.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectSound, migrate, open, settle, tinyWorld } from '../support/worlds.ts';

describe('guest pages', () => {
	it.each([0, 1, 2, 3].map((offset) => seedOr(90) + offset))('hold what a plain map says through writes and moves, seed %i', (seed) => {
		const chance = new Chance(seed);
		const quiet = { kind: 'idle', rateBytesPerSecond: 0 };
		const pages = chance.pick(['thp', '4k']);
		const simulation = open(
			tinyWorld({
				vms: [{ id: 'vm0', host: 'A', bytes: 128 * 1024 * 1024, vcpus: 2, pages, workload: quiet }]
			})
		);
		const { world } = simulation;
		const vm = (): VmRecord => world.r.vms[0] as VmRecord;
		const writes = new Map<number, number>();
		const scribble = (): void => {
			for (let times = 0; times < 400; times += 1) {
				const gfn = chance.whole(0, chance.pick([600, vm().pageCount - 1]));
				// A page in flight is the mover's: its writes wait, which the sync tests look at.
				const batch = (world.r.operations.at(-1) as OperationRecord | undefined)?.batch;
				if (batch && batch.direction !== 'stream' && gfn >>> 9 === batch.guestBlock) continue;
				writePage(world, 0, vm(), gfn, null, world.r.nowNs);
				writes.set(gfn, (writes.get(gfn) ?? 0) + 1);
			}
		};
		const look = (): void => {
			for (let gfn = 0; gfn < vm().pageCount; gfn += 1) {
				const count = 1 + (writes.get(gfn) ?? 0);
				const frame = frameOf(world, vm(), vm().running, gfn);
				if (writtenOf(world, vm(), gfn) !== count)
					expect.fail(`seed ${seed}: gfn ${gfn} written ${writtenOf(world, vm(), gfn)}, ${count} by the map`);
				if (readStamp(world, Math.floor(frame / 512), frame % 512) !== stampOf(0, gfn, count))
					expect.fail(`seed ${seed}: gfn ${gfn} holds something else`);
			}
		};
		scribble();
		look();
		for (let move = 0; move < 4; move += 1) {
			simulation.send(migrate(chance.pick(['transit', 'precopy']), { stayOnPool: chance.once(3) }, 'vm0', move % 2 === 0 ? 'B' : 'A'));
			for (let part = 0; part < 4; part += 1) {
				simulation.advance(simulation.nowNs + chance.whole(1, 9_000_000));
				scribble();
			}
			look();
			expect(settle(simulation)).toBe(true);
			scribble();
			look();
			expectSound(simulation, `seed ${seed}, move ${move}`);
		}
	});

	it('are mapped where a plain map says, page by page and folded', () => {
		const { world } = open(tinyWorld());
		const vm = world.r.vms[0] as VmRecord;
		const chance = new Chance(seedOr(95));
		const wanted = new Map<number, number>();
		const spare = (world.r.memories[2]?.firstBlock ?? 0) * 512;
		for (let times = 0; times < 3000; times += 1) {
			const gfn = chance.whole(0, 4095);
			const frame = spare + chance.whole(0, 8191);
			mapPage(world, vm, 1, gfn, frame);
			wanted.set(gfn, frame);
		}
		for (let gfn = 0; gfn < 4096; gfn += 1) if (frameOf(world, vm, 1, gfn) !== (wanted.get(gfn) ?? -1)) expect.fail(`gfn ${gfn}`);
		for (let row = 0; row < 512; row += 1) mapPage(world, vm, 1, 512 + row, spare + 1024 + row);
		expect(wholeBlockOf(world, vm, 1, 1)).toBe(spare / 512 + 2);
		foldMapping(world, vm, 1, 1, 2);
		for (let row = 0; row < 512; row += 1) expect(frameOf(world, vm, 1, 512 + row)).toBe(spare + 1024 + row);
	});
});
