/**
 * Goal: pages with hardware errors: off the lists, passed over by offlining, in the way of exact ranges, and the end of their
 * memory block's online life. Method: writes to hard_offline_page and soft_offline_page of a machine with a DIMM.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { typed } from '../../../../support/console.ts';
import { ask, machine, memoryState, THREE_NODES, VIRTIO_MEM, write } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

const MEMORY = '/sys/devices/system/memory';
const GIB4 = 2 ** 32;

function withDimm(state: 'online_movable' | 'online_kernel' | 'offline'): Simulation {
	const simulation = machine(THREE_NODES, `memhp_default_state=${state}`);
	ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 28 } });
	ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
	simulation.advance(simulation.nowNs + 2e9);
	return simulation;
}
const hard = (simulation: Simulation, addr: number): string => write(simulation, `${MEMORY}/hard_offline_page`, `0x${addr.toString(16)}`);
const soft = (simulation: Simulation, addr: number): string => write(simulation, `${MEMORY}/soft_offline_page`, `0x${addr.toString(16)}`);
const say = (simulation: Simulation, words: string) =>
	ask(simulation, { name: 'process', process: 'p', words }).value as Record<string, unknown>;
const freeOf = (simulation: Simulation): number =>
	Number(/Node 2 MemFree: +(\d+)/.exec(typed(simulation, 'cat /sys/devices/system/node/node2/meminfo'))?.[1]);

describe('a free page', () => {
	it.each([0, 4096, 2 ** 21 - 4096, 2 ** 22 + 5 * 4096, 2 ** 28 - 4096])('at +0x%i of the DIMM leaves the lists, and only it', (offset) => {
		const simulation = withDimm('online_movable');
		const before = freeOf(simulation);
		expect(hard(simulation, GIB4 + offset + 123)).toBe('OK');
		expect(freeOf(simulation)).toBe(before - 4);
		expect(typed(simulation, 'cat /proc/meminfo')).toContain('HardwareCorrupted:     4 kB\n');
		expect(hard(simulation, GIB4 + offset)).toBe('EHWPOISON');
		expect(soft(simulation, GIB4 + offset)).toBe('OK');
		expectSound(simulation);
	});

	it('its block goes offline and never comes back, its neighbour does; a new DIMM there knows of nothing', () => {
		const simulation = withDimm('online_movable');
		for (const page of [3, 700, 701]) expect(hard(simulation, GIB4 + page * 4096)).toBe('OK');
		expect([32, 33].map((block) => write(simulation, memoryState(block), 'offline'))).toEqual(['OK', 'OK']);
		expectSound(simulation);
		expect([32, 33].map((block) => write(simulation, memoryState(block), 'online_movable'))).toEqual(['EHWPOISON', 'OK']);
		expect(write(simulation, memoryState(33), 'offline')).toBe('OK');
		ask(simulation, { name: 'qmp', execute: 'device_del', arguments: { id: 'dimm' } });
		simulation.advance(simulation.nowNs + 2e9);
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
		simulation.advance(simulation.nowNs + 2e9);
		expect(typed(simulation, `cat ${MEMORY}/memory32/state`)).toBe('online\n');
		expectSound(simulation);
	});
});

describe('a page in use', () => {
	it('moves away softly: the process keeps its content', () => {
		const simulation = withDimm('online_movable');
		for (const words of ['map a 4M', 'bind a bind 2', 'touch a']) say(simulation, words);
		const before = say(simulation, 'frames a')['runs'];
		expect(soft(simulation, GIB4 + 9 * 4096)).toBe('OK');
		expect(say(simulation, 'check a')['ret']).toBe(0);
		expect(say(simulation, 'status a')['status']).toEqual({ node2: 1024 });
		expect(say(simulation, 'frames a')['runs']).toBeGreaterThan(before as number);
		expectSound(simulation);
	});
	it('stays when something holds it', () => {
		const simulation = withDimm('online_movable');
		for (const words of ['map a 1M', 'nothp a', 'bind a bind 2', 'touch a', 'vmsplice a']) say(simulation, words);
		expect(soft(simulation, GIB4 + 9 * 4096)).toBe('EBUSY');
		expectSound(simulation);
	});
	it('costs its process the life when it fails hard', () => {
		const simulation = withDimm('online_movable');
		for (const words of ['map a 4M', 'bind a bind 2', 'touch a']) say(simulation, words);
		expect(hard(simulation, GIB4 + 9 * 4096)).toBe('OK');
		expect(say(simulation, 'status a')['errno']).toBe('ESRCH');
		expect(typed(simulation, 'dmesg')).toContain('Memory failure: 0x100009: Sending SIGBUS to p');
		expectSound(simulation);
	});
	it('kernel memory is beyond help, what is not there is not there', () => {
		const simulation = withDimm('online_kernel');
		expect(hard(simulation, GIB4)).toBe('EBUSY');
		expect(hard(simulation, 2 ** 40)).toBe('ENXIO');
		expect(hard(simulation, 2 ** 33)).toBe('ENXIO');
		expect(write(simulation, `${MEMORY}/hard_offline_page`, 'here')).toBe('EINVAL');
	});
});

it.each(['online_movable', 'online_kernel'])('virtio-mem cannot unplug the sub-block that holds one (%s)', (state) => {
	const simulation = machine(VIRTIO_MEM, `memhp_default_state=${state}`);
	typed(simulation, 'qom-set vm0 requested-size 256M');
	simulation.advance(simulation.nowNs + 5e9);
	expect(hard(simulation, GIB4 + 2 ** 27 + 5 * 2 ** 21)).toBe('OK');
	typed(simulation, 'qom-set vm0 requested-size 0');
	simulation.advance(simulation.nowNs + 5e9);
	// In a kernel zone three more stay, all in the first block: slab of a node with CPUs, and the struct pages of the second block.
	expect(simulation.world.r.virtioMems[0]?.pluggedBytes).toBe((state === 'online_movable' ? 1 : 4) * 2 ** 21);
	expectSound(simulation);
});

it('a reset heals: errors of boot memory, of an offline block and of a device are forgotten', () => {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	typed(simulation, 'qom-set vm0 requested-size 256M');
	simulation.advance(simulation.nowNs + 5e9);
	for (const addr of [2 ** 27 + 4096, GIB4 + 4096, GIB4 + 2 ** 27]) expect(hard(simulation, addr)).toBe('OK');
	expect(write(simulation, memoryState(33), 'offline')).toBe('OK');
	ask(simulation, { name: 'qmp', execute: 'system_reset' });
	simulation.advance(simulation.nowNs + 5e9);
	expect(typed(simulation, 'cat /proc/meminfo')).toContain('HardwareCorrupted:     0 kB\n');
	expect(simulation.world.r.virtioMems[0]?.pluggedBytes).toBe(2 ** 28);
	expectSound(simulation);
});
