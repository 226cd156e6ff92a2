import { describe, expect, test } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { addMemory, removeMemory } from '../../../../../src/lib/engine/mm/blocks/add.ts';
import { allocContigRange, fakeOffline, fakeOnline, freeContigRange } from '../../../../../src/lib/engine/mm/blocks/contig.ts';
import { offlineNow, triesOf } from '../../../../../src/lib/engine/mm/blocks/offline.ts';
import { onlineMemoryBlock } from '../../../../../src/lib/engine/mm/blocks/online.ts';
import { blocksOf, blockState, memoryBlocks } from '../../../../../src/lib/engine/mm/blocks/sections.ts';
import { validZones } from '../../../../../src/lib/engine/mm/blocks/zone-choice.ts';
import { zoneIndex } from '../../../../../src/lib/engine/mm/os/os.ts';
import { checkAll } from '../../../../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../../../../src/lib/engine/whole/index.ts';
import { ask, machine, memoryState, settle, THREE_NODES, write } from '../../../../support/machines.ts';

const MIB = 2 ** 20;
const BASE = 2 ** 32;

function hold(simulation: Simulation): void {
	expect(checkAll(simulation.world, INVARIANTS).filter((verdict) => !verdict.holds)).toEqual([]);
}

/** 512 MiB of blocks 32 … 35 on node 2, offline. */
function withBlocks(append = 'memhp_default_state=offline'): Simulation {
	const simulation = machine(THREE_NODES, append);
	simulation.world.r.oses[0]?.groups.push({ kind: 'static', node: 2, device: 'test', unitPages: 131_072, kernelPages: 0, movablePages: 0 });
	expect(addMemory(simulation.world, 0, { addr: BASE, bytes: 512 * MIB, node: 2, group: 0 })).toBeNull();
	return simulation;
}

function words(simulation: Simulation, process: string, ...lines: string[]): void {
	for (const line of lines) {
		const value = ask(simulation, { name: 'process', process, words: line }).value as { errno: string };
		expect(`${line}: ${value.errno}`).toBe(`${line}: OK`);
	}
}

const online = ({ world }: Simulation, id: number, how: 'online' | 'online_kernel' | 'online_movable'): string | null =>
	onlineMemoryBlock(world, 0, id, how);
const zonesOf = ({ world }: Simulation, ids: readonly number[]): string[] => ids.map((id) => validZones(world, 0, id).join(' '));
const present = ({ world }: Simulation, node: number, name: 'NORMAL' | 'MOVABLE'): number =>
	world.c.zonePresentPages.get(zoneIndex(world, 0, node, name));
const span = ({ world }: Simulation, node: number, name: 'NORMAL' | 'MOVABLE'): number => {
	const zone = world.r.zones[zoneIndex(world, 0, node, name)];
	return zone ? zone.spanEndPfn - zone.spanStartPfn : -1;
};

describe('adding and removing', () => {
	test('each way in which add_memory refuses', () => {
		const { world } = machine(THREE_NODES, 'memhp_default_state=offline');
		const add = (addr: number, bytes: number, node: number) => addMemory(world, 0, { addr, bytes, node, group: -1 });
		expect(add(BASE + MIB, 128 * MIB, 2)).toBe('EINVAL');
		expect(add(BASE, 100 * MIB, 2)).toBe('EINVAL');
		expect(add(BASE, 128 * MIB, 9)).toBe('EINVAL');
		expect(add(2 ** 45, 128 * MIB, 2)).toBe('E2BIG');
		expect(add(0, 128 * MIB, 2)).toBe('EEXIST');
	});

	test('new blocks are offline, may go either way, and their node is online without memory', () => {
		const simulation = withBlocks();
		expect(memoryBlocks(simulation.world, 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 32, 33, 34, 35]);
		expect(zonesOf(simulation, [32, 35])).toEqual(['NORMAL MOVABLE', 'NORMAL MOVABLE']);
		expect(simulation.world.r.oses[0]?.nodes[2]?.online).toBe(true);
		hold(simulation);
	});

	test('struct pages come from the nearest node: memory-only before one with CPUs; they go back on removal', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
		const { world } = simulation;
		const free = () => world.c.zoneFreePages.get(zoneIndex(world, 0, 1, 'DMA32'));
		const before = free();
		world.r.oses[0]?.groups.push({ kind: 'static', node: 2, device: 'test', unitPages: 131_072, kernelPages: 0, movablePages: 0 });
		addMemory(world, 0, { addr: BASE, bytes: 512 * MIB, node: 2, group: 0 });
		expect(before - free()).toBe(2048);
		online(simulation, 33, 'online_movable');
		expect(removeMemory(world, 0, BASE, 512 * MIB)).toBe('EBUSY');
		expect(offlineNow(world, 0, 33)).toBeNull();
		expect(removeMemory(world, 0, BASE, 512 * MIB)).toBeNull();
		expect(free()).toBe(before);
		expect(world.r.oses[0]?.nodes[2]?.online).toBe(false);
		hold(simulation);
	});
});

