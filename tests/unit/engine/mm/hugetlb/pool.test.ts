/**
 * Goal: the pool of huge pages as Linux keeps it, and what it means for blocks that go offline and ranges that are emptied.
 * Method: sysfs and words of a process; counts in the files, errors of the writes, every statement about the world.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { typed } from '../../../../support/console.ts';
import { ask, machine, memoryState, THREE_NODES, VIRTIO_MEM, write } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

const POOL = '/sys/kernel/mm/hugepages/hugepages-2048kB';
const nodePool = (node: number): string => `/sys/devices/system/node/node${node}/hugepages/hugepages-2048kB`;
const say = (simulation: Simulation, words: string): string | null => ask(simulation, { name: 'process', process: 'p', words }, 60).errno;
const count = (simulation: Simulation, path: string): number => Number(typed(simulation, `cat ${path}`));
/** nr, free, reserved, surplus. */
const counts = (simulation: Simulation): number[] =>
	['nr', 'free', 'resv', 'surplus'].map((name) => count(simulation, `${POOL}/${name}_hugepages`));

/** 512 MiB on node 2, movable. */
function withMovableNode(): Simulation {
	const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 29 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	return simulation;
}

describe('size', () => {
	it('grows node after node, shrinks, and shows in every text', () => {
		const simulation = withMovableNode();
		expect(write(simulation, `${POOL}/nr_hugepages`, '31')).toBe('OK');
		expect(counts(simulation)).toEqual([31, 31, 0, 0]);
		expect([0, 1, 2].map((node) => count(simulation, `${nodePool(node)}/nr_hugepages`)).sort()).toEqual([10, 10, 11]);
		expect(typed(simulation, 'cat /proc/meminfo')).toContain(
			'HugePages_Total:      31\nHugePages_Free:       31\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:           63488 kB\n'
		);
		expect(write(simulation, `${nodePool(2)}/nr_hugepages`, '3')).toBe('OK');
		expect(typed(simulation, 'cat /sys/devices/system/node/node2/meminfo')).toContain(
			'Node 2 HugePages_Total:     3\nNode 2 HugePages_Free:      3\nNode 2 HugePages_Surp:      0\n'
		);
		expect(write(simulation, '/proc/sys/vm/nr_hugepages', '0')).toBe('OK');
		expect(counts(simulation)).toEqual([0, 0, 0, 0]);
		expect(write(simulation, `${POOL}/nr_hugepages`, 'many')).toBe('EINVAL');
		expect(write(simulation, `${POOL}/free_hugepages`, '1')).toBe('EACCES');
		expectSound(simulation);
	});

	it('ends where memory does', () => {
		const simulation = machine();
		write(simulation, `${POOL}/nr_hugepages`, '100000');
		const [nr = 0] = counts(simulation);
		expect(nr).toBeGreaterThan(300);
		expect(nr).toBeLessThan(512);
		expectSound(simulation);
		write(simulation, `${POOL}/nr_hugepages`, '0');
		expect(counts(simulation)[0]).toBe(0);
		expectSound(simulation);
	});

	it('what is in use or reserved becomes surplus, and goes when it is given back', () => {
		const simulation = machine();
		write(simulation, `${POOL}/nr_hugepages`, '10');
		expect(say(simulation, 'maphuge a 16M')).toBe(null);
		expect(say(simulation, 'touch a 6M')).toBe(null);
		expect(counts(simulation)).toEqual([10, 7, 5, 0]);
		write(simulation, `${POOL}/nr_hugepages`, '1');
		expect(counts(simulation)).toEqual([8, 5, 5, 7]);
		expect(say(simulation, 'free a')).toBe(null);
		expect(counts(simulation)[0]).toBeLessThan(8);
		expectSound(simulation);
	});
});

