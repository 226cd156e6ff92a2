/**
 * Goal: compaction puts together what is free, loses nothing, and leaves what it may not move.
 * Method: a process keeps every other MiB of a movable node, so that no free chunk is larger than 1 MiB; then compact_memory.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { typed } from '../../../../support/console.ts';
import { ask, machine, THREE_NODES, write } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

const say = (simulation: Simulation, words: string) =>
	ask(simulation, { name: 'process', process: 'p', words }).value as Record<string, unknown>;

/** Free chunks of order 9 and 10 of node 2, in blocks of 2 MiB. */
function largeBlocks(simulation: Simulation): number {
	const line = typed(simulation, 'cat /proc/buddyinfo')
		.split('\n')
		.find((each) => each.startsWith('Node 2'));
	const counts = (line ?? '').trim().split(/\s+/).slice(4).map(Number);
	return (counts[9] ?? 0) + 2 * (counts[10] ?? 0);
}

/** 256 MiB of ZONE_MOVABLE on node 2, of which a process has every other MiB, in base pages. */
function scattered(): Simulation {
	const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 28 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	for (const words of ['map a 240M', 'nothp a', 'bind a bind 2', 'touch a']) say(simulation, words);
	for (let mib = 0; mib < 240; mib += 2) say(simulation, `unmap a 1M@${mib}M`);
	return simulation;
}

describe('compact_memory', () => {
	it('makes whole pageblocks of halves', () => {
		const simulation = scattered();
		const before = largeBlocks(simulation);
		expect(before).toBeLessThan(10);
		expect(write(simulation, '/proc/sys/vm/compact_memory', '1')).toBe('OK');
		// 120 MiB of 256 are in use.
		expect(largeBlocks(simulation)).toBeGreaterThan(60);
		expect(say(simulation, 'check a')['ret']).toBe(0);
		expect(say(simulation, 'status a')['status']).toEqual({ node2: 120 * 256, '-EFAULT': 120 * 256 });
		expectSound(simulation);
	});
	it('does nothing the second time', () => {
		const simulation = scattered();
		write(simulation, '/sys/devices/system/node/node2/compact', '1');
		const first = largeBlocks(simulation);
		write(simulation, '/sys/devices/system/node/node2/compact', '1');
		expect(largeBlocks(simulation)).toBe(first);
		expectSound(simulation);
	});
	it('leaves pages that something holds, and so their pageblocks; locked pages move', () => {
		const simulation = scattered();
		for (let mib = 1; mib < 40; mib += 2) say(simulation, `vmsplice a 4K@${mib}M`);
		say(simulation, 'mlock a');
		write(simulation, '/proc/sys/vm/compact_memory', '1');
		const held = largeBlocks(simulation);
		expect(held).toBeGreaterThan(40);
		expect(held).toBeLessThan(60);
		expect(say(simulation, 'check a')['ret']).toBe(0);
		expectSound(simulation);
	});
	it('takes 1 and nothing else', () => {
		const simulation = machine(THREE_NODES);
		expect(write(simulation, '/proc/sys/vm/compact_memory', '2')).toBe('EINVAL');
		expect(write(simulation, '/sys/devices/system/node/node7/compact', '1')).toBe('ENOENT');
	});
});