describe('which zone', () => {
	test('kernel, movable, both interleaved: spans overlap (recording zones-hotplug/case11)', () => {
		const simulation = withBlocks();
		for (const [id, how] of [
			[32, 'online_movable'],
			[33, 'online_kernel'],
			[35, 'online_movable'],
			[34, 'online_kernel']
		] as const)
			expect(online(simulation, id, how)).toBeNull();
		expect([span(simulation, 2, 'NORMAL'), present(simulation, 2, 'NORMAL')]).toEqual([65_536, 65_536]);
		expect([span(simulation, 2, 'MOVABLE'), present(simulation, 2, 'MOVABLE')]).toEqual([131_072, 65_536]);
		hold(simulation);
	});

	test('contig-zones: what spans the block decides; none or both means kernel', () => {
		const between = withBlocks();
		online(between, 32, 'online_movable');
		online(between, 34, 'online_movable');
		expect(zonesOf(between, [33, 35])).toEqual(['MOVABLE NORMAL', 'NORMAL MOVABLE']);
		online(between, 33, 'online');
		online(between, 35, 'online');
		expect(zonesOf(between, [33, 35])).toEqual(['MOVABLE', 'NORMAL']);
	});

	test('with movable_node an uncovered block is movable', () => {
		const simulation = withBlocks('memhp_default_state=offline movable_node');
		online(simulation, 32, 'online');
		expect(zonesOf(simulation, [32])).toEqual(['MOVABLE']);
	});

	test('auto-movable: a node without boot memory never, unless numa awareness is off (V-7)', () => {
		const policy = 'memhp_default_state=online memory_hotplug.online_policy=auto-movable';
		expect(zonesOf(withBlocks(policy), [32, 35])).toEqual(['NORMAL', 'NORMAL']);
		expect(zonesOf(withBlocks(`${policy} memory_hotplug.auto_movable_numa_aware=N`), [32, 35])).toEqual(['MOVABLE', 'MOVABLE']);
		// A static group goes all or nothing: 512 MiB do not fit into 40 % of 1 GiB.
		expect(
			zonesOf(withBlocks(`${policy} memory_hotplug.auto_movable_numa_aware=N memory_hotplug.auto_movable_ratio=40`), [32, 35])
		).toEqual(['NORMAL', 'NORMAL']);
	});
});

describe('offline', () => {
	test('boot memory: none, idle, reserved, hole (recording zones-hotplug/case16)', () => {
		const simulation = machine(THREE_NODES);
		expect([0, 1, 2, 3, 4, 5, 6, 7].map((id) => write(simulation, memoryState(id), 'offline'))).toEqual([
			...['EINVAL', 'OK', 'OK', 'EBUSY', 'EBUSY', 'OK', 'OK', 'EINVAL']
		]);
		hold(simulation);
	});

	test('the first kernel block of a node attracts slab and stays; what is already so is EINVAL', () => {
		const simulation = withBlocks();
		for (const id of [32, 33]) online(simulation, id, 'online_kernel');
		expect([32, 33, 33].map((id) => write(simulation, memoryState(id), 'offline'))).toEqual(['EBUSY', 'OK', 'EINVAL']);
		expect(write(simulation, memoryState(32), 'online_movable')).toBe('EINVAL');
		expect(write(simulation, memoryState(33), 'on')).toBe('EINVAL');
		expect(write(simulation, memoryState(77), 'online')).toBe('ENOENT');
		expect(span(simulation, 2, 'NORMAL')).toBe(32_768);
		hold(simulation);
	});

	test('user memory goes to other nodes, however it is bound, and keeps its content', () => {
		const simulation = withBlocks();
		for (const id of [32, 33]) online(simulation, id, 'online_movable');
		words(simulation, 'p', 'map a 100M', 'bind a bind 2', 'touch a');
		expect([32, 33].map((id) => write(simulation, memoryState(id), 'offline'))).toEqual(['OK', 'OK']);
		const status = ask(simulation, { name: 'process', process: 'p', words: 'status a' }).value;
		expect(status).toMatchObject({ status: { node1: 25_600 } });
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		hold(simulation);
	});

	test('a held page: it tries for ever; a signal ends it with EINTR; the dropped reference lets it finish', () => {
		const simulation = withBlocks();
		online(simulation, 32, 'online_movable');
		words(simulation, 'p', 'map a 64K', 'nothp a', 'bind a preferred 2', 'touch a', 'vmsplice a');
		const call = ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' });
		expect(call.state).toBe('running');
		expect(call.waitingFor).toMatch(/p, area a: held by an extra reference/);
		expect(blockState(simulation.world, 0, 32)).toBe('going-offline');
		expect(triesOf(call, simulation.nowNs)).toBeGreaterThan(1000);
		hold(simulation);
		simulation.send({ name: 'signal', machine: 'm', call: call.id });
		expect(settle(simulation, call.id).errno).toBe('EINTR');
		expect(blockState(simulation.world, 0, 32)).toBe('online');
		hold(simulation);
		const again = ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' }, 2);
		ask(simulation, { name: 'process-end', process: 'p' });
		expect(settle(simulation, again.id).errno).toBeNull();
		expect(again.endNs - again.startNs).toBeLessThan(4e9);
		expect(blockState(simulation.world, 0, 32)).toBe('offline');
		hold(simulation);
	});

	test('no room elsewhere: it waits for memory and finishes when there is some', () => {
		const simulation = withBlocks();
		for (const id of [32, 33, 34, 35]) online(simulation, id, 'online_movable');
		words(simulation, 'p', 'map a 480M', 'bind a bind 2', 'touch a');
		words(simulation, 'q', 'map b 360M', 'bind b bind 1', 'touch b', 'map c 340M', 'bind c bind 0', 'touch c');
		const first = ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' });
		expect(first.waitingFor).toMatch(/free memory on another node/);
		ask(simulation, { name: 'process-end', process: 'q' });
		expect(settle(simulation, first.id).errno).toBeNull();
		hold(simulation);
	});

	test('one at a time: the second writer waits for the hotplug lock', () => {
		const simulation = withBlocks();
		for (const id of [32, 33]) online(simulation, id, 'online_movable');
		words(simulation, 'p', 'map a 64K', 'nothp a', 'bind a preferred 2', 'touch a', 'vmsplice a');
		const first = ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' }, 1);
		const second = ask(simulation, { name: 'write-file', path: memoryState(33), value: 'offline' }, 1);
		expect([first.state, second.state]).toEqual(['running', 'running']);
		expect(second.waitingFor).toMatch(/hotplug lock/);
		simulation.send({ name: 'signal', machine: 'm', call: first.id });
		expect(settle(simulation, second.id).errno).toBeNull();
		expect(blockState(simulation.world, 0, 33)).toBe('offline');
	});

	test('details never show, and going back to a moment inside the walk gives the same end', () => {
		const run = (forceDetail: boolean): Simulation => {
			const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable', { forceDetail });
			ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'b9', size: 256 * MIB } });
			ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'd0', memdev: 'b9', node: 2 } });
			simulation.advance(1e9);
			words(simulation, 'p', 'map a 24M', 'bind a bind 2', 'touch a', 'map b 6M', 'nothp b', 'bind b preferred 2', 'touch b');
			ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' });
			expect(blockState(simulation.world, 0, 32)).toBe('offline');
			simulation.advance(simulation.nowNs + 1e9);
			return simulation;
		};
		const plain = run(false);
		const end = plain.fingerprint();
		expect(run(true).fingerprint()).toBe(end);
		const walk = plain.world.r.calls.find((call) => call.kind === 'write-file');
		const endNs = plain.nowNs;
		plain.seek(Math.floor(((walk?.startNs ?? 0) + (walk?.endNs ?? 0)) / 2));
		expect(blockState(plain.world, 0, 32)).toBe('going-offline');
		hold(plain);
		plain.seek(endNs);
		expect(plain.fingerprint()).toBe(end);
	});
});

