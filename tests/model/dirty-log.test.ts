import { describe, expect, it } from 'vitest';
import {
	clearBlock,
	clearDirty,
	clearDirtyBlock,
	logWrite,
	markAll,
	nextDirty,
	startLog,
	stopLog,
	syncLog
} from '../../src/lib/engine/hypervisor/dirty-log.ts';
import type { VmRecord } from '../../src/lib/engine/state/records.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectSound, open, tinyWorld } from '../support/worlds.ts';

describe('the dirty log and the bitmap', () => {
	it.each([0, 1, 2].map((offset) => seedOr(70) + offset))('are two sets of pages, seed %i', (seed) => {
		const chance = new Chance(seed);
		const { world } = open(tinyWorld());
		const vm = world.r.vms[0] as VmRecord;
		const chunked = chance.once(2);
		startLog(world, vm, chunked);
		expect(markAll(world, vm)).toBe(vm.pageCount);
		const all = Array.from({ length: vm.pageCount }, (_, gfn) => gfn);
		const log = new Set(chunked ? all : []);
		const todo = new Set(all);
		const page = (): number => chance.whole(0, chance.pick([700, vm.pageCount - 1]));
		for (let step = 0; step < 3000; step += 1) {
			switch (chance.whole(0, 20)) {
				case 0: {
					const clear = !chunked;
					for (const gfn of log) todo.add(gfn);
					if (clear) log.clear();
					expect(syncLog(world, vm, clear), `seed ${seed}, step ${step}`).toBe(todo.size);
					break;
				}
				case 1: {
					const block = chance.whole(0, vm.guestBlockCount - 1);
					clearBlock(world, vm, block);
					for (let gfn = block * 512; gfn < block * 512 + 512; gfn += 1) if (todo.has(gfn)) log.delete(gfn);
					break;
				}
				case 2: {
					const block = chance.whole(0, vm.guestBlockCount - 1);
					clearDirtyBlock(world, vm, block);
					for (let gfn = block * 512; gfn < block * 512 + 512; gfn += 1) todo.delete(gfn);
					break;
				}
				case 3:
				case 4:
				case 5:
				case 6: {
					const gfn = nextDirty(world, vm, page());
					if (gfn < 0) break;
					expect(todo.has(gfn)).toBe(true);
					clearDirty(world, vm, gfn);
					todo.delete(gfn);
					break;
				}
				case 7: {
					const from = page();
					let wanted = from;
					while (wanted < vm.pageCount && !todo.has(wanted)) wanted += 1;
					expect(nextDirty(world, vm, from), `seed ${seed}, step ${step}`).toBe(wanted === vm.pageCount ? -1 : wanted);
					break;
				}
				default: {
					const gfn = page();
					logWrite(world, vm, gfn);
					log.add(gfn);
				}
			}
		}
		expect(vm.loggedPages).toBe(log.size);
		for (const gfn of all) {
			const word = vm.firstGuestBlock * 16 + (gfn >>> 5);
			if (((world.c.kvmLog.get(word) >>> (gfn & 31)) & 1) !== Number(log.has(gfn))) expect.fail(`seed ${seed}: log of gfn ${gfn}`);
			if (((world.c.qemuBitmap.get(word) >>> (gfn & 31)) & 1) !== Number(todo.has(gfn))) expect.fail(`seed ${seed}: bitmap of gfn ${gfn}`);
		}
	});

	it('leave nothing behind when they stop', () => {
		const simulation = open(tinyWorld());
		const vm = simulation.world.r.vms[0] as VmRecord;
		const before = simulation.fingerprint();
		startLog(simulation.world, vm, true);
		markAll(simulation.world, vm);
		logWrite(simulation.world, vm, 5);
		stopLog(simulation.world, vm);
		expect(simulation.fingerprint()).toBe(before);
		expectSound(simulation);
	});
});
