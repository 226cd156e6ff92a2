import { describe, expect, it } from 'vitest';
import { PAGES_PER_BLOCK } from '../../../../src/lib/base/units.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { frameOf, mapPage } from '../../../../src/lib/engine/mm/space/mapping.ts';
import { beginWriting, endWriting, type World } from '../../../../src/lib/engine/state/world.ts';
import { descriptorsFit } from '../../../../src/lib/engine/whole/protocol.ts';
import { expectSound, migrate, open, tinyWorld } from '../../../support/worlds.ts';

const vmOf = (world: World) => world.r.vms[0] as World['r']['vms'][number];
const operationOf = (world: World) => world.r.operations[0] as World['r']['operations'][number];

/** In the middle of a hand-off: before its commit, or after it while its ranges are still published. */
function inHandOff(committed: boolean): Simulation {
	const simulation = open(tinyWorld());
	simulation.send(migrate('transit'));
	simulation.advance(1e9, Infinity, (world) => {
		const { phase, target } = operationOf(world);
		if (phase !== 'handoff') return false;
		return committed ? vmOf(world).ownerHost === target && vmOf(world).vcpuState === 'running' : true;
	});
	expect(operationOf(simulation.world)).toMatchObject({ phase: 'handoff', state: 'running' });
	return simulation;
}

const memoryOfPage = (world: World, gfn: number): string | undefined => {
	const vm = vmOf(world);
	const block = Math.floor(frameOf(world, vm, vm.running, gfn) / PAGES_PER_BLOCK);
	return world.r.memories.find((memory) => block >= memory.firstBlock && block < memory.firstBlock + memory.blockCount)?.id;
};

/** Backs the first page by a frame of some memory, as no kernel would. */
function misplace(world: World, memory: string): void {
	const vm = vmOf(world);
	const there = world.r.memories.find((one) => one.id === memory);
	beginWriting(world);
	mapPage(world, vm, vm.running, 0, ((there?.firstBlock ?? 0) + (there?.blockCount ?? 1) - 1) * PAGES_PER_BLOCK);
	endWriting(world);
}

describe('published ranges name every page at its place', () => {
	it('until its new owner takes one home: a long-term pin after the commit moves it to the target’s DRAM, and nothing is broken', () => {
		const simulation = inHandOff(true);
		const { world } = simulation;
		expect(memoryOfPage(world, 0)).toBe('pool');
		expect(simulation.send({ name: 'pin', vm: 'vm0', gfn: 0, term: 'long' }).ok).toBe(true);
		simulation.advance(world.r.nowNs);
		expect(memoryOfPage(world, 0)).toBe('B.dram');
		expect(operationOf(world).phase).toBe('handoff');
		expect(descriptorsFit(world)).toBeNull();
		expectSound(simulation);
		simulation.advance(world.r.nowNs + 1e9);
		expect(operationOf(world).state).toBe('completed');
		expectSound(simulation);
	});
	it.each([
		[true, 'A.dram', 'the source’s DRAM'],
		[false, 'A.dram', 'the source’s DRAM'],
		[false, 'B.dram', 'the target’s DRAM']
	])('committed: %s; a page in %s is at no place of a range (%s)', (committed, memory) => {
		const { world } = inHandOff(committed);
		expect(descriptorsFit(world)).toBeNull();
		misplace(world, memory);
		expect(memoryOfPage(world, 0)).toBe(memory);
		expect(descriptorsFit(world)).toBe('vm0 gfn 0: its range points elsewhere');
	});
	it('also after the commit: another place on the pool is none', () => {
		const { world } = inHandOff(true);
		misplace(world, 'pool');
		expect(descriptorsFit(world)).toBe('vm0 gfn 0: its range points elsewhere');
	});
});