describe('mappings', () => {
	it('reserve, take, hold what was written, and give back', () => {
		const simulation = machine();
		write(simulation, `${POOL}/nr_hugepages`, '8');
		expect(say(simulation, 'maphuge a 20M')).toBe('ENOMEM');
		expect(say(simulation, 'maphuge a 11M')).toBe(null);
		expect(say(simulation, 'maphuge b 6M')).toBe('ENOMEM');
		expect(counts(simulation)).toEqual([8, 8, 6, 0]);
		expect(say(simulation, 'touch a')).toBe(null);
		expect(counts(simulation)).toEqual([8, 2, 0, 0]);
		const pid = /(\d+) p\b/.exec(typed(simulation, 'ps'))?.[1];
		expect(typed(simulation, `cat /proc/${pid}/numa_maps`)).toMatch(
			/default file=\/anon_hugepage\\040\(deleted\) huge anon=6 dirty=6( N\d=\d)+ kernelpagesize_kB=2048\n$/
		);
		expect(say(simulation, 'unmap a 1M')).toBe('EINVAL');
		expect(say(simulation, 'unmap a 4M@2M')).toBe(null);
		expect(counts(simulation)).toEqual([8, 4, 0, 0]);
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		expect(say(simulation, 'fork')).toBe(null);
		ask(simulation, { name: 'process-end', process: 'p' });
		expect(counts(simulation)).toEqual([8, 8, 0, 0]);
		expectSound(simulation);
	});

	it('bound to a node that has none: no page', () => {
		const simulation = machine();
		write(simulation, `${nodePool(0)}/nr_hugepages`, '4');
		for (const words of ['maphuge a 4M', 'bind a bind 1']) expect(say(simulation, words)).toBe(null);
		expect(say(simulation, 'touch a')).toBe('ENOMEM');
	});

	it('move whole, to another node', () => {
		const simulation = machine();
		write(simulation, `${nodePool(0)}/nr_hugepages`, '4');
		for (const words of ['maphuge a 8M', 'touch a', 'move a 1']) expect(say(simulation, words)).toBe(null);
		expect([0, 1].map((node) => count(simulation, `${nodePool(node)}/nr_hugepages`))).toEqual([0, 4]);
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		expectSound(simulation);
	});
});

describe('a block that goes offline', () => {
	it('takes free pages of the pool along', () => {
		const simulation = withMovableNode();
		write(simulation, `${nodePool(2)}/nr_hugepages`, '100');
		for (const block of [32, 33, 34, 35]) expect(write(simulation, memoryState(block), 'offline')).toBe('OK');
		expect(counts(simulation)).toEqual([0, 0, 0, 0]);
		expectSound(simulation);
	});

	it('stays where one of them is reserved: EBUSY', () => {
		const simulation = withMovableNode();
		write(simulation, `${nodePool(2)}/nr_hugepages`, '100');
		expect(say(simulation, 'maphuge a 200M')).toBe(null);
		const errors = [32, 33, 34, 35].map((block) => write(simulation, memoryState(block), 'offline'));
		expect(errors).toContain('EBUSY');
		expect(counts(simulation)).toEqual([100, 100, 100, 0]);
		expectSound(simulation);
		ask(simulation, { name: 'process-end', process: 'p' });
		for (const block of [32, 33, 34, 35])
			if (errors[block - 32] === 'EBUSY') expect(write(simulation, memoryState(block), 'offline')).toBe('OK');
		expectSound(simulation);
	});

	it('moves those in use, and never ends where there is no huge page elsewhere', () => {
		const simulation = withMovableNode();
		write(simulation, `${nodePool(2)}/nr_hugepages`, '50');
		for (const words of ['maphuge a 100M', 'touch a']) expect(say(simulation, words)).toBe(null);
		for (const block of [32, 33, 34, 35]) expect(write(simulation, memoryState(block), 'offline', 30)).toBe('OK');
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		expect(count(simulation, `${POOL}/nr_hugepages`)).toBe(50);
		expectSound(simulation);
	});
});

it('virtio-mem empties a sub-block of the pool by a fresh page elsewhere', () => {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	typed(simulation, 'qom-set vm0 requested-size 512M');
	simulation.advance(simulation.nowNs + 5e9);
	write(simulation, `${POOL}/nr_hugepages`, '60');
	typed(simulation, 'qom-set vm0 requested-size 0');
	simulation.advance(simulation.nowNs + 20e9);
	expect(simulation.world.r.virtioMems[0]?.pluggedBytes).toBe(0);
	expect(counts(simulation)).toEqual([60, 60, 0, 0]);
	expectSound(simulation);
});

it('a reset leaves no pool', () => {
	const simulation = machine();
	write(simulation, `${POOL}/nr_hugepages`, '20');
	for (const words of ['maphuge a 8M', 'touch a']) say(simulation, words);
	ask(simulation, { name: 'qmp', execute: 'system_reset' });
	expect(counts(simulation)).toEqual([0, 0, 0, 0]);
	expectSound(simulation);
});

it('the page says so where one points at it', () => {
	const simulation = withMovableNode();
	write(simulation, `${nodePool(2)}/nr_hugepages`, '1');
	const block = simulation.world.r.oses[0]?.hugePool?.free[0] as number;
	const pfn = (block - (simulation.world.r.memories[0]?.firstBlock ?? 0)) * 512;
	expect(simulation.ask({ kind: 'frame', machine: 'm', pfn })?.sentence).toBe(
		'Free huge page of the pool of hugetlb in zone Movable of node 2. It goes along when its block goes, unless it is reserved.'
	);
});