describe('exact ranges', () => {
	test('user memory moves within the node; kernel memory, pins and isolation make it EBUSY', () => {
		const simulation = withBlocks();
		const { world } = simulation;
		for (const id of [32, 33]) online(simulation, id, 'online_kernel');
		words(simulation, 'p', 'map a 32M', 'bind a bind 2', 'touch a');
		const { first } = blocksOf(world, 0, 32);
		expect(allocContigRange(world, 0, first, 1)).toMatchObject({ outcome: 'EBUSY', blocker: { why: 'kernel memory (slab)' } });
		const user = first + 2;
		const taken = allocContigRange(world, 0, user, 2);
		expect(taken).toMatchObject({ outcome: 'ok', moved: 1024 });
		expect(ask(simulation, { name: 'process', process: 'p', words: 'status a' }).value).toMatchObject({ status: { node2: 8192 } });
		freeContigRange(world, 0, user, 2);
		hold(simulation);
		words(simulation, 'p', 'pin a');
		expect(allocContigRange(world, 0, user + 4, 2)).toMatchObject({ outcome: 'EBUSY' });
		hold(simulation);
	});

	test('PageOffline: present, not managed; an exact range cannot contain it, offlining would need its driver', () => {
		const simulation = withBlocks();
		const { world } = simulation;
		online(simulation, 32, 'online_movable');
		const zone = zoneIndex(world, 0, 2, 'MOVABLE');
		const { first } = blocksOf(world, 0, 32);
		expect(allocContigRange(world, 0, first + 8, 4).outcome).toBe('ok');
		fakeOffline(world, 0, first + 8, 4);
		expect([world.c.zonePresentPages.get(zone), world.c.zoneManagedPages.get(zone)]).toEqual([32_768, 32_768 - 2048]);
		expect(allocContigRange(world, 0, first + 8, 1)).toMatchObject({ outcome: 'EBUSY', blocker: { why: 'page that is offline' } });
		expect(offlineNow(world, 0, 32)).toBe('EBUSY');
		expect(write(simulation, memoryState(32), 'offline')).toBe('EBUSY');
		expect(blockState(world, 0, 32)).toBe('online');
		hold(simulation);
		fakeOnline(world, 0, first + 8, 4);
		expect(world.c.zoneManagedPages.get(zone)).toBe(32_768);
		expect(offlineNow(world, 0, 32)).toBeNull();
		hold(simulation);
	});
});
