import { describe, expect, test } from 'vitest';
import { mapByReference, passExtents } from '$lib/engine/migration/adopt.ts';
import { release } from '$lib/engine/mm/buddy/chunks.ts';
import { walkList } from '$lib/engine/mm/buddy/lists.ts';
import { frameOf, mapPage, mappingRow, unmapBlock } from '$lib/engine/mm/space/mapping.ts';
import type { OperationRecord, VmRecord } from '$lib/engine/state/records.ts';
import { MIGRATETYPES, ORDERS } from '$lib/engine/contract/words.ts';
import { migrate, open, tinyWorld, vm as vmFile } from '../../../support/worlds.ts';

/** The take-over by ranges against what it stands for, page by page. */
describe.each(['thp', '4k'] as const)('a VM of %s pages', (pages) => {
	const published = (forceDetail = false) => {
		const scenario = tinyWorld({ vms: [{ ...vmFile('vm0', 'A', 128), pages }], journal: [{ atNs: 0, command: migrate('transit') }] });
		const simulation = open(scenario, { forceDetail });
		simulation.advance(60e9, Infinity, ({ r }) => r.operations[0]?.phase === 'publish');
		const { world } = simulation;
		const operation = world.r.operations[0] as OperationRecord;
		expect(operation.phase).toBe('publish');
		return { simulation, world, operation, vm: world.r.vms[0] as VmRecord };
	};

	test.each([false, true])('maps at the target what the source maps (every block in detail: %s)', (forceDetail) => {
		const { world, operation, vm } = published(forceDetail);
		expect(mapByReference(world, operation)).toEqual({ ok: true, value: vm.pageCount });
		for (let gfn = 0; gfn < vm.pageCount; gfn += 1)
			expect(frameOf(world, vm, 1 - vm.running, gfn)).toBe(frameOf(world, vm, vm.running, gfn));
		for (let guestBlock = 0; guestBlock < vm.guestBlockCount; guestBlock += 1)
			expect(world.c.mapSecondStage.get(mappingRow(vm, 1 - vm.running, guestBlock))).toBe(pages === 'thp' ? 2 : 1);
	});

	test('replaces rows of an earlier mapping and gives them back', () => {
		const { world, operation, vm } = published();
		const used = world.r.pools.mapDetail.used;
		mapPage(world, vm, 1 - vm.running, 513, frameOf(world, vm, vm.running, 0));
		expect(world.r.pools.mapDetail.used).toBe(used + 1);
		mapByReference(world, operation);
		expect(world.r.pools.mapDetail.used).toBe(used);
		expect(frameOf(world, vm, 1 - vm.running, 513)).toBe(frameOf(world, vm, vm.running, 513));
	});

	test('passes the extents with what is free in them, and counts the pages', () => {
		const { world, operation, vm } = published();
		mapByReference(world, operation);
		// Two guest blocks go, as if a balloon had taken them: their memory is free in the extents.
		for (const guestBlock of [5, 9]) {
			const frame = frameOf(world, vm, vm.running, guestBlock * 512);
			for (const instance of [0, 1]) unmapBlock(world, vm, instance, guestBlock);
			release(world, frame, 9);
		}
		const before = Array.from({ length: vm.pageCount }, (_, gfn) => frameOf(world, vm, vm.running, gfn));
		const source = vm.poolZones[vm.running];
		const target = vm.poolZones[1 - vm.running];
		const { zoneFreePages, zonePresentPages } = world.c;
		const [free, present] = [zoneFreePages.get(source), zonePresentPages.get(source)];
		expect([free, present]).toEqual([1024, vm.pageCount]);
		passExtents(world, operation, 0);
		expect(before).toEqual(before.map((_, gfn) => frameOf(world, vm, vm.running, gfn)));
		for (let gfn = 0; gfn < vm.pageCount; gfn += 1) expect(frameOf(world, vm, 1 - vm.running, gfn)).toBe(-1);
		expect([zoneFreePages.get(source), zonePresentPages.get(source)]).toEqual([0, 0]);
		expect([zoneFreePages.get(target), zonePresentPages.get(target)]).toEqual([free, present]);
		let listed = 0;
		for (let type = 0; type < MIGRATETYPES; type += 1)
			for (let order = 0; order < ORDERS; order += 1) {
				listed += walkList(world, target, type, order).length * 2 ** order;
				expect(walkList(world, source, type, order)).toEqual([]);
			}
		expect(listed).toBe(free);
		const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
		expect(vm.pagesByMemory[pool]).toBe(vm.pageCount - 1024);
		expect(vm.pagesByMemory.reduce((sum, count) => sum + count, 0)).toBe(vm.pageCount - 1024);
	});
});
